"""Every form of a report: what it says, that it says it readably, and that nothing of another customer is in it."""

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from pypdf import PdfReader
from pypdf.generic import StreamObject

from hub.errors import MissingExtra
from hub.reporting.account import Notified, account
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.audiences.file import load_audiences
from hub.reporting.catalogue import DEFINITIONS, OF_DELIVERIES
from hub.reporting.definitions import Cohort, Unit
from hub.reporting.policies import Policies
from hub.reporting.policy_file import load_agreed
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport
from hub.reporting.render.formats import rendered
from hub.reporting.render.german import GERMAN
from hub.reporting.render.german_metrics import COHORTS, GERMAN_METRICS
from hub.reporting.render.page import runs
from hub.reporting.timelines import Timeline
from hub.shipped import config_dir
from hub.store.histories import Sent
from tests.unit.reporting import example
from tests.unit.reporting.example import MARCH, POLICY, at, timeline

CALENDARS = load_agreed(config_dir() / "reporting.yaml").calendars
SHIPPED = load_audiences(config_dir() / "audiences.yaml", CALENDARS)
TIMELINES = [one._replace(id=f"id-{one.id}") for one in example.TIMELINES]
"""With ids that stand nowhere else in a file: R3 is a cell of a workbook."""

ALL = SHIPPED["operations"]
ACME = SHIPPED["customer"].narrowed({"customer": "ACME"})
FOREIGN = ("BETA", "LINE-3", "VPN-8", "id-R3", "id-R4", "id-R6", "hub-of-beta", "d-beta")
"""What the customer ACME may not meet in any form: names, services, reports, listeners and deliveries of another."""

SENT = [
    Sent(
        delivery=number,
        recipient=listener,
        party=party,
        event_id=f"e{number}",
        problem_id=report,
        event_time=at("11T12:00"),
        record_time=at("11T12:00"),
        created=at("11T12:00"),
        state=state,
        settled_at=at("11T12:01"),
        attempts=1,
        began=at("11T12:00"),
        event_type="ServiceProblemStateChangeEvent",
    )
    for number, (listener, party, report, state) in enumerate(
        [
            ("hub-of-acme", "ACME", "id-R1", "dead"),
            ("hub-of-beta", "BETA", "id-R3", "dead"),
            ("w", "BETA", "id-R1", "dead"),
        ]
    )
]


def document(audience: Audience, timelines: Sequence[Timeline], title: str = "March") -> ManagementReport:
    sight = audience.sight()
    seen = list(sight.of(timelines))
    definition = ReportDefinition(name="march", title=title, audience=audience.name)
    told = Told(audience=audience, definition=definition, scope={})
    one = account(
        seen,
        MARCH,
        recorded=MARCH.as_of,
        policies=Policies([POLICY]),
        breakdowns=told.breakdowns,
        notified=Notified(sent=sight.sent(SENT, seen)),
    )
    return compose(one, told)


def test_each_figure_of_notifications_leads_to_its_own_in_every_form() -> None:
    report = document(ALL, TIMELINES)
    assert report.deliveries is not None
    listed = [row[:4] for row in report.deliveries.rows]
    assert listed == [
        ("0", "id-R1", "hub-of-acme", "ACME"),
        ("1", "id-R3", "hub-of-beta", "BETA"),
        ("2", "id-R1", "w", "BETA"),
    ]
    figures = [one for section in report.sections for one in section.figures if one.metric in OF_DELIVERIES]
    assert {(one.n, one.rows, one.deliveries) for one in figures if one.metric == "notificationSuccess"} == {
        (3, (), (1, 2, 3))
    }
    told = json.loads(rendered(report, Format.JSON))
    assert told["deliveries"]["rows"][0][5] == "given up"
    lines = list(csv.DictReader(io.StringIO(rendered(report, Format.CSV).decode())))
    assert {one["rows"] for one in lines if one["metric"] == "notificationSuccess"} == {"0 1 2"}
    page = rendered(report, Format.HTML).decode()
    assert '<a href="#n1">1–3</a>' in page
    assert [f'id="n{number}"' in page for number in (1, 2, 3, 4)] == [True, True, True, False]
    book = openpyxl.load_workbook(io.BytesIO(rendered(report, Format.XLSX)))
    rows = list(book["The notifications behind the fi"].iter_rows(values_only=True))
    assert [row[:4] for row in rows[1:]] == [(n, *row[:3]) for n, row in enumerate(listed, start=1)]
    pages = PdfReader(io.BytesIO(rendered(report, Format.PDF))).pages
    assert "The notifications behind the figures" in " ".join(page.extract_text() for page in pages)


