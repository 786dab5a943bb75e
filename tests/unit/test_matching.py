"""The index of conditions finds exactly those that hold."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.query.matching.matcher import Matcher
from hub.query.matching.rows import Rows, numbers_in
from hub.query.predicate import predicate
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some

NAMES = ("a", "b")
TEXTS = (
    *("", "x", "y", "true", "false", "1", "1.0", "01", " 2 ", "-3", "2.5", "1e400", "9223372036854775808"),
    *("2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01", "2026-03-01T12:00:00.0000001Z"),
)
VALUES: tuple[Any, ...] = (*TEXTS, None, True, False, 0, 1, 1.0, 2, -3, 2.5, 2**63, 10**400)
KINDS = ("Create", "Change")

FEW_TEXTS = ("1", "2", "x", "true")
FEW_VALUES: tuple[Any, ...] = (1, 2, "1", "x", "y", True, None)
PATTERNS = ("x", "^1", "x|y", ".", "(?i)X", "[0-9]", "")

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple)
several = st.lists(st.sampled_from(FEW_TEXTS), min_size=1, max_size=2).map(tuple)
ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)


def _comparisons(paths: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[Condition]:
    return st.one_of(
        st.builds(Comparison, path=paths, operator=st.just(Operator.EQ), values=several),
        st.builds(Comparison, path=paths, operator=st.just(Operator.NE), values=several),
        st.builds(Comparison, path=paths, operator=st.sampled_from(ORDERED), values=several.map(lambda v: v[:1])),
        st.builds(
            Comparison,
            path=paths,
            operator=st.just(Operator.REGEX),
            values=st.sampled_from(PATTERNS).map(lambda pattern: (pattern,)),
        ),
    )


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several_parts = st.lists(parts, max_size=3).map(tuple)
    return st.builds(And, parts=several_parts) | st.builds(Or, parts=several_parts) | st.builds(Not, part=parts)


def _inner(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return _joined(parts) | st.builds(Some, path=paths | st.just(()), part=parts)


def _outer(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    number = st.integers(0, 2)
    return st.one_of(
        _joined(parts),
        st.builds(Some, path=paths, part=inner),
        st.builds(Count, path=paths, part=inner, operator=st.sampled_from(ORDERED), number=number),
        st.builds(Length, path=paths, operator=st.sampled_from(ORDERED), number=number),
        st.builds(Exists, path=paths),
    )


inner = st.recursive(_comparisons(paths | st.just(())), _inner, max_leaves=4)
conditions = st.recursive(_comparisons(paths), _outer, max_leaves=5)
wanted = st.tuples(st.frozensets(st.sampled_from(KINDS), min_size=1), st.none() | conditions | conditions)

values = st.recursive(
    st.sampled_from(FEW_VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=2)


@settings(max_examples=300)
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
            assert matcher.matching(kind, partial(dict, document)) == expected


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


ATOMS: list[Condition] = [
    Comparison(path=(name,), operator=operator, values=(value,))
    for name in NAMES
    for operator, value in [
        (Operator.EQ, "1"),
        (Operator.NE, "1"),
        (Operator.GT, "1"),
        (Operator.LTE, "2"),
        (Operator.REGEX, "^x"),
    ]
]
PAIRS: list[Condition] = [
    joined(parts=(one, other)) for joined in (And, Or) for one in ATOMS for other in [*ATOMS, Not(part=ATOMS[0])]
]
FLAT = [{"a": a, "b": b} for a in (1, 2, "x", None) for b in (1, 3, "x", [1, 3])]


def test_two_comparisons_of_one_object_hold_together() -> None:
    _hold_all_against_all([*ATOMS, *PAIRS], FLAT)


def test_what_one_element_has_to_fit_is_not_fitted_by_two() -> None:
    of_one = [Some(path=("c",), part=part) for part in [*ATOMS, *PAIRS]]
    nested = [Some(path=("c",), part=Some(path=("d",), part=part)) for part in PAIRS[::7]]
    lists: list[Any] = [FLAT[:1], FLAT[1:3], [FLAT[4:6]], FLAT[7], [[FLAT[5]], FLAT[8]], [], None, [None, 1]]
    documents = [{"c": found} for found in lists]
    deeper = [{"c": [{"d": found}, {"d": FLAT[0]}]} for found in lists]
    of_any = [Comparison(path=("c", name), operator=Operator.EQ, values=("1",)) for name in NAMES]
    _hold_all_against_all([*of_any, *of_one, *nested], [*documents, *deeper])


def _hold_all_against_all(asked: Sequence[Condition], documents: Sequence[dict[str, Any]]) -> None:
    matcher = Matcher()
    for key, condition in enumerate(asked):
        matcher.add(key, frozenset(KINDS), condition)
    tests = [predicate(condition) for condition in asked]
    fitting = 0
    for document in documents:
        expected = [key for key, test in enumerate(tests) if test(document)]
        assert matcher.matching(KINDS[0], partial(dict, document)) == expected
        fitting += len(expected)
    assert 0 < fitting < len(asked) * len(documents)


def test_hundreds_of_limits_are_told_apart() -> None:
    matcher = Matcher()
    of_both_kinds = frozenset(KINDS)
    for number in range(300):
        for shift, operator in enumerate((Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)):
            comparison = Comparison(path=("a",), operator=operator, values=(str(number),))
            matcher.add(4 * number + shift, of_both_kinds, comparison)

    def found(value: float) -> list[int]:
        return list(matcher.matching("Create", lambda: {"a": value}))

    assert found(-1) == [4 * number + shift for number in range(300) for shift in (2, 3)]
    at_150 = [4 * number + shift for number in range(300) for shift in ((0, 1) if number < 150 else (2, 3))]
    assert found(149.5) == at_150
    assert found(150) == sorted({*at_150, 601, 603} - {602})
    for number in range(0, 300, 2):
        matcher.remove(4 * number)
    assert found(149.5) == [key for key in at_150 if key % 8]


def test_hundreds_of_patterns_are_told_apart() -> None:
    matcher = Matcher()
    words = ["alpha", "bravo", "charlie", "delta"]
    patterns = [f"{words[number % 4]}-0*{number}\\b" for number in range(600)] + [".*", "(?i)CHARLIE", r"\d\d"]
    present: dict[int, tuple[frozenset[str], Condition | None]] = {
        key: (frozenset(KINDS), Comparison(path=("a",), operator=Operator.REGEX, values=(pattern,)))
        for key, pattern in enumerate(patterns)
    }
    for key, (types, condition) in present.items():
        matcher.add(key, types, condition)
    events: list[dict[str, Any]] = [{"a": "charlie-002 delta-3"}, {"a": ["alpha-0404", "beta-7"]}, {"a": 5}, {}]
    assert matcher.matching(KINDS[0], lambda: events[0]) == [2, 3, 600, 601, 602]
    _hold_against_all(matcher, present, events)
    for key in range(0, 600):
        if key % 50:
            matcher.remove(key)
            del present[key]
    _hold_against_all(matcher, present, events)


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
