"""A log that is read again, in which a ticket has several rows of one minute: what it repeats changes nothing."""

from pathlib import Path
from typing import Any, cast

import pytest

import adapters.files
from hub.model.event import Record
from hub.store.sources import Resync
from tests.fakes.intake_bench import SOURCE, Bench
from tests.fakes.trouble_system import ManualClock, TroubleSystem

HEADER = "id,changed,state,title\n"
SAME_MINUTE = (
    ("new", "16:00", "Line dead"),
    ("working", "16:05", "Line dead"),
    ("working", "16:05", "Line cut"),
    ("done", "16:05", "Line cut"),
)


class Log:
    """A CSV file that is brought again and again, and the hub that reads its folder."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "log"
        self.folder.mkdir()
        options: dict[str, Any] = {"folder": str(self.folder), "format": "csv", "key": ["id"], "stamp": "changed"}
        source = adapters.files.make("log", options)
        self.bench = Bench(path, ManualClock(), cast("TroubleSystem", source), backfill_notify=True)

    def bring(self, *rows: tuple[str, str, str], name: str = "a.csv") -> None:
        """The whole file under the name, as another file."""
        new = self.folder / ".new"
        lines = [f"1,2026-11-22T{at}:00Z,{state},{title}\n" for state, at, title in rows]
        new.write_text(HEADER + "".join(lines))
        new.rename(self.folder / name)

    def read(self, *rows: tuple[str, str, str], name: str = "a.csv") -> tuple[list[str], list[Record]]:
        """What listeners are told when the file is brought and read, and the history after it."""
        self.bring(*rows, name=name)
        heard = len(self.bench.told())
        self.bench.poll()
        assert self.bench.row.error is None
        return [kind for kind, _ in self.bench.told()[heard:]], self.bench.history()

    @property
    def status(self) -> str:
        status: str = self.bench.report("1")["status"]
        return status


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


@pytest.mark.parametrize("later", [(), (("closed", "16:10", "Line cut"),)])
@pytest.mark.parametrize("name", ["a.csv", "b.csv"])
def test_a_log_that_is_brought_again_changes_nothing(log: Log, later: Any, name: str) -> None:
    rows = (*SAME_MINUTE, *later)
    told, history = log.read(*rows)
    assert told[:4] == ["Create", "StateChange", "AttributeValueChange", "StateChange"]
    status = log.status
    for _ in range(3):
        assert log.read(*rows, name=name) == ([], history)
    log.bench.restart()
    assert log.read(*rows, name=name) == ([], history)
    assert log.status == status


def test_what_a_log_says_anew_of_the_minute_that_it_repeats_is_news(log: Log) -> None:
    _, history = log.read(*SAME_MINUTE)
    told, now = log.read(*SAME_MINUTE, ("closed", "16:05", "Line cut"))
    assert (told, now[:-1], log.status) == (["StateChange"], history, "closed")


def test_a_status_that_a_ticket_had_before_and_after_in_one_minute_is_not_told_twice(log: Log) -> None:
    rows = (
        ("working", "16:00", "a"),
        ("waiting", "16:05", "b"),
        ("working", "16:05", "c"),
        ("done", "16:10", "d"),
    )
    _, history = log.read(*rows)
    assert [row.to_status for row in history if row.to_status] == [
        "inProgress",
        "pending",
        "inProgress",
        "resolved",
    ]
    assert log.read(*rows) == ([], history)


def test_a_row_that_left_the_status_is_no_change_of_status_when_it_is_read_again(log: Log) -> None:
    rows = (
        ("working", "16:00", "a"),
        ("working", "16:05", "b"),
        ("done", "16:05", "b"),
        ("closed", "16:10", "b"),
    )
    _, history = log.read(*rows)
    assert log.read(*rows) == ([], history)


def test_an_older_log_that_is_brought_late_has_every_change_of_a_minute_once(log: Log) -> None:
    log.read(("new", "15:00", "a"), ("closed", "16:10", "b"))
    told, history = log.read(*SAME_MINUTE, name="older.csv")
    assert told == []
    statuses = [row.to_status for row in history if row.to_status]
    assert statuses == ["acknowledged", "closed", "inProgress", "resolved"]
    assert log.read(*SAME_MINUTE, name="older.csv") == ([], history)


@pytest.mark.parametrize("since", [None, "2026-11-22T16:05:00Z"])
def test_a_resync_of_a_log_changes_nothing(log: Log, since: str | None) -> None:
    _, history = log.read(*SAME_MINUTE)
    resync = Resync(id="r1", since=since, notify=True)
    heard = len(log.bench.told())
    log.bench.store.write(lambda tables: tables.sources.set_resync(SOURCE, resync))
    log.bench.poll(2)
    assert log.bench.row.resync is None
    assert (log.bench.told()[heard:], log.bench.history()) == ([], history)