def test_of_notifications_an_audience_is_told_what_it_may_see() -> None:
    own = document(ACME, TIMELINES).deliveries
    assert own is not None
    assert [row[:4] for row in own.rows] == [("0", "id-R1", "hub-of-acme", "ACME")]
    metrics = ("notificationSuccess",)
    part = Audience(name="part", title="Part", metrics=metrics, only={"customer": frozenset({"ACME"})})
    hides = replace(part, only={}, hidden=frozenset({"customer"}))
    for audience in (hides, replace(part, only={"service": frozenset({"VPN-7"})})):
        found = document(audience, TIMELINES).deliveries
        assert found is not None
        assert not {"Listener", "Party"} & {*found.columns}
        assert not {"hub-of-acme", "hub-of-beta", "w", "ACME", "BETA"} & {
            str(cell) for row in found.rows for cell in row
        }
    for audience in (replace(part, rows=False), replace(part, metrics=("backlog",))):
        report = document(audience, TIMELINES)
        assert report.deliveries is None
        assert not [one for section in report.sections for one in section.figures if one.deliveries]


def test_what_few_reports_are_left_out_of_cannot_be_worked_out() -> None:
    """Three of forty were cancelled, two of the open ones have run over: no number tells either."""
    lines = [
        timeline(
            f"r{number}",
            "ACME",
            "2",
            "VPN-7",
            [
                (f"{number % 20 + 1:02}T08:00", "acknowledged"),
                (
                    "31T22:00" if number < 2 else f"{number % 20 + 1:02}T09:00",
                    "cancelled" if 2 < number < 6 else "resolved",
                ),
            ][: 1 if number < 2 else 2],
        )
        for number in range(40)
    ]
    metrics = ("timeToRestoreGross", "timeToRestoreCensored", "slaCompliance", "firstTimeFix", "repeatRate")
    audience = Audience(name="few", title="Few", metrics=metrics, rows=False, smallest=5)
    made = document(audience, lines)
    balance = {row[0]: row[1] for row in made.reconciliation.rows}
    assert balance["+ opened"] == balance["− withdrawn"] == balance["= open at the end"] == "withheld"
    figures = [one for section in made.sections for one in section.figures]
    assert {one.n for one in figures if one.n is not None} <= {35, 37}
    assert {count for one in figures for count in one.excluded.values()} == {None}
    assert {one.note for one in figures} == {"", "provisional"}


def report(audience: Audience) -> ManagementReport:
    return document(audience, TIMELINES)


def texts(made: ManagementReport, form: Format) -> str:
    """Everything that stands in a file: its parts unpacked, its streams decompressed, its metadata too."""
    content = rendered(made, form)
    if form is Format.XLSX:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{name} {archive.read(name).decode()}" for name in archive.namelist())
    if form is Format.PDF:
        reader = PdfReader(io.BytesIO(content))
        objects = [
            reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1) if number in reader.xref[0]
        ]
        streams = [one.get_data().decode("latin-1") for one in objects if isinstance(one, StreamObject)]
        pages = [page.extract_text() for page in reader.pages]
        return "\n".join([*pages, *streams, *map(repr, objects), str(reader.metadata), content.decode("latin-1")])
    return content.decode()


@pytest.mark.parametrize("form", list(Format))
def test_nothing_of_another_customer_is_in_any_form(form: Format) -> None:
    everything = texts(report(replace(ACME, only={}, breakdowns=("customer", "service"))), form)
    acme = texts(report(ACME), form)
    assert [word for word in FOREIGN[:-2] if not re.search(rf"\b{word}\b", everything)] == [], "it could be found"
    assert [word for word in FOREIGN if re.search(rf"\b{word}\b", acme)] == []
    for word in ("VPN-7", "LINE-9", "id-R5"):
        assert re.search(rf"\b{word}\b", acme), word


@pytest.mark.parametrize("form", list(Format))
def test_the_same_report_has_the_same_bytes(form: Format) -> None:
    assert rendered(report(ACME), form) == rendered(report(ACME), form)


