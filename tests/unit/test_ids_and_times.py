"""Ids that sort by time, and instants as texts and numbers."""

import os
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from threading import Thread
from uuid import UUID

import pytest

from hub.model.ids import Uuid7, first_id_at, made_at
from hub.model.times import from_micros, from_text, micros_to_text, to_micros, to_text
from tests.rooms import NOON, TurningClock


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    made = UUID(Uuid7(TurningClock())())
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == to_micros(NOON) // 1000


def test_ids_rise_while_the_clock_stands_still_or_steps_back() -> None:
    clock = TurningClock()
    new_id = Uuid7(clock)
    made = [new_id() for _ in range(5000)]
    clock.turn(hours=-1)
    made += [new_id() for _ in range(10)]
    clock.turn(hours=2)
    made += [new_id() for _ in range(10)]
    assert all(before < after for before, after in pairwise(made))
    assert {UUID(one).version for one in made} == {7}


def test_threads_never_get_the_same_id() -> None:
    new_id = Uuid7(TurningClock(), random_bytes=bytes)
    made: list[list[str]] = [[] for _ in range(4)]
    threads = [Thread(target=lambda mine=mine: mine.extend(new_id() for _ in range(500))) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for mine in made for one in mine}) == 2000


def test_a_forked_process_makes_other_ids() -> None:
    new_id = Uuid7(TurningClock())
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100).decode() != new_id()
    os.close(reading)
    os.close(writing)


TEXTS = [
    ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z"),
    ("2026-03-01T12:00:00.5+02:00", "2026-03-01T10:00:00.500Z"),
    ("2026-03-01T00:30:00-01:00", "2026-03-01T01:30:00.000Z"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ("2026-02-28T23:59:59.999999Z", "2026-02-28T23:59:59.999Z"),
    ("2028-02-29T01:02:03.004Z", "2028-02-29T01:02:03.004Z"),
]


@pytest.mark.parametrize(("given", "kept"), TEXTS)
def test_a_text_names_one_instant_in_utc(given: str, kept: str) -> None:
    instant = from_text(given)
    assert to_text(instant) == kept
    assert micros_to_text(to_micros(instant)) == kept
    assert from_micros(to_micros(instant)) == instant


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T12:00:00", "2026-03-01", "noon", "", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"],
)
def test_a_text_without_a_zone_or_beyond_all_years_names_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time zone|isoformat|beyond the years"):
        from_text(text)


def test_texts_sort_as_their_instants_do() -> None:
    zone = timezone(timedelta(hours=5))
    instants = [NOON + timedelta(milliseconds=step * 333) for step in range(10)]
    texts = [to_text(instant.astimezone(zone if number % 2 else UTC)) for number, instant in enumerate(instants)]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {24}


def test_microseconds_are_whole_before_1970_too() -> None:
    assert to_micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_an_identifier_tells_when_it_was_made_and_sorts_by_it() -> None:
    clock = TurningClock()
    new_id = Uuid7(clock)
    before, first = new_id(), first_id_at(clock.micros + 1000)
    clock.turn(milliseconds=1)
    assert before < first < new_id()
    assert made_at(first) == clock.micros
    assert UUID(first).version == 7
    assert [made_at(text) for text in ("e1", "", "4f1c6a3e-0000-4000-8000-000000000000", "z" * 12 + "7" * 20)] == [
        None
    ] * 4
