"""When a ticket that a source no longer lists counts as gone."""

from collections.abc import Mapping, Sequence

import pytest

from hub.intake.absence import absences


def polls(present: Mapping[str, int], lists: Sequence[set[str]], absent_polls: int) -> dict[str, int]:
    """{key: number of the poll that declared it gone}, polls being counted from 1."""
    missed, gone = dict(present), dict[str, int]()
    for number, seen in enumerate(lists, start=1):
        found = absences(missed, seen, absent_polls)
        gone |= dict.fromkeys(found.gone, number)
        missed = {key: found.waiting.get(key, 0) for key in missed if key not in found.gone}
    return gone


@pytest.mark.parametrize(
    ("lists", "gone"),
    [
        pytest.param([{"a", "b"}], {}, id="all are there"),
        pytest.param([{"a"}], {}, id="one poll misses b"),
        pytest.param([{"a"}, {"a"}], {"b": 2}, id="two polls miss b"),
        pytest.param([{"a"}, {"a", "b"}, {"a"}], {}, id="b came back in between"),
        pytest.param([{"a"}, {"a", "b"}, {"a"}, {"a"}], {"b": 4}, id="b came back, and went"),
        pytest.param([{"b"}, {"a"}, {"a"}], {"b": 3}, id="each has its own count"),
        pytest.param([set(), set()], {"a": 2, "b": 2}, id="two tickets may end together"),
        pytest.param([{"a", "b", "new"}], {}, id="a new one is no absence"),
    ],
)
def test_a_ticket_is_gone_when_two_polls_in_a_row_miss_it(lists: Sequence[set[str]], gone: dict[str, int]) -> None:
    assert polls({"a": 0, "b": 0}, lists, absent_polls=2) == gone


def test_a_list_of_many_that_is_empty_at_once_waits_for_one_poll_more() -> None:
    many = {"a": 0, "b": 0, "c": 0}
    assert polls(many, [set(), set()], absent_polls=2) == {}
    assert polls(many, [set(), set(), set()], absent_polls=2) == {"a": 3, "b": 3, "c": 3}


def test_a_list_that_fills_again_bit_by_bit_is_counted_anew() -> None:
    many = {"a": 0, "b": 0, "c": 0}
    assert polls(many, [set(), set(), {"a"}, {"a", "b", "c"}], absent_polls=2) == {}
    assert polls(many, [set(), set(), {"a"}, {"a", "b"}], absent_polls=2) == {"c": 4}


def test_a_new_ticket_on_an_emptied_list_does_not_speak_for_the_old_ones() -> None:
    assert polls({"a": 0, "b": 0}, [set(), {"new"}], absent_polls=2) == {"a": 2, "b": 2}


def test_a_list_that_shrinks_to_one_is_believed() -> None:
    many = {"a": 0, "b": 0, "c": 0}
    assert polls(many, [{"c"}, {"c"}], absent_polls=2) == {"a": 2, "b": 2}


def test_the_number_of_polls_is_a_setting() -> None:
    assert polls({"a": 0}, [set()], absent_polls=1) == {"a": 1}
    assert polls({"a": 0}, [set()] * 5, absent_polls=5) == {"a": 5}


def test_waiting_tickets_carry_their_count() -> None:
    found = absences({"a": 0, "b": 3, "c": 1}, {"c"}, 10)
    assert found.waiting == {"a": 1, "b": 4}
    assert found.gone == {}


def test_nothing_is_absent_from_a_source_that_had_nothing() -> None:
    found = absences({}, set(), 1)
    assert (found.waiting, found.gone) == ({}, {})
