"""Paths with a query: where they lead in a report, and what is no such path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError, PatchConflict, Unsupported
from hub.problems.json_patch import patched
from hub.problems.json_pointer import pointer_of
from hub.problems.patch_query import MOST_LOOKED_AT, Matching

ORDER: dict[str, Any] = {
    "status": "held",
    "priority": 1,
    "note": [
        {"author": "John", "text": "a/b"},
        {"author": "Mary", "text": "b"},
        {"author": "John", "text": "c", "mark": [{"n": 1}, {"n": 2}]},
    ],
    "orderItem": [
        {"quantity": 1, "productOffering": {"id": "1513"}, "relatedParty": [{"role": "customer", "name": "Mary"}]},
        {"quantity": 2, "productOffering": {"id": "7"}},
    ],
    "originatorParty": {"role": "supplier", "partyOrPartyRole": {"id": "org-1"}},
    "name/x": 1,
}

PLACES = [
    ("", [""]),
    ("/note", ["/note"]),
    ("/note/-", ["/note/-"]),
    ("/missing/-", ["/missing/-"]),
    ("/name~1x", ["/name~1x"]),
    ("/note/1/text", ["/note/1/text"]),
    # names from the beginning of the path
    ("/note/text?note.author=John", ["/note/0/text", "/note/2/text"]),
    ("/note?note.author=John", ["/note/0", "/note/2"]),
    ("/note/0/text?note.author=John", ["/note/0/text"]),
    ("/orderItem/quantity?orderItem.productOffering.id=1513", ["/orderItem/0/quantity"]),
    (
        "/orderItem/quantity?orderItem.productOffering.id=1513&orderItem.relatedParty.role=customer"
        "&orderItem.relatedParty.name=Mary",
        ["/orderItem/0/quantity"],
    ),
    ("/note/mark/n?note.mark.n.gt=1", ["/note/2/mark/1/n"]),
    ("/status?status=held", ["/status"]),
    # names from where the query stands
    ("/note?author=John/text", ["/note/0/text", "/note/2/text"]),
    ("/note?author=Mary;text=c", ["/note/1", "/note/2"]),
    ("/note?text=a~1b/author", ["/note/0/author"]),
    ("/note?text=a%2Fb/author", ["/note/0/author"]),
    ("/note/0/text?author=John", ["/note/0/text"]),
    ("/priority?status=held,pending", ["/priority"]),
    ("/originatorParty?role=supplier/partyOrPartyRole/id", ["/originatorParty/partyOrPartyRole/id"]),
    # JSONPath
    ("$", [""]),
    ("$.note[0].text", ["/note/0/text"]),
    ("$['note'][*].text", ["/note/0/text", "/note/1/text", "/note/2/text"]),
    ("note[1]/text", ["/note/1/text"]),
    ("note[?(@.author=='John')]/text", ["/note/0/text", "/note/2/text"]),
    ("/note[?(@.author=='John')]/text", ["/note/0/text", "/note/2/text"]),
    ("/note[?(@.text=='a/b')]/text", ["/note/0/text"]),
    ("$.note[?(@.author=='John' && @.text!='c')].text", ["/note/0/text"]),
    ("note[?(@.author=='John' && @.text!='c')].text", ["/note/0/text"]),
    ("$.note[?@.mark[?@.n>1]]", ["/note/2"]),
    ("$.note[?(@.author=='John')].mark[?(@.n==2)].n", ["/note/2/mark/1/n"]),
    (
        "$.orderItem[?(@.productOffering.id==\"1513\")].relatedParty[?(@.role=='customer')].name",
        ["/orderItem/0/relatedParty/0/name"],
    ),
    ("$.originatorParty[?(@.role=='supplier')].role", ["/originatorParty/role"]),
]


@pytest.mark.parametrize(("path", "places"), PLACES)
def test_a_path_leads_to_every_place_that_fits(path: str, places: list[str]) -> None:
    assert [pointer_of(tokens) for tokens in Matching()(ORDER, path)] == places[::-1]


@pytest.mark.parametrize(
    "path",
    [
        "/note?author=Ann/text",
        "/priority?status=resolved",
        "/missing/text",
        "/note/0/text?note.author=Mary",
        "/priority/x",
        "/status[0]",
    ],
)
def test_a_path_that_fits_nowhere_is_no_place(path: str) -> None:
    with pytest.raises(LookupError, match="fits no place"):
        Matching()(ORDER, path)


MALFORMED = [
    ("/note?", "without a condition"),
    ("/note?author", "no operator"),
    ("/note[", "without its other half"),
    ("/note['a]", "without its other half"),
    ("/note[0]x", "where a new step should begin"),
    ("/note[x]", "neither a name in quotes, an index"),
    ("/~3", "neither ~0 nor ~1"),
    ("/note?author.like=J", "unknown operator"),
    ("/note[?(@.author=)]", "at position"),
    ("/note[?]", "at position"),
    ("/a" * 1001, "more than 2000"),
]


@pytest.mark.parametrize(("path", "message"), MALFORMED)
def test_what_is_no_path_says_why(path: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Matching()(ORDER, path)


def changed(**operation: Any) -> Any:
    return patched(ORDER, [operation], resolve=Matching(), room=1 << 20)


@pytest.mark.parametrize("path", ["$.note[?(@..n==1)]", "$..note", "$.note..text"])
def test_what_the_language_has_and_the_server_has_not_is_named(path: str) -> None:
    with pytest.raises(Unsupported, match=r"\[0\]\.path: .*descendant"):
        changed(op="remove", path=path)


def test_an_operation_is_done_at_every_place() -> None:
    assert [one["text"] for one in changed(op="replace", path="/note?author=John/text", value="x")["note"]] == [
        "x",
        "b",
        "x",
    ]
    assert [one["author"] for one in changed(op="remove", path="/note?author=John")["note"]] == ["Mary"]
    assert [one.get("seen") for one in changed(op="add", path="/note?author=John/seen", value=1)["note"]] == [
        1,
        None,
        1,
    ]
    assert changed(op="test", path="/note?author=John/author", value="John") == ORDER


def test_a_list_is_not_passed_by_a_path_that_does_not_say_where() -> None:
    """Otherwise one `replace` of `/note/text` would rewrite every note."""
    for operation in ({"op": "replace", "value": "x"}, {"op": "remove"}, {"op": "test", "value": "b"}):
        with pytest.raises(PatchConflict, match="which of 3 elements is meant"):
            changed(path="/note/text", **operation)
    assert Matching()({"note": [{"text": "a"}]}, "/note/text") == [("note", "0", "text")]


def test_what_is_moved_comes_from_one_place_to_one() -> None:
    assert changed(op="copy", path="/reason", **{"from": "/note?author=Mary/text"})["reason"] == "b"
    every = "$.note[*].text"
    for wrong in ({"path": "/reason", "from": every}, {"path": every, "from": "/status"}):
        with pytest.raises(PatchConflict, match="fits 3 places, and may fit one only"):
            changed(op="move", **wrong)


def test_a_patch_looks_at_so_many_values_and_no_more() -> None:
    long = {"note": [{"n": 1}] * (MOST_LOOKED_AT // 2)}
    matching = Matching()
    assert len(matching(long, "/note?n=1")) == MOST_LOOKED_AT // 2
    with pytest.raises(ValueError, match="look at more than"):
        matching(long, "/note?n=1")


@given(st.text(alphabet="/$.[]?'\"@=&;~01naote-*()!<>| ", max_size=30))
def test_any_text_is_a_path_or_is_refused(path: str) -> None:
    operation = {"op": "test", "path": path, "value": "what no place has"}
    with pytest.raises(HubError, match=r"\[0\]\.") as refused:
        patched(ORDER, [operation], resolve=Matching(), room=1000)
    assert refused.value.status in (400, 409, 501)
