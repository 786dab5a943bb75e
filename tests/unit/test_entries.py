"""The keys of an index: a document has one of the keys of some values exactly when `eq` holds for it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.query.entries import keys_at, keys_for
from hub.query.predicate import predicate
from hub.query.syntax import Comparison, Operator

TEXTS = st.sampled_from(
    [
        *("", "a", "A", "5", "5.0", " 5", "05", "1e1", "-0", "0", "true", "false", "null"),
        *("2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00+01:00", "2026-03-01T00:00:00.0000009Z"),
        *("2026-02-31T00:00:00Z", "9223372036854775808", "1e400"),
    ]
)
ATOMS = st.one_of(
    TEXTS, st.booleans(), st.none(), st.sampled_from([0, -0.0, 5, 5.0, 10, 2**63 - 1, 2**63, 1e300, 0.1])
)
INNER = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("bc"), inner, max_size=2)
)
PATHS = st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")])


@settings(max_examples=1500, deadline=None)
@given(INNER, PATHS, st.lists(TEXTS, min_size=1, max_size=3))
def test_a_key_is_shared_exactly_when_a_value_is_equal(
    inner: Any, path: tuple[str, ...], values: list[str]
) -> None:
    document = {"a": inner}
    equal = predicate(Comparison(path=path, operator=Operator.EQ, values=tuple(values)))
    assert bool(keys_at(document, path) & set(keys_for(values))) == equal(document)


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ({"a": {"b": "x"}}, {"x"}),
        ({"a": [{"b": "x"}, {"b": ["y", 5]}, {"c": "z"}, "w"]}, {"x", "y", 5}),
        ({"a": [[{"b": "x"}]]}, set()),
        ({"a": {"b": None}}, set()),
        ({"a": {"b": True}}, {"true"}),
        ({"a": {"b": "1970-01-01T00:00:01Z"}}, {b"1000000"}),
        ({}, set()),
    ],
)
def test_keys_are_those_of_the_values_at_the_path(document: dict[str, Any], keys: set[Any]) -> None:
    assert keys_at(document, ("a", "b")) == keys
