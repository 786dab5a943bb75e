"""JSON Patch: tables of cases, and random patches beside the reference library."""

import copy
from typing import Any

import jsonpatch
import jsonpointer
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Conflict, HubError, InvalidInput, PatchConflict, TooLarge
from hub.problems.edits import json_patch_edit, merge_edit
from hub.problems.json_patch import MOST_OPERATIONS, patched, same
from hub.problems.json_pointer import pointer_of, tokens_of

ROOM = 1 << 20


def operation(op: str, path: str, **more: Any) -> dict[str, Any]:
    return {"op": op, "path": path, **more}


DONE: list[tuple[Any, list[dict[str, Any]], Any]] = [
    ({}, [], {}),
    ({}, [operation("add", "/a", value=1)], {"a": 1}),
    ({"a": 1}, [operation("add", "/a", value=None)], {"a": None}),
    ({"a": [1, 3]}, [operation("add", "/a/1", value=2)], {"a": [1, 2, 3]}),
    ({"a": [1]}, [operation("add", "/a/1", value=2)], {"a": [1, 2]}),
    ({"a": [1]}, [operation("add", "/a/-", value=2)], {"a": [1, 2]}),
    ({}, [operation("add", "/a/-", value=2)], {"a": [2]}),
    ({"a": {}}, [operation("add", "/a/b/-", value=2)], {"a": {"b": [2]}}),
    ({"a": 1, "b": 2}, [operation("replace", "/a", value=[])], {"a": [], "b": 2}),
    ({"a": [1, 2]}, [operation("remove", "/a/0")], {"a": [2]}),
    ({"a": 1, "b": 2}, [operation("move", "/c", **{"from": "/a"})], {"b": 2, "c": 1}),
    ({"a": [1, 2, 3]}, [operation("move", "/a/2", **{"from": "/a/0"})], {"a": [2, 3, 1]}),
    ({"a": 1}, [operation("move", "/a", **{"from": "/a"})], {"a": 1}),
    ({"a": {"b": 1}}, [operation("copy", "/a/c", **{"from": "/a"})], {"a": {"b": 1, "c": {"b": 1}}}),
    ({"a": 1.0}, [operation("test", "/a", value=1)], {"a": 1.0}),
    ({"a/b": 1, "c~d": 2}, [operation("remove", "/a~1b"), operation("remove", "/c~0d")], {}),
    ({"": 1}, [operation("replace", "/", value=2)], {"": 2}),
    ({"a": 1}, [operation("replace", "", value={"b": 1})], {"b": 1}),
]


@pytest.mark.parametrize(("before", "operations", "after"), DONE, ids=str)
def test_operations_are_done_in_order(before: Any, operations: list[dict[str, Any]], after: Any) -> None:
    kept = copy.deepcopy(before)
    assert patched(before, operations, room=ROOM) == after
    assert before == kept


INVALID = [
    (operation("add", "a", value=1), "[0].path", "must begin with /"),
    (operation("add", "/~2", value=1), "[0].path", "neither ~0 nor ~1"),
    (operation("add", "/a"), "[0].value", "is missing"),
    (operation("test", "/a"), "[0].value", "is missing"),
    (operation("copy", "/a"), "[0].from", "is missing"),
    (operation("move", "/a/b", **{"from": "/a"}), "[0].path", "lies inside"),
]
UNFIT = [
    (operation("remove", "/b"), "[0].path", "there is no 'b'"),
    (operation("replace", "/b", value=1), "[0].path", "there is no 'b'"),
    (operation("add", "/b/c", value=1), "[0].path", "there is no 'b'"),
    (operation("add", "/a/4", value=1), "[0].path", "no place 4"),
    (operation("add", "/a/01", value=1), "[0].path", "no index"),
    (operation("add", "/a/0x", value=1), "[0].path", "no index"),
    (operation("replace", "/a/-", value=1), "[0].path", "no index"),
    (operation("remove", "/t/0"), "[0].path", "neither an object nor a list"),
    (operation("add", "/t/0", value=1), "[0].path", "nothing to put '0' into"),
    (operation("copy", "/c", **{"from": "/b"}), "[0].from", "there is no 'b'"),
    (operation("test", "/a/0", value=True), "[0].value", "/a/0 has another value"),
    (operation("test", "/b", value=1), "[0].path", "there is no 'b'"),
]


@pytest.mark.parametrize(
    ("wrong", "field", "message", "kind"),
    [(*case, InvalidInput) for case in INVALID] + [(*case, PatchConflict) for case in UNFIT],
)
def test_what_fails_names_the_operation_and_its_part(
    wrong: dict[str, Any], field: str, message: str, kind: type[HubError]
) -> None:
    with pytest.raises(kind) as refused:
        patched({"a": [1, 2], "t": "text"}, [wrong], room=ROOM)
    assert type(refused.value) is kind
    (violation,) = refused.value.violations
    assert violation.field == field
    assert message in violation.message


