"""Reading by the stamp of a change: nothing is lost, nothing read twice, and a filter that is ignored is seen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.keyset import Keyset, Part
from hub.ports import FilterIgnored, Unavailable

BEGIN = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
Ticket = tuple[str, datetime]


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


class Desk:
    """Tickets by key, with the stamp of their change; `asked` are the questions, `meanwhile` changes by their number.

    `hides` are tickets that take a place on a page and are not shown. `early` is how much further back it looks than
    it is asked to.
    """

    def __init__(self, **stamps: float) -> None:
        self.tickets = {key: at(seconds) for key, seconds in stamps.items()}
        self.asked: list[tuple[datetime | None, int, int]] = []
        self.meanwhile: dict[int, dict[str, float]] = {}
        self.hides: set[str] = set()
        self.early = timedelta(0)
        self.now = self.ours = at(3600)

    def fetch(self, since: datetime | None, size: int, offset: int) -> Sequence[Ticket]:
        self.tickets |= {key: at(seconds) for key, seconds in self.meanwhile.pop(len(self.asked), {}).items()}
        self.asked.append((since, size, offset))
        fitting = [
            (key, stamp) for key, stamp in self.tickets.items() if since is None or stamp >= since - self.early
        ]
        page = sorted(fitting, key=lambda ticket: (ticket[1], ticket[0]))[offset : offset + size]
        return [ticket for ticket in page if ticket[0] not in self.hides]

    def keyset(self, page_size: int = 3, **options: object) -> Keyset[Ticket]:
        given: dict[str, object] = {"fetch": self.fetch} | options
        return Keyset(
            stamp_of=lambda ticket: ticket[1],
            key_of=lambda ticket: ticket[0],
            page_size=page_size,
            now=lambda: self.now,
            clock=lambda: self.ours,
            **given,  # type: ignore[arg-type]
        )


def keys(parts: Sequence[Part[Ticket]]) -> list[str]:
    return [key for part in parts for key, _ in part.rows]


def read(desk: Desk, cursor: dict[str, str | None] | None = None, **options: object) -> list[Part[Ticket]]:
    return list(desk.keyset(**options).parts(cursor or {}))  # type: ignore[arg-type]


def test_all_is_read_once_and_the_next_run_asks_from_the_last_stamp() -> None:
    desk = Desk(a=1, b=2, c=3, d=4, e=5, f=6, g=7)
    parts = read(desk)
    assert keys(parts) == list("abcdefg")
    assert parts[-1].cursor == {"since": "2026-11-22T17:00:07Z", "at": None}
    desk.asked.clear()
    assert keys(read(desk, parts[-1].cursor)) == ["g"]
    assert desk.asked == [(at(7), 3, 0)]


def test_an_empty_source_moves_no_cursor() -> None:
    assert [part.cursor for part in read(Desk())] == [{"since": None, "at": None}]
    kept: dict[str, str | None] = {"since": "2026-11-22T17:00:00Z", "at": None}
    assert [part.cursor for part in read(Desk(), kept, lookback=timedelta(minutes=5))] == [kept]


def test_a_ticket_that_changes_between_two_pages_hides_no_other() -> None:
    desk = Desk(a=1, b=2, c=3, d=4, e=5)
    desk.meanwhile = {1: {"a": 10, "d": 11}}
    assert keys(read(desk)) == ["a", "b", "c", "e", "a", "d"]


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 7, 8])
def test_a_stamp_that_fills_pages_is_read_whole_and_none_twice(page_size: int) -> None:
    desk = Desk(before=0, **{f"t{number}": 5 for number in range(7)}, after=9)
    assert sorted(keys(read(desk, page_size=page_size))) == sorted(desk.tickets)
    filled = {at(5)} if page_size > 1 else {at(0), at(5), at(9)}
    assert {since for since, _, offset in desk.asked if offset} <= filled, (
        "an offset only where one stamp fills a page"
    )


def test_a_ticket_that_leaves_the_stamp_while_it_is_read_hides_no_other() -> None:
    for moment in range(1, 8):
        desk = Desk(**{f"t{number}": 5 for number in range(8)})
        desk.meanwhile = {moment: {"t0": 9}}
        assert set(keys(read(desk))) == set(desk.tickets), f"when it moves before request {moment}"


def test_tickets_of_a_stamp_that_never_hold_still_end_the_run() -> None:
    desk = Desk(**{f"t{number:02}": 5 for number in range(40)})
    desk.meanwhile = {number: {f"t{number:02}": 9} for number in range(40)}
    with pytest.raises(Unavailable, match="change faster than they can be read"):
        read(desk)


def test_stamps_with_fractions_are_read_by_whole_seconds() -> None:
    desk = Desk(a=1.1, b=1.2, c=1.7, d=1.9, e=2.5)
    parts = read(desk, page_size=2)
    assert keys(parts) == list("abcde")
    assert all(since is None or since.microsecond == 0 for since, _, _ in desk.asked)


def test_pages_that_rows_are_hidden_from_are_not_the_last_ones() -> None:
    desk = Desk(**{f"t{number}": number // 5 for number in range(9)})
    desk.hides = {"t1", "t3", "t4", "t6"}
    assert keys(read(desk, short_pages=True)) == ["t0", "t2", "t5", "t7", "t8"]


# Lookback, broken runs, clocks


def test_lookback_is_applied_at_the_start_of_a_run_alone() -> None:
    desk = Desk(a=1, b=2, c=3, d=4, e=5, f=6)
    read(desk, {"since": "2026-11-22T17:00:06Z", "at": None}, page_size=2, lookback=timedelta(seconds=4))
    assert [since for since, _, _ in desk.asked][:2] == [at(2), at(3)]


def test_a_run_that_was_cut_off_near_the_present_reads_what_came_up_behind_its_place() -> None:
    desk = Desk(a=1, b=2, c=3, d=4, e=5, f=6)
    desk.now = at(6)
    parts = desk.keyset(2, lookback=timedelta(seconds=5)).parts({})
    broken = [next(parts), next(parts)]
    assert broken[-1].cursor == {"since": "2026-11-22T17:00:03Z", "at": "2026-11-22T17:00:01Z"}
    desk.tickets |= {"late": at(2.5), "g": at(20), "h": at(30)}
    desk.now = at(40)
    rest = read(desk, broken[-1].cursor, page_size=2, lookback=timedelta(seconds=5))
    later = read(desk, rest[-1].cursor, page_size=2, lookback=timedelta(seconds=5))
    assert set(keys(broken) + keys(rest) + keys(later)) == set(desk.tickets)


def test_a_run_that_is_cut_off_again_and_again_comes_to_its_end() -> None:
    desk = Desk(**{f"t{number:02}": number for number in range(40)})
    cursor: dict[str, str | None] = {}
    found: set[str] = set()
    for moment in range(40, 80):
        desk.now = at(moment)
        parts = desk.keyset(5, lookback=timedelta(seconds=10)).parts(cursor)
        part = next(parts)
        found |= set(keys([part]))
        cursor = part.cursor
    assert found == set(desk.tickets)
    assert cursor["at"] is None


def test_a_run_that_was_broken_off_goes_on_from_its_place_without_lookback() -> None:
    desk = Desk(a=1, b=2, c=3, d=4, e=5, f=6)
    kept = {"since": "2026-11-22T17:00:06Z", "at": None}
    parts = desk.keyset(2, lookback=timedelta(seconds=5)).parts(kept)
    broken = [next(parts), next(parts)]
    assert broken[-1].cursor == {"since": "2026-11-22T17:00:06Z", "at": "2026-11-22T17:00:03Z"}
    desk.asked.clear()
    rest = read(desk, broken[-1].cursor, page_size=2, lookback=timedelta(seconds=5))
    assert desk.asked[0][0] == at(3)
    assert set(keys(broken) + keys(rest)) == set("abcdef")
    assert rest[-1].cursor == kept


def test_a_cursor_never_goes_beyond_the_clock_of_the_source() -> None:
    desk = Desk(now=10, future=9000)
    desk.now = at(12)
    (part,) = read(desk)
    assert part.cursor["since"] == "2026-11-22T17:00:12Z"
    desk.tickets["next"] = at(13)
    assert keys(read(desk, part.cursor)) == ["next", "future"]


def test_a_cursor_never_goes_beyond_our_clock_either() -> None:
    desk = Desk(ahead=7200)
    desk.now, desk.ours = at(7201), at(3600)
    (part,) = read(desk)
    assert part.cursor["since"] == "2026-11-22T18:00:00Z"
    desk.now, desk.tickets["right"] = at(3601), at(3601)
    assert keys(read(desk, part.cursor)) == ["right", "ahead"]


def test_a_clock_that_was_set_back_takes_the_cursor_with_it() -> None:
    desk = Desk(a=100)
    desk.now = at(50)
    (part,) = read(desk, {"since": "2026-11-22T17:01:40Z", "at": None})
    assert part.cursor["since"] == "2026-11-22T17:00:50Z"


# What was not asked for


def test_a_row_older_than_asked_fails_the_run_with_its_key() -> None:
    desk = Desk(old=1, new=50)
    keyset = desk.keyset(fetch=lambda since, size, offset: desk.fetch(None, size, offset), hint="is it UTC?")
    with pytest.raises(FilterIgnored) as ignored:
        list(keyset.parts({"since": "2026-11-22T17:00:30Z"}))
    assert str(ignored.value) == (
        "the filter was ignored: ticket old changed at 2026-11-22T17:00:01Z, asked was for 2026-11-22T17:00:30Z or"
        " later; is it UTC?"
    )


def test_rows_in_another_order_fail_the_run() -> None:
    desk = Desk(a=1, b=2, c=3)
    keyset = desk.keyset(fetch=lambda since, size, offset: desk.fetch(since, size, offset)[::-1])
    with pytest.raises(FilterIgnored, match="the order was ignored: ticket b changed at 2026-11-22T17:00:02Z"):
        list(keyset.parts({}))


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 9])
def test_a_source_that_looks_back_further_than_asked_is_read_whole_and_no_ticket_twice(page_size: int) -> None:
    """To the second, from the second before: as a system does that keeps fractions which it does not show."""
    desk = Desk(a=1, b=1, c=1, d=2, e=2, f=3, g=3, h=3, i=7)
    desk.early = timedelta(seconds=1)
    parts = read(desk, page_size=page_size, slack=timedelta(seconds=1))
    assert keys(parts) == list("abcdefghi")
    assert parts[-1].cursor == {"since": "2026-11-22T17:00:07Z", "at": None}
    with pytest.raises(FilterIgnored, match="the filter was ignored: ticket"):
        read(desk, {"since": "2026-11-22T17:00:03Z", "at": None}, page_size=page_size)


def test_a_place_does_not_move_back_with_a_source_that_looks_back() -> None:
    desk = Desk(a=1, b=1, c=1, d=2)
    desk.early = timedelta(seconds=1)
    slack = timedelta(seconds=1)
    first = next(iter(desk.keyset(page_size=2, slack=slack).parts({"since": "2026-11-22T17:00:02Z", "at": None})))
    assert first.cursor["since"] == "2026-11-22T17:00:02Z"
    assert set(keys([first, *read(desk, first.cursor, page_size=2, slack=slack)])) == set(desk.tickets)


@pytest.mark.parametrize("short_pages", [False, True])
@pytest.mark.parametrize("heeds_size", [False, True])
def test_a_source_that_ignores_the_offset_is_not_asked_without_end(short_pages: bool, heeds_size: bool) -> None:
    desk = Desk(**{f"t{number}": 0 for number in range(8)})

    def fetch(since: datetime | None, size: int, offset: int) -> Sequence[Ticket]:
        return desk.fetch(since, size if heeds_size else 100, 0)

    with pytest.raises(FilterIgnored, match="the paging was ignored: two pages have the same tickets, from t0 on"):
        read(desk, fetch=fetch, short_pages=short_pages)
    assert len(desk.asked) <= 3


@pytest.mark.parametrize("precision", [timedelta(seconds=1), timedelta(days=7)])
def test_a_stamp_at_the_beginning_of_time_is_looked_back_from_no_further(precision: timedelta) -> None:
    desk = Desk(blank=(datetime.min.replace(tzinfo=UTC) - BEGIN).total_seconds())
    looking_back = desk.keyset(lookback=timedelta(minutes=1), slack=timedelta(seconds=1), precision=precision)
    (first,) = looking_back.parts({})
    assert keys([first]) == ["blank"]
    for cursor in (first.cursor, {"since": first.cursor["since"], "at": first.cursor["since"]}):
        assert keys(list(looking_back.parts(cursor))) == ["blank"]


@pytest.mark.parametrize("first", [datetime.min.replace(tzinfo=UTC), datetime(1, 1, 1, 23, tzinfo=UTC)])
def test_rows_of_the_first_day_are_read_page_after_page_and_nobody_is_asked_for_that_day(first: datetime) -> None:
    desk = Desk()
    desk.tickets = {f"t{number}": first for number in range(5)} | {"last": at(1)}
    parts = read(desk, page_size=2)
    assert sorted(keys(parts)) == ["last", "t0", "t1", "t2", "t3", "t4"]
    assert all(since is None or since.year > 1 for since, _, _ in desk.asked)
    resumed = read(desk, parts[0].cursor, page_size=2)
    assert set(keys(parts[:1])) | set(keys(resumed)) == set(desk.tickets)
