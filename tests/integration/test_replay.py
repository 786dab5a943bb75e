"""An incident log replays through the hub: a report a ticket, and its history at the times of the log."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pytest

import adapters.files
from hub.intake.mapping_file import load_mapping
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.model.times import to_micros
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock

MAPPING = Path(__file__).parents[2] / "config/sources/files.yaml"
LOG = (Path(__file__).parents[2] / "../shared/data/uci498_servicenow/incident_event_log.zip").resolve()
ROWS = 6_000
"""Of a log with 141,712: what takes a few seconds."""
FORM = "%d/%m/%Y %H:%M"
Row = dict[str, str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "hub.db", synchronous="NORMAL")
    yield made
    made.close()


def replay(folder: Path, store: Store) -> SourcePoll:
    """One poll of the folder, by the shipped mapping."""
    clock = ManualClock()
    options = {"folder": str(folder), "format": "csv", "key": ["number"], "stamp": "sys_updated_at"}
    poll = SourcePoll(
        source=adapters.files.make("log", options | {"stamp_format": FORM, "times": ["opened_at"]}),
        reader=Reader(source="log", mapping=load_mapping(MAPPING)),
        store=store,
        rules=make_rules(clock).sources,
        clock=clock,
        absent_polls=2,
        backfill_notify=False,
    )
    store.write(lambda tables: tables.sources.ensure("log", "files"))
    row = store.read.sources.get("log")
    assert row is not None
    assert poll.run(row, lambda: False)
    return poll


def write(file: Path, rows: Sequence[Row]) -> None:
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, tuple(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def history(store: Store) -> dict[str, list[tuple[str, int]]]:
    """{ticket: (source's word, time) of each change of its status}, in the order of time."""
    records = store.read.records.page(None, offset=0, limit=1_000_000).rows
    changes = [record for record in records if record.to_status not in (None, record.from_status)]
    told: dict[str, list[tuple[str, int]]] = {}
    for record in sorted(changes, key=lambda record: (record.event_time, record.sequence)):
        told.setdefault(record.problem_id, []).append((str(record.source_status), record.event_time))
    found = {}
    for key in store.read.sources.present("log"):
        stored = store.read.problems.get_by_source("log", key)
        assert stored is not None
        found[key] = told[stored.problem.id]
    return found


def expected(rows: Sequence[Row]) -> dict[str, list[tuple[str, int]]]:
    """The same by the log alone."""
    words = load_mapping(MAPPING).fields["status"].table  # type: ignore[union-attr]
    assert words is not None
    found: dict[str, list[tuple[str, int]]] = {}
    for number, own in groupby(rows, key=lambda row: row["number"]):
        known = [(row["incident_state"], when(row)) for row in own if row["incident_state"] in words]
        found[number] = [next(same) for _, same in groupby(known, key=lambda change: words[change[0]])]
    return found


def when(row: Row) -> int:
    return to_micros(datetime.strptime(f"{row['sys_updated_at']} +0000", f"{FORM} %z"))


def invented(number: str, *changes: tuple[str, str]) -> list[Row]:
    return [
        {
            "number": number,
            "incident_state": state,
            "opened_at": "3/5/2026 08:00",
            "sys_updated_at": f"3/5/2026 {time}",
        }
        for state, time in changes
    ]


def test_the_history_has_every_change_at_its_own_time_also_of_a_row_that_comes_late(
    tmp_path: Path, store: Store
) -> None:
    first = invented("INC1", ("New", "08:01"), ("Active", "08:30"), ("Active", "09:00"), ("Resolved", "11:00"))
    second = invented(
        "INC2", ("New", "08:05"), ("Resolved", "10:00"), ("Awaiting Vendor", "09:00"), ("-100", "10:30")
    )
    write(tmp_path / "log.csv", first + second)
    poll = replay(tmp_path, store)
    found = history(store)
    assert [(word, at) for word, at in found["INC1"]] == expected(first)["INC1"]
    assert [word for word, _ in found["INC2"]] == ["New", "Awaiting Vendor", "Resolved"]
    row = store.read.sources.get("log")
    assert row is not None
    assert row.unmapped == {"status": {"-100": {"count": 1, "example": "INC2"}}}
    stored = store.read.problems.get_by_source("log", "INC2")
    assert stored is not None
    assert (stored.problem.status, stored.problem.document["creationDate"]) == (
        "resolved",
        "2026-05-03T08:00:00.000Z",
    )
    assert (poll.failed, poll.progress.records) == ({}, 8)


@pytest.mark.skipif(not LOG.is_file(), reason=f"the incident log is not here: {LOG}")
def test_a_real_incident_log_becomes_the_history_that_it_tells(tmp_path: Path, store: Store) -> None:
    rows = real_rows()
    write(tmp_path / "log.csv", rows)
    poll = replay(tmp_path, store)
    assert (poll.failed, poll.progress.records) == ({}, ROWS)
    found, told = history(store), expected(rows)
    assert found.keys() == told.keys()
    late = {key for key, changes in told.items() if changes != sorted(changes, key=lambda change: change[1])}
    assert len(late) < 5
    assert {key: found[key] for key in told if key not in late} == {
        key: told[key] for key in told if key not in late
    }


def real_rows() -> list[dict[str, Any]]:
    with zipfile.ZipFile(LOG) as archive, archive.open("incident_event_log.csv") as content:
        return list(islice(csv.DictReader(io.TextIOWrapper(content, "utf-8", newline="")), ROWS))
