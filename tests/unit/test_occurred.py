"""Which instant a change gets: the one that its ticket tells, or the one at which it was seen."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.intake.mapping import Rendered
from hub.intake.observe import Changed
from hub.intake.occurred import occurred
from hub.model.problem import Problem, Status
from hub.model.times import to_micros, to_text
from hub.ports import Record
from hub.store.records import Standing
from hub.store.sources import Item

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


NOW = at(60)
FIRST = Standing(Status.IN_PROGRESS, "desk", "open", to_micros(at(0)))


def dated(
    *,
    stamp: float = 0,
    event: float | None = None,
    status: Status | None = Status.HELD,
    word: str = "held",
    log: bool = False,
    known: float | None = 0,
    last: Standing = FIRST,
) -> float:
    """Minutes after noon of a change with this stamp, of a ticket that is known by an earlier one."""
    changed = Changed(
        record=Record(key="1", updated=at(stamp), data={}, log=log),
        digest=b"now",
        rendered=Rendered(
            document={}, status=status, source_status=word, event_time=None if event is None else at(event)
        ),
    )
    item = None
    before = None
    if known is not None:
        item = Item(problem_id="p1", digest=b"before", updated=to_micros(at(known)), missed=0, gone=False)
        since = to_text(NOON + timedelta(microseconds=last.event_time - to_micros(NOON)))
        before = Problem(id="p1", document={"status": last.status, "statusChangeDate": since}, sequence=1)
    found = occurred(changed, item, before, lambda _: last, source="desk", now=NOW)
    return (found - NOON) / timedelta(minutes=1)


def said(minutes: float, *, source: str | None = "desk", word: str | None = "held") -> Standing:
    return Standing(Status.HELD, source, word, to_micros(at(minutes)))


@pytest.mark.parametrize(
    ("minutes", "case"),
    [
        (0, {"known": None}),
        (0, {"log": True}),
        (5, {"stamp": 5}),
        (4, {"stamp": 5, "event": 4}),
        (60, {"stamp": 90}),
    ],
    ids=["the first", "a log", "a later stamp", "a time of its own", "a stamp ahead"],
)
def test_what_a_ticket_tells_of_this_change_is_its_time(minutes: float, case: dict[str, float]) -> None:
    assert dated(**case) == minutes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "case",
    [{}, {"stamp": -5}, {"event": 0}, {"event": -3}, {"status": Status.IN_PROGRESS, "word": "open"}],
    ids=["its stamp", "an older stamp of what is listed", "its event time", "an older one", "another attribute"],
)
def test_a_change_under_the_stamp_of_the_one_before_came_to_pass_when_it_was_seen(case: dict[str, float]) -> None:
    assert dated(**case) == 60  # type: ignore[arg-type]


def test_a_later_time_of_its_own_counts_under_an_old_stamp_too() -> None:
    assert dated(event=3) == 3


def test_a_time_that_the_change_before_had_is_not_one_of_this_one() -> None:
    assert dated(event=3, status=Status.IN_PROGRESS, word="open", last=said(3)) == 60


def test_nothing_is_seen_before_the_last_change_of_the_status() -> None:
    assert dated(last=said(63, source=None, word=None)) == 63


def test_a_later_stamp_is_not_before_what_was_seen() -> None:
    assert dated(stamp=10, status=Status.RESOLVED, word="done", last=said(20)) == 20
    assert dated(stamp=30, status=Status.RESOLVED, word="done", last=said(20)) == 30


def test_a_source_that_tells_an_earlier_time_of_its_own_is_believed() -> None:
    assert dated(stamp=30, known=20, event=5, status=Status.RESOLVED, word="done", last=said(20)) == 5


def test_what_a_client_has_changed_is_no_sight_of_the_ticket() -> None:
    assert dated(stamp=10, status=Status.RESOLVED, word="done", last=said(20, source=None, word=None)) == 10


def test_the_same_word_read_otherwise_has_been_there_since_its_stamp() -> None:
    assert dated(word="open") == 0
    assert dated(word="held", status=Status.PENDING, last=said(20)) == 20


def test_the_same_word_after_a_change_by_a_client_is_news() -> None:
    assert dated(status=Status.IN_PROGRESS, word="open", last=said(20, source=None, word=None)) == 60