def test_csv_has_a_row_for_each_figure_with_all_that_belongs_to_it() -> None:
    rows = list(csv.DictReader(io.StringIO(rendered(report(ACME), Format.CSV).decode())))
    (sla,) = [row for row in rows if row["metric"] == "slaCompliance" and not row["dimension"]]
    assert (sla["n"], sla["numerator"], sla["denominator"], sla["rows"]) == ("3", "2", "3", "id-R1 id-R2 id-R5")
    assert "agreement: standard 2026-01-01 (clock net" in sla["policy"]
    assert float(sla["value"]) == pytest.approx(66.667, abs=0.001)
    assert {row["group"] for row in rows if row["dimension"] == "service"} == {"VPN-7", "LINE-9"}
    assert all(row["n"] and row["policy"] for row in rows)


def test_json_is_the_document() -> None:
    found = json.loads(rendered(report(ACME), Format.JSON))
    sections = {section["metric"]: section for section in found["sections"]}
    (mean, *_) = sections["timeToAcknowledge"]["figures"]
    assert (mean["value"], mean["n"], mean["rows"]) == (20, 3, [1, 2, 3])
    assert [row[0] for row in found["rows"]["rows"]] == ["id-R1", "id-R2", "id-R5"]
    assert found["rows"]["columns"][0] == "id"
    assert re.fullmatch("[0-9a-f]{64}", found["digest"])


def named(service: str) -> Timeline:
    """R1 on a service of another name."""
    first = TIMELINES[0]
    return first._replace(values=tuple((service,) if one == ("VPN-7",) else one for one in first.values))


