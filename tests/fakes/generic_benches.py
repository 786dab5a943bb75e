"""Benches for adapters that read no product: what the conformance suite does to the folder or server it reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import adapters.files
import adapters.rest
import adapters.sql
import adapters.tmf621
import adapters.tmf642
import adapters.tmf656
from hub.ports import Record, Source
from tests.fakes.desk_api import DeskApi
from tests.fakes.ticket_table import TicketTable
from tests.real.middleman import Middleman

LOGIN = ("Authorization", "Basic aHViOnJlYWRz")
"""What hub says with the password reads."""
START = datetime(2026, 11, 22, 10, tzinfo=UTC)
OWN_WORDS = "its words are each site's own"


class FilesBench:
    """A folder with one log: a row for each change of a ticket."""

    system = "files"
    tried = "files in a folder"
    cannot: ClassVar = {
        "delete": "a log of changes keeps them; a column may say it, and then it is a change",
        "merge": "a log of changes keeps them",
        "restart": "a folder has no program",
        "status_words": OWN_WORDS,
    }

    def __init__(self, folder: Path) -> None:
        self.file = folder / "log.ndjson"
        self._folder = folder
        self._rows: list[dict[str, Any]] = []
        self._start = START

    def source(self, **options: Any) -> Source:
        own = {"folder": str(self._folder), "format": "ndjson", "key": ["number"], "stamp": "sys_updated_at"}
        return adapters.files.make("log", own | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._add(number=f"INC-{name}", short_description=name, incident_state="New")

    def change(self, name: str) -> None:
        self._add(number=f"INC-{name}", short_description=name, incident_state="Active")

    def put_on_one_stamp(self) -> None:
        for row in self._rows:
            row["sys_updated_at"] = START.isoformat()
        self.file.write_text("".join(f"{json.dumps(row)}\n" for row in self._rows))

    def shift_clock(self, seconds: float) -> None:
        self._start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds - len(self._rows))

    def name_of(self, record: Record) -> str:
        return str(record.data["short_description"])

    def _add(self, **row: str) -> None:
        stamp = self._start + timedelta(seconds=len(self._rows))
        self._rows.append(row | {"sys_updated_at": stamp.isoformat()})
        with self.file.open("a") as file:
            file.write(f"{json.dumps(self._rows[-1])}\n")


class RestBench:
    """An API that gives what changed in order, by offset."""

    system = "rest"
    tried = "an API of the tests' own"
    cannot: ClassVar = {"merge": "to the adapter it is one more that is deleted", "status_words": OWN_WORDS}

    def __init__(self, api: DeskApi, folder: Path) -> None:
        self.api = api
        self.url = api.url
        self.api.login = LOGIN
        self._password = folder / "password"
        self._password.write_text("reads")

    def source(self, **options: Any) -> Source:
        own: dict[str, Any] = {
            "url": self.url,
            "username": "hub",
            "password": f"file:{self._password}",
            "path": "tickets",
            "items": "data.tickets",
            "key": ["id"],
            "stamp": "updated_at",
            "gone": "deleted",
            "paging": {"kind": "offset", "parameter": "offset", "size_parameter": "limit", "short_last": True},
            "changes": {"parameter": "since", "sorted": True, "lookback": 1},
            "max_wait": 20,
        }
        return adapters.rest.make("desk", own | options)

    def create(self, *names: str) -> None:
        for name in names:
            self.api.put(name, title=name, state="new")

    def change(self, name: str) -> None:
        self.api.put(name, state="working")

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def ignore_filters(self, middleman: Middleman) -> None:
        middleman.forgets = "since=[^&]*&?"

    def delete(self, name: str) -> None:
        self.api.put(name, deleted=True)

    def restart(self) -> None:
        self.api.restart()

    def shift_clock(self, seconds: float) -> None:
        self.api.shift_clock(seconds)

    def put_on_one_stamp(self) -> None:
        for ticket in self.api.tickets.values():
            ticket["updated_at"] = START.isoformat()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


class SqlBench:
    """A table of SQLite."""

    system = "sql"
    tried = "SQLite, and a running PostgreSQL"
    cannot: ClassVar = {
        "delete": "a row that is deleted leaves no trace; a column may say it, and then it is a change",
        "merge": "a table keeps its rows",
        "restart": "a file has no program",
        "status_words": OWN_WORDS,
    }

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder / 'desk.db'}"
        self.table = TicketTable(self._url)

    def source(self, **options: Any) -> Source:
        own = {
            "url": self._url,
            "table": "ticket",
            "key": ["ticket_id"],
            "stamp": "changed_at",
            "times": ["opened_at"],
        }
        return adapters.sql.make("desk", own | options)

    def create(self, *names: str) -> None:
        for name in names:
            self.table.put(name, title=name, state="NEW")

    def change(self, name: str) -> None:
        self.table.put(name, state="WORK")

    def shift_clock(self, seconds: float) -> None:
        self.table.shift_clock(seconds)

    def put_on_one_stamp(self) -> None:
        self.table.run("UPDATE ticket SET changed_at = '2026-11-22 10:00:00.000000'")

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


@contextmanager
def files_bench(folder: Path) -> Iterator[FilesBench]:
    yield FilesBench(folder)


@contextmanager
def rest_bench(folder: Path) -> Iterator[RestBench]:
    with DeskApi() as api:
        yield RestBench(api, folder)


@contextmanager
def sql_bench(folder: Path) -> Iterator[SqlBench]:
    bench = SqlBench(folder)
    yield bench
    bench.table.close()
