"""What a page brings is written together: the rows of the store are those of pages with one record each."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hub.ports import Page, Record
from tests.fakes.intake_bench import Bench
from tests.fakes.trouble_system import START, ManualClock, TroubleSystem

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_THE_POLL = ("run", "_sqlite_migrations", "sqlite_sequence")
"""What tells how it was polled, or how the tables came to be."""


class Log(TroubleSystem):
    """Tells the same rows at each pull, several of one ticket among them."""

    rows: tuple[Record, ...] = ()

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        for start in range(0, len(self.rows), self.page_size):
            yield Page(records=self.rows[start : start + self.page_size], cursor={"read": len(self.rows)})


def drawn(seed: int) -> tuple[Record, ...]:
    """Rows of a few tickets: most in order, some late, some twice, some of what is gone or comes back."""
    random = Random(seed)
    rows: list[Record] = []
    for minute in range(150):
        if rows and random.random() < 0.05:
            rows.append(random.choice(rows))
            continue
        key = str(random.randrange(20))
        data = {
            "id": key,
            "title": f"Ticket {random.randrange(3)} of {key}",
            "state": random.choice(("new", "working", "waiting", "done", "closed", "lost")),
            "urgency": random.choice(("high", "normal")),
            "service": f"iptv-{random.randrange(4)}",
            "comments": [{"id": f"c{n}", "text": f"said {n}"} for n in range(random.randrange(3))],
        }
        late = timedelta(minutes=random.choice((0, 0, 0, 40)))
        stamp = START - timedelta(days=1) + timedelta(minutes=minute) - late
        rows.append(Record(key=key, updated=stamp, data=data, gone=random.random() < 0.05))
    return tuple(rows)


def rows_of(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """{table: its rows}, with each identifier as the number of its first appearance."""
    numbers: dict[str, str] = {}

    def shown(value: Any) -> Any:
        if isinstance(value, bytes) and value[:1] == b"{":
            value = value.decode()
        if not isinstance(value, str):
            return value
        return UUID.sub(lambda found: numbers.setdefault(found[0], f"id {len(numbers)}"), value)

    with closing(sqlite3.connect(bench.store.database)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        tables = [name for (name,) in named if name not in OF_THE_POLL]
        tables.sort(key=lambda name: name != "problem")
        found = {name: connection.execute(f"SELECT * FROM {name}") for name in tables}
        return {name: [tuple(map(shown, row)) for row in rows] for name, rows in found.items()}


def left_by(folder: Path, rows: tuple[Record, ...], page_size: int) -> dict[str, list[tuple[Any, ...]]]:
    folder.mkdir()
    clock = ManualClock()
    log = Log(clock, page_size=page_size)
    log.rows = rows
    bench = Bench(folder, clock, log, backfill_notify=True)
    bench.store.write(lambda tables: tables.problems.paths.declare(["affectedService.id", "note.id"]))
    bench.poll()
    left = rows_of(bench)
    bench.store.close()
    return left


@pytest.mark.parametrize("seed", range(4))
def test_a_log_leaves_the_same_rows_in_one_page_and_in_pages_of_few_rows(tmp_path: Path, seed: int) -> None:
    rows = drawn(seed)
    singly, together = left_by(tmp_path / "singly", rows, 1), left_by(tmp_path / "together", rows, len(rows))
    few = left_by(tmp_path / "few", rows, 7)
    assert len(singly["problem"]) > 10
    assert len(singly["problem_record"]) > 100
    assert len(singly["event"]) > 80
    assert len(singly["problem_path"]) > 20
    for table in singly:
        assert together[table] == singly[table], table
        assert few[table] == singly[table], table