def test_a_workbook_has_numbers_and_texts_and_no_formula() -> None:
    strange = TIMELINES[0]._replace(
        values=tuple(("=1+1",) if one == ("VPN-7",) else one for one in TIMELINES[0].values)
    )
    content = rendered(document(ALL, [strange, *TIMELINES[1:]]), Format.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Figure"]
    values: dict[Any, Any] = {(row[0].value, row[1].value): row[2].value for row in sheet.iter_rows(min_row=2)}
    assert values["Time to restore, net", "mean"] == 22.75
    cells = [cell for one in book.worksheets for row in one.iter_rows() for cell in row]
    assert "=1+1" in {cell.value for cell in cells}
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert book.properties.creator == "qos-hub"
    rows = [[cell.value for cell in row] for row in book["The reports behind the figures"].iter_rows()]
    assert [row[1] for row in rows] == ["id", *(one.id for one in TIMELINES)]


def test_csv_lets_no_text_be_a_formula() -> None:
    strange = TIMELINES[0]._replace(
        values=tuple(("=1+1",) if one == ("VPN-7",) else one for one in TIMELINES[0].values)
    )
    rows = list(csv.DictReader(io.StringIO(rendered(document(ALL, [strange]), Format.CSV).decode())))
    assert {row["group"] for row in rows if row["dimension"] == "service"} == {"'=1+1"}


def test_a_pdf_is_tagged_says_its_figures_and_names_its_language() -> None:
    reader = PdfReader(io.BytesIO(rendered(report(ACME), Format.PDF)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "SLA compliance: 66.7 % (2 of 3; 95 % interval 20.8 to 93.9 %)" in text
    assert "Time to restore, net: mean 24.33 h, median 3 h (n = 3)" in text
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "March – 2026-03"


def page(audience: Audience) -> ElementTree.Element:
    """The page as XML: every tag closed, every value escaped."""
    content = rendered(report(audience), Format.HTML).decode()
    closed = (
        re.sub(r"<(meta[^>]*)>", r"<\1/>", content)
        .replace("<!DOCTYPE html>", "")
        .replace("details open", "details")
    )
    return ElementTree.fromstring(re.sub(r"<style>.*?</style>", "", closed, flags=re.DOTALL))


SVG = "{http://www.w3.org/2000/svg}svg"


def test_a_brief_report_is_one_page_of_paper_and_says_of_each_metric_what_it_rests_on() -> None:
    made = report(SHIPPED["executive"])
    (paper,) = PdfReader(io.BytesIO(rendered(made, Format.PDF))).pages
    told = " ".join(paper.extract_text().split())
    assert [one.summary for one in made.sections if one.summary not in told] == []
    for policy in {one.policy for section in made.sections for one in section.figures if not one.dimension}:
        assert policy in told
    assert made.excluded.title in told
    assert made.digest in "".join(told.split())


def test_each_chart_has_a_name_a_sentence_and_a_table_behind_it() -> None:
    root = page(ACME)
    assert root.attrib["lang"] == "en"
    charts = list(root.iter(SVG))
    assert len(charts) >= 10
    for chart in charts:
        title, desc = chart[0], chart[1]
        assert chart.attrib["role"] == "img"
        assert chart.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
        assert title.text
        assert desc.text
    for section in root.iter("section"):
        if next(section.iter(SVG), None) is not None:
            assert next(section.iter("table"), None) is not None
            desc = next(section.iter(f"{SVG[:-3]}desc"))
            assert desc.text in [one.text for one in section.iter("strong")]


def test_each_figure_links_to_its_rows_and_every_link_leads_somewhere() -> None:
    root = page(ALL)
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    targets = {one.attrib["href"] for one in root.iter("a")}
    assert targets <= {f"#{one}" for one in ids}
    assert {"#r1", "#r6", "#d-slaCompliance"} <= targets
    assert not {one.tag for one in root.iter()} & {"script", "link", "img"}


def test_a_table_has_no_column_with_nothing_in_it() -> None:
    def columns(name: str) -> list[str | None]:
        (table,) = (one for one in page(ALL).iter("table") if one.find("caption").text == name)  # type: ignore[union-attr]
        return [cell.text for cell in table.iter("th") if cell.get("scope") == "col"]

    assert columns("SLA compliance") == [
        "Figure",
        "Value",
        "n",
        "Numerator / Denominator",
        "95 % interval",
        "How chosen",
        "Note",
        "Rows",
    ]
    assert columns("Time to acknowledge") == [
        "Figure",
        "Value",
        "n",
        "Numerator / Denominator",
        "How chosen",
        "Rows",
    ]


def test_the_page_has_the_balance_and_what_was_left_out() -> None:
    tables = {one.find("caption").text: one for one in page(ALL).iter("table")}  # type: ignore[union-attr]
    balance = [[cell.text for cell in row] for row in tables["Reconciliation"].iter("tr")][1:]
    assert balance == [
        ["open at the begin", "0"],
        ["+ opened", "6"],
        ["+ reopened", "1"],
        ["− restored", "5"],
        ["− withdrawn", "1"],
        ["= open at the end", "1"],
        ["reports read", "6"],
        ["of them in this period", "6"],
        ["of them deleted", "0"],
        ["of them constraints, which are in no figure of reports", "0"],
        ["of them outside the period", "0"],
    ]
    left_out = [[cell.text for cell in row] for row in tables["Excluded and why"].iter("tr")][1:]
    assert ["SLA compliance, business hours", "cancelled", "1"] in left_out
    assert ["SLA compliance, business hours", "not decided yet", "1"] in left_out
    assert [[cell.text for cell in row] for row in tables["Not told"].iter("tr")][1:] == [
        ["hub-of-acme", "ACME", "id-R1"],
        ["hub-of-beta", "BETA", "id-R3"],
        ["w", "BETA", "id-R1"],
    ]


def test_who_sees_no_customers_learns_of_none() -> None:
    for name in ("executive", "supplier", "regulator"):
        audience = SHIPPED[name] if name != "supplier" else replace(SHIPPED[name], one=None)
        for form in Format:
            told = texts(report(audience), form)
            assert [word for word in ("ACME", "BETA", "hub-of-beta") if word in told] == [], (name, form)
            assert "standard 2026-01-01" not in told, "an agreement may be named after a customer"


def test_german_has_every_word() -> None:
    assert set(GERMAN_METRICS) == set(DEFINITIONS)
    assert set(COHORTS) == {str(one) for one in Cohort}
    told = texts(document(replace(ALL, language=Language.GERMAN), TIMELINES), Format.HTML)
    assert 'lang="de"' in told
    assert "SLA-Einhaltung: 40 % (2 von 5; 95-%-Intervall 11,8 bis 76,9 %)" in told
    assert "44.640 Minuten" in told
    assert {one for one in Unit if one not in GERMAN} == {"minutes", "hours", "percent", "seconds"}


@pytest.mark.parametrize(
    ("numbers", "found"),
    [((), []), ((3,), [(3, 3)]), ((1, 2, 3), [(1, 3)]), ((1, 3, 4, 9), [(1, 1), (3, 4), (9, 9)])],
)
def test_runs_of_rows(numbers: tuple[int, ...], found: list[tuple[int, int]]) -> None:
    assert list(runs(numbers)) == found


def test_without_the_library_a_pdf_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingExtra, match=r"pip install 'qos-hub\[reports\]'"):
        rendered(report(ACME), Format.PDF)