def test_a_later_operation_is_named_by_its_number() -> None:
    with pytest.raises(Conflict, match=r"\[1\]\.path: there is no 'a'"):
        patched({"a": 1}, [operation("remove", "/a"), operation("remove", "/a")], room=ROOM)


def test_there_is_a_most_of_operations() -> None:
    with pytest.raises(InvalidInput, match="more than 1000"):
        patched({}, [operation("test", "", value={})] * (MOST_OPERATIONS + 1), room=ROOM)


def test_copies_of_copies_come_to_an_end() -> None:
    doubling = [operation("copy", "/a/-", **{"from": "/a"}) for _ in range(40)]
    with pytest.raises(TooLarge, match="write more than the server takes"):
        patched({"a": ["x" * 1000]}, doubling, room=ROOM)


def test_a_document_does_not_grow_deeper_than_a_body_may_be() -> None:
    deeper = [operation("copy", "/a/a", **{"from": ""}) for _ in range(70)]
    with pytest.raises(InvalidInput, match="more than 64 levels"):
        patched({"a": {}}, deeper, room=1 << 30)


def test_the_whole_must_stay_an_object() -> None:
    for made_otherwise in (operation("replace", "", value=[]), operation("remove", "")):
        with pytest.raises(InvalidInput, match="must stay an object"):
            json_patch_edit(made_otherwise, largest=ROOM)({"a": 1})


NAMES = st.sampled_from(["a", "b", "c/d", "e~f", "0", "", "-"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "0"]) | st.just(1.5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=5)


def places_in(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for name, child in children for place in places_in(child, (*at, str(name))))]


@st.composite
def patches(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    document = draw(DOCUMENTS)
    known = st.sampled_from(places_in(document))
    paths = st.one_of(known, st.builds(lambda place, name: (*place, name), known, NAMES), st.tuples(NAMES))
    operations = []
    for _ in range(draw(st.integers(1, 5))):
        one = operation(draw(st.sampled_from(sorted(KINDS))), pointer_of(draw(paths)))
        one |= {"value": draw(VALUES)} if one["op"] in ("add", "replace", "test") else {}
        one |= {"from": pointer_of(draw(paths))} if one["op"] in ("move", "copy") else {}
        operations.append(one)
    return document, operations


KINDS = ("add", "remove", "replace", "move", "copy", "test")
FAILED = (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError)
"""What the library raises; it lets a few of Python's own errors through."""


def is_another_reading(document: Any, one: dict[str, Any]) -> bool:
    """Where the library reads otherwise: it walks into texts, takes true for 1, and puts no first end in a list.

    It also replaces what is not there by the end of a list, and lets the whole be removed or moved into itself.
    """
    tokens = [tokens_of(one[name]) for name in ("path", "from") if name in one]
    if any("-" in each for each in tokens) or any(each == () for each in tokens):
        return True
    for each in tokens:
        node = document
        for token in each:
            if isinstance(node, str):
                return True
            try:
                node = node[int(token)] if isinstance(node, list) else node[token]
            except (LookupError, TypeError, ValueError):
                break
    return one["op"] == "move" and tokens[0][: len(tokens[1])] == tokens[1]


@given(patches())
def test_random_patches_give_what_the_reference_library_gives(
    case: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    document, operations = case
    for one in operations:
        if is_another_reading(document, one):
            continue
        try:
            wanted = jsonpatch.apply_patch(document, [one])
        except FAILED:
            with pytest.raises(HubError):
                patched(document, [one], room=ROOM)
            continue
        if one["op"] == "test" and not same(jsonpointer.resolve_pointer(document, one["path"]), one["value"]):
            continue  # true and 1
        found = patched(document, [one], room=ROOM)
        assert same(found, wanted)
        # A copied part is one object in two places; the library, which writes into it, would change both.
        document = orjson.loads(orjson.dumps(found))


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_between_two_documents_leads_from_one_to_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    operations = jsonpatch.make_patch(before, after).patch
    expected = jsonpatch.apply_patch(before, operations)
    assert same(patched(before, operations, room=ROOM), expected)


@given(DOCUMENTS, st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=3), max_size=4))
def test_a_merge_patch_and_its_json_patch_agree(document: dict[str, Any], patch: dict[str, Any]) -> None:
    """A member is set or removed: what both languages can say."""
    operations = [
        operation("add", pointer_of((name,)), value=value)
        if value is not None
        else operation("remove", pointer_of((name,)))
        for name, value in patch.items()
        if value is not None or name in document
    ]
    assert merge_edit(patch)(document) == json_patch_edit(operations, largest=ROOM)(document)


@given(st.lists(NAMES).map(tuple))
def test_a_pointer_is_read_as_it_is_written(tokens: tuple[str, ...]) -> None:
    assert tokens_of(pointer_of(tokens)) == tokens
