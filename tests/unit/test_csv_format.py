"""CSV and back: every document as it was, and no cell that a spreadsheet would take for a formula."""

import csv
import io
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.jobs.cells import cell_of, value_of
from hub.jobs.columns import columns_of
from hub.jobs.csv_format import REST, Csv, columns_shown, csv_under
from hub.jobs.formats import format_to_read, read_record
from hub.jobs.records import records
from hub.model.job import ContentType
from tests.rooms import contract, report

COLUMNS = [*columns_of(contract(), "ServiceProblem"), REST]
FORMULAS = ["=1+1", "+4", "-5", "@x", "\t=1", "＝1", " =1"]
OTHERS = ["007", "1e5", "null", "true", '"', "[", "{}", "x ", "a\nb", "a\r\nb"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    [*FORMULAS, *OTHERS]
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["id", "@type", "priority", "originatorParty", "note", "a.b", "~", "*", ""]) | TEXTS
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=6)


@given(st.lists(DOCUMENTS, max_size=4))
def test_what_is_written_is_read_as_it_was(documents: list[dict[str, Any]]) -> None:
    form = Csv(COLUMNS)
    written = [orjson.loads(orjson.dumps(one)) for one in documents]
    file = io.BytesIO(form.head + b"".join(form.written(orjson.dumps(one)) for one in documents))
    reading = format_to_read(ContentType.CSV, file, 1 << 20)
    found = [
        read_record(reading, record.content)
        for record in records(file, line=2, longest=1 << 20, quoted=True)
        if record.content is not None
    ]
    assert found == written
    assert [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in found] == [
        orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in written
    ]


@given(VALUES)
def test_no_cell_is_a_formula(value: Any) -> None:
    cell = cell_of(value)
    number = isinstance(value, int | float)
    assert number or not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " "))
    assert orjson.dumps(value_of(cell)) == orjson.dumps(value)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("ring", "ring"),
        ("2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00.000Z"),
        ("007", "007"),
        ("7", '"7"'),
        (7, "7"),
        (-7, "-7"),
        (True, "true"),
        ("true", '"true"'),
        (None, "null"),
        ("", '""'),
        ([], "[]"),
        ("=SUM(A1)", '"=SUM(A1)"'),
        ("-5 dBm", '"-5 dBm"'),
        ("two\nlines", "two\nlines"),
    ],
)
def test_a_value_has_one_cell(value: Any, cell: str) -> None:
    assert cell_of(value) == cell
    assert value_of(cell) == value


def test_a_report_stands_in_columns_that_a_person_knows() -> None:
    row = next(csv.reader([Csv(COLUMNS).written(orjson.dumps(report(x={"y": 1}, note=[{"text": "a"}]))).decode()]))
    cells = {name: cell for name, cell in zip(COLUMNS, row, strict=True) if cell}
    assert cells == {
        "@type": "ServiceProblem",
        "category": "supplier.originated",
        "description": "Packet loss on the access ring",
        "priority": "2",
        "reason": "Unknown",
        "originatorParty.@type": "RelatedPartyRefOrPartyRoleRef",
        "originatorParty.role": "supplier",
        "originatorParty.partyOrPartyRole.@type": "PartyRef",
        "originatorParty.partyOrPartyRole.id": "org-311",
        "note": '[{"text":"a"}]',
        "*": '{"x.y":1}',
    }


def test_fields_choose_columns_and_keep_those_that_name_the_report() -> None:
    columns = ["@type", "id", "href", "priority", "originatorParty.role", "originatorParty.@type", "note"]
    always = ("id", "href", "@type")
    assert columns_shown(columns, (), always) == [*columns, "*"]
    assert columns_shown(columns, ("priority",), always) == ["@type", "id", "href", "priority", "*"]
    shown = columns_shown(columns, ("originatorParty.role", "note.text"), ())
    assert shown == ["originatorParty.role", "note", "*"]


@pytest.mark.parametrize(
    ("header", "row", "field", "message"),
    [
        (b"a,b", b"1", "", "has 1 cells, and the header 2"),
        (b"a,a.b", b"1,2", "a.b", "cannot stand beside the column a"),
        (b"a.b,a", b"1,2", "a", "is said twice"),
        (b"*", b"[1]", "*", "must be a JSON object of further columns"),
        (b"a", b'"[1"', "a", "begins like JSON and is none"),
        (b"a", b"\xff", "", "is not CSV in UTF-8"),
        (b"a", b'"x"y', "", "is not CSV in UTF-8"),
    ],
)
def test_a_row_that_does_not_fit_is_told_where(header: bytes, row: bytes, field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        csv_under(header).read(row)
    (violation,) = refused.value.violations
    assert violation.field == field
    assert message in violation.message


def test_a_column_of_many_steps_is_no_way_around_the_depth() -> None:
    form = csv_under(b".".join([b"a"] * 200))
    with pytest.raises(InvalidInput, match="levels"):
        read_record(form, b"1\r\n")
