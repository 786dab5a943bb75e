"""The order that a client asks for, and the cursors of a list in it."""

import pytest

from hub.api.attributes import problem_attributes
from hub.query.attributes import Path
from hub.query.cursors import cursor_text, position_of
from hub.query.ordering import Cursor, Position, SortKey
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from tests.rooms import contract
from tests.unit.test_query_list import complaints_of

ATTRIBUTES = problem_attributes(contract(), {"mosScore": {"type": "number"}, "kqi": {}})


def parse(raw: str) -> ListQuery:
    return parse_list_query(split_query_string(raw.encode()), attributes=ATTRIBUTES)


@pytest.mark.parametrize(
    ("raw", "sort"),
    [
        ("sort=", ()),
        ("sort=status", (SortKey(path=("status",)),)),
        ("sort=+status", (SortKey(path=("status",)),)),
        ("sort=%2Bstatus", (SortKey(path=("status",)),)),
        ("sort=-priority,name", (SortKey(path=("priority",), descending=True), SortKey(path=("name",)))),
        ("sort= -priority , +name", (SortKey(path=("priority",), descending=True), SortKey(path=("name",)))),
        ("sort=-priority&sort=name", (SortKey(path=("priority",), descending=True), SortKey(path=("name",)))),
        ("sort=-lastUpdate", (SortKey(path=("lastUpdate",), descending=True, instants=True),)),
        (
            "sort=originatorParty.partyOrPartyRole.id",
            (SortKey(path=("originatorParty", "partyOrPartyRole", "id")),),
        ),
        ("sort=impactPattern.@type", (SortKey(path=("impactPattern", "@type")),)),
        ("sort=mosScore,kqi.deep", (SortKey(path=("mosScore",)), SortKey(path=("kqi", "deep")))),
    ],
)
def test_an_order_is_read(raw: str, sort: tuple[SortKey, ...]) -> None:
    assert parse(raw).sort == sort


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ("sort=statsu", "'statsu' is not known; is 'status' meant"),
        ("sort=-", "'-' is not known"),
        ("sort=--name", "'-name' is not known; is 'name' meant?"),
        ("sort=name desc", "'name desc' is not an attribute with"),
        ("sort=note.date", "'note.date' is or leads through a list"),
        ("sort=relatedParty", "'relatedParty' is or leads through a list"),
        ("sort=impactPattern", "'impactPattern' holds an object"),
        ("sort=status.x", "'status' holds a text, which has no attribute 'x'"),
        ("sort=name,-name", "names an attribute twice"),
        ("sort=" + ",".join(f"kqi.k{n}" for n in range(9)), "has 9 keys, more than 8"),
    ],
)
def test_an_order_that_cannot_be_is_refused_by_name(raw: str, complaint: str) -> None:
    found = complaints_of(parse, raw)
    assert list(found) == ["sort"]
    assert complaint in found["sort"]


def test_an_order_in_the_words_of_another_face_is_that_of_the_stored_document() -> None:
    def translate(path: Path) -> Path:
        return ("originatorParty", "partyOrPartyRole", "id") if path == ("originatorParty", "id") else path

    query = parse_list_query([("sort", "-originatorParty.id")], attributes=ATTRIBUTES, translate=translate)
    assert query.sort == (SortKey(path=("originatorParty", "partyOrPartyRole", "id"), descending=True),)


PLACE = Position(values=("held", None), seq=17)
SORT = parse("sort=status,-name").sort


@pytest.mark.parametrize("values", [("held", None), ("é&=", 5), (None, 0.5), (-(2**62), "")])
def test_a_cursor_is_its_position_in_characters_that_a_url_takes(
    values: tuple[str | int | float | None, ...],
) -> None:
    position = Position(values=values, seq=2**62)
    text = cursor_text(position, SORT)
    assert position_of(text, SORT) == position
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_page_begins_where_its_cursor_says() -> None:
    text = cursor_text(PLACE, SORT)
    assert parse(f"sort=status,-name&after={text}").cursor == Cursor(position=PLACE)
    assert parse(f"sort=status,-name&before={text}").cursor == Cursor(position=PLACE, backwards=True)
    assert parse("after=").cursor == Cursor()
    assert parse("before=&offset=0").cursor == Cursor(backwards=True)
    assert parse("limit=5").cursor is None


@pytest.mark.parametrize(
    ("raw", "field", "complaint"),
    [
        (f"after={cursor_text(PLACE, SORT)}", "after", "in another order than this one, which has no sort"),
        (f"sort=status,name&before={cursor_text(PLACE, SORT)}", "before", "which has sort=status,name"),
        ("after=zzz", "after", "is not a cursor"),
        ("after=WzFd", "after", "is not a cursor"),
        ("after=%C3%A9", "after", "is not a cursor"),
        ("after=&before=", "before", "cannot stand beside after"),
        ("after=&offset=5", "offset", "cannot stand beside after"),
        ("after=&after=", "after", "is given more than once"),
    ],
)
def test_a_cursor_of_another_list_or_none_at_all_is_refused(raw: str, field: str, complaint: str) -> None:
    found = complaints_of(parse, raw)
    assert list(found) == [field]
    assert complaint in found[field]
