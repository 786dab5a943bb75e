"""What a contract lets ask of a resource."""

from typing import Any

import pytest

from hub.api.attributes import problem_attributes, record_attributes
from hub.model.event import PROBLEM_EVENTS
from hub.query.attributes import Holds
from hub.query.parse import parse_list_query, split_query_string
from tests.rooms import contract
from tests.unit.test_query_list import complaints_of

EXTENSION: dict[str, dict[str, Any]] = {
    "mosScore": {"type": "number"},
    "kqi": {"$ref": "#/$defs/Kqi"},
    "either": {"type": ["string", "null"]},
    "status": {"type": "integer"},
}
HERE = "https://here/v5/serviceProblem/"
REPORT = problem_attributes(contract(), EXTENSION)
RECORD = record_attributes(contract())


@pytest.mark.parametrize(
    ("path", "holds", "many"),
    [
        ("status", Holds.TEXT, False),
        ("priority", Holds.NUMBER, False),
        ("lastUpdate", Holds.INSTANT, False),
        ("originatorParty", Holds.OBJECT, False),
        ("originatorParty.partyOrPartyRole.id", Holds.TEXT, False),
        ("note", Holds.OBJECT, True),
        ("note.date", Holds.INSTANT, False),
        ("characteristic.value", Holds.ANYTHING, False),
        ("characteristic.value.deep.er", Holds.ANYTHING, False),
        ("affectedLocation.place.bbox", Holds.NUMBER, True),
        ("mosScore", Holds.NUMBER, False),
        ("kqi.deep", Holds.ANYTHING, False),
        ("either", Holds.ANYTHING, False),
    ],
)
def test_an_attribute_holds_what_the_contract_says(path: str, holds: Holds, many: bool) -> None:
    found = REPORT.along(tuple(path.split(".")))[-1]
    assert (found.holds, found.many) == (holds, many)


def test_an_extension_does_not_change_what_the_contract_says() -> None:
    assert "held" in REPORT.along(("status",))[-1].words


def test_a_record_is_asked_for_what_the_hub_writes() -> None:
    assert RECORD.along(("eventType",))[-1].words == tuple(PROBLEM_EVENTS)
    assert RECORD.along(("notification", "toStatus"))[-1].holds is Holds.TEXT
    assert RECORD.along(("notification", "changes", "value"))


def refused(raw: str) -> dict[str, str]:
    def parse(text: str) -> object:
        return parse_list_query(split_query_string(text.encode()), attributes=REPORT, addresses=HERE)

    return complaints_of(parse, raw)


@pytest.mark.parametrize(
    ("raw", "field", "complaint"),
    [
        ("statsu=held", "statsu", "'statsu' is not known; is 'status' meant"),
        ("status.x=held", "status.x", "'status' holds a text, which has no attribute 'x'"),
        ("status=bogus", "status", "'bogus' is none of acknowledged, "),
        ("status.ne=held,bogus", "status.ne", "'bogus' is none of"),
        ("priority=high", "priority", "'high' is not a number"),
        ("priority.regex=1", "priority.regex", "holds a number, which regex cannot compare"),
        ("lastUpdate=yesterday", "lastUpdate", "'yesterday' is not a time"),
        ("note.date.gt=soon", "note.date.gt", "'soon' is not a time"),
        ("impactPattern=wave", "impactPattern", "holds an object; ask for one of its attributes: @baseType, "),
        ("note.gt=1", "note.gt", "holds an object"),
        ("note.autor=noc", "note.autor", "'note.autor': 'autor' is not known; is 'author' meant?"),
        ("originatorParty.id=7", "originatorParty.id", "'id' is not known; known are "),
        ("sort=originatorParty.rolle", "sort", "is 'role' meant?"),
        ("fields=name,note.autor", "fields", "is 'author' meant?"),
        ("href.regex=x", "href.regex", "href is compared with eq or ne, not with regex"),
        ("filter=$[?@.href>'x']", "filter", "href is compared with eq or ne, not with gt"),
        ("mosScore=~5", "mosScore.regex", "holds a number, which regex cannot compare"),
        ("name=~(?=a)", "name.regex", "is not a regular expression of RE2: invalid perl operator"),
        ("name=~(a)\\1", "name.regex", "is not a regular expression of RE2: invalid escape sequence"),
        ("name=~(a{1000}){1000}", "name.regex", "is not a regular expression of RE2: invalid repetition size"),
        ("name=~(\\pL{100}){9}", "name.regex", "is not a regular expression of RE2: pattern too large"),
        ("name=~" + "a" * 501, "name.regex", "the pattern has 501 characters, more than 500"),
        (
            "affectedLocation.place.siteRelationship.validFor.x=1",
            "affectedLocation.place.siteRelationship.validFor.x",
            "'x' is not known",
        ),
    ],
)
def test_what_can_never_hold_is_refused_by_field_and_value(raw: str, field: str, complaint: str) -> None:
    found = refused(raw)
    assert list(found) == [field]
    assert complaint in found[field]


@pytest.mark.parametrize(
    "raw",
    [
        "status=~^he",
        "lastUpdate=~^2026-11",
        "category>a",
        "filter=$[?@.originatorParty.ourOwn>5]",
        "characteristic.value=~x",
        "sort=href",
        "fields=href,note.text",
    ],
)
def test_what_may_hold_is_asked(raw: str) -> None:
    assert parse_list_query(split_query_string(raw.encode()), attributes=REPORT, addresses=HERE).offset == 0
