"""The index of conditions finds exactly those that hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.query.matching import Matcher
from hub.query.predicate import predicate
from hub.query.rows import Rows, numbers_in
from hub.query.syntax import And, Comparison, Condition, Operator, Or

NAMES = ("a", "b", "c")
TEXTS = (
    *("", "x", "y", "true", "false", "1", "1.0", "01", " 2 ", "-3", "2.5", "1e400", "9223372036854775808"),
    *("2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01", "2026-03-01T12:00:00.0000001Z"),
)
VALUES: tuple[Any, ...] = (*TEXTS, None, True, False, 0, 1, 1.0, 2, -3, 2.5, 2**63, 10**400)
KINDS = ("Create", "Change")

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)
several = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(tuple)
one = st.sampled_from(TEXTS).map(lambda text: (text,))
equalities = st.builds(
    Comparison, path=paths, operator=st.sampled_from([Operator.EQ, Operator.NE]), values=several
)
limits = st.builds(
    Comparison,
    path=paths,
    operator=st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]),
    values=one,
)


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several_parts = st.lists(parts, max_size=4).map(tuple)
    return st.builds(And, parts=several_parts) | st.builds(Or, parts=several_parts)


conditions = st.recursive(equalities | limits, _joined, max_leaves=8)
wanted = st.tuples(st.frozensets(st.sampled_from(KINDS), min_size=1), st.one_of(st.none(), conditions, conditions))

values = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=3)


@given(
    st.lists(wanted, min_size=1, max_size=60),
    st.sets(st.integers(0, 59)),
    st.lists(documents, min_size=1, max_size=4),
)
def test_the_index_finds_what_trying_each_condition_finds(
    asked: list[tuple[frozenset[str], Condition | None]], leave: set[int], events: list[dict[str, Any]]
) -> None:
    """Also after some have left and come back, in rows that others have used."""
    matcher = Matcher()
    present = dict(enumerate(asked))
    for key, (types, condition) in present.items():
        matcher.add(key, types, condition)
    _hold_against_all(matcher, present, events)
    for key in leave & present.keys():
        matcher.remove(key)
    _hold_against_all(matcher, {key: want for key, want in present.items() if key not in leave}, events)
    for key in sorted(leave & present.keys(), reverse=True):
        matcher.add(key, *present[key])
    _hold_against_all(matcher, present, events)


def _hold_against_all(
    matcher: Matcher,
    present: dict[int, tuple[frozenset[str], Condition | None]],
    events: list[dict[str, Any]],
) -> None:
    for document in events:
        for kind in KINDS:
            expected = [
                key
                for key, (types, condition) in present.items()
                if kind in types and predicate(condition)(document)
            ]
            assert matcher.matching(kind, lambda document=document: document) == expected  # type: ignore[misc]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_every_kind_of_value_compares_as_it_does_alone(value: Any) -> None:
    operators = [operator for operator in Operator if operator is not Operator.REGEX]
    present: dict[int, tuple[frozenset[str], Condition | None]] = {}
    for text in TEXTS:
        for operator in operators:
            comparison = Comparison(path=("a",), operator=operator, values=(text,))
            present[len(present)] = (frozenset(KINDS), comparison)
    matcher = Matcher()
    for key, (types, condition) in present.items():
        matcher.add(key, types, condition)
    _hold_against_all(matcher, present, [{"a": value}, {"a": [value, "z"]}, {"b": value}])


def test_hundreds_of_limits_are_told_apart() -> None:
    matcher = Matcher()
    of_both_kinds = frozenset(KINDS)
    for number in range(300):
        for shift, operator in enumerate((Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)):
            comparison = Comparison(path=("a",), operator=operator, values=(str(number),))
            matcher.add(4 * number + shift, of_both_kinds, comparison)

    def found(value: float) -> list[int]:
        return matcher.matching("Create", lambda: {"a": value})

    assert found(-1) == [4 * number + shift for number in range(300) for shift in (2, 3)]
    at_150 = [4 * number + shift for number in range(300) for shift in ((0, 1) if number < 150 else (2, 3))]
    assert found(149.5) == at_150
    assert found(150) == sorted({*at_150, 601, 603} - {602})
    for number in range(0, 300, 2):
        matcher.remove(4 * number)
    assert found(149.5) == [key for key in at_150 if key % 8]


def test_only_who_asks_about_the_content_has_the_event_read() -> None:
    def unread() -> dict[str, Any]:
        raise AssertionError("nobody asked")

    matcher = Matcher()
    matcher.add(1, frozenset({"Create"}), None)
    matcher.add(2, frozenset({"Change"}), Comparison(path=("a",), operator=Operator.EQ, values=("x",)))
    assert matcher.matching("Create", unread) == [1]
    assert matcher.matching("Delete", unread) == []
    with pytest.raises(AssertionError, match="nobody asked"):
        matcher.matching("Change", unread)
    matcher.remove(2)
    assert matcher.matching("Change", unread) == []


def test_the_same_condition_is_kept_once_and_leaves_with_the_last_who_has_it() -> None:
    matcher = Matcher()
    condition = Comparison(path=("a",), operator=Operator.EQ, values=("x",))
    for key in (3, 1, 2):
        matcher.add(key, frozenset({"Create"}), condition)
    assert matcher.matching("Create", lambda: {"a": "x"}) == [1, 2, 3]
    matcher.remove(1)
    matcher.remove(3)
    assert matcher.matching("Create", lambda: {"a": "x"}) == [2]
    matcher.remove(2)
    assert matcher.matching("Create", lambda: {"a": "x"}) == []


@given(st.sets(st.integers(0, 400)), st.sets(st.integers(0, 400)))
def test_a_set_of_rows_is_a_set(added: set[int], discarded: set[int]) -> None:
    rows = Rows()
    for row in added:
        rows.add(row)
    for row in discarded:
        rows.discard(row)
    assert numbers_in(rows.mask) == sorted(added - discarded)
    assert bool(rows) is bool(added - discarded)
