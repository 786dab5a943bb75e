"""Benches for adapters that read no product: what the conformance suite does to the folder or server it reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import adapters.files
import adapters.rest
import adapters.sql
import adapters.tmf621
import adapters.tmf642
import adapters.tmf656
from hub.ports import Record, Source
from tests.fakes.desk_api import DeskApi
from tests.fakes.peers import PeerHub
from tests.fakes.ticket_table import TicketTable
from tests.fakes.tmf_server import TmfServer
from tests.real.middleman import Middleman
from tests.rooms import report

LOGIN = ("Authorization", "Basic aHViOnJlYWRz")
"""What hub says with the password reads."""
START = datetime(2026, 11, 22, 10, tzinfo=UTC)
NO_MERGE = "the standard has no merging"


class FilesBench:
    """A folder with one log: a row for each change of a ticket."""

    system = "files"
    tried = "files in a folder"
    cannot: ClassVar = {
        "delete": "a log of changes keeps them; a column may say it, and then it is a change",
        "merge": "a log of changes keeps them",
    }

    def __init__(self, folder: Path) -> None:
        self.file = folder / "log.ndjson"
        self._folder = folder
        self._rows: list[dict[str, Any]] = []

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

    def name_of(self, record: Record) -> str:
        return str(record.data["short_description"])

    def _add(self, **row: str) -> None:
        stamp = START + timedelta(seconds=len(self._rows))
        self._rows.append(row | {"sys_updated_at": stamp.isoformat()})
        with self.file.open("a") as file:
            file.write(f"{json.dumps(self._rows[-1])}\n")


class RestBench:
    """An API that gives what changed in order, by offset."""

    system = "rest"
    tried = "an API of the tests' own"
    cannot: ClassVar = {"merge": "to the adapter it is one more that is deleted"}

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

    def put_on_one_stamp(self) -> None:
        for ticket in self.api.tickets.values():
            ticket["updated_at"] = START.isoformat()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


class Tmf656Bench:
    """A hub that other tests use too: what is read of it is what one system, ours, has told it."""

    system = "tmf656"
    tried = "another qos-hub"
    cannot: ClassVar = {
        "wrong_login": "a hub without keys, on this machine alone, asks for none",
        "merge": NO_MERGE,
    }

    def __init__(self, hub: PeerHub) -> None:
        self.hub = hub
        self.url = hub.url
        self.origin = f"desk-{uuid4().hex[:8]}"
        self._ids: dict[str, str] = {}

    def source(self, **options: Any) -> Source:
        own = {
            "url": self.url,
            "own_systems": ["nobody"],
            "query": {"originatingSystem": self.origin},
            "max_wait": 20,
        }
        return adapters.tmf656.make("peer", own | options)

    def create(self, *names: str) -> None:
        made = self.hub.add(*(report(name=name, originatingSystem=self.origin) for name in names))
        self._ids |= {one["name"]: one["id"] for one in made}

    def change(self, name: str) -> None:
        self.hub.server.client.patch(self._ids[name], status="inProgress")

    def ignore_filters(self, middleman: Middleman) -> None:
        middleman.forgets = "lastUpdate.gte=[^&]*&?"

    def delete(self, name: str) -> None:
        client = self.hub.server.client
        assert client.call("DELETE", f"{client.face}/serviceProblem/{self._ids[name]}").status_code == 204

    def put_on_one_stamp(self) -> None:
        """They were created in one transaction, and so in one instant."""

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])


class SqlBench:
    """A table of SQLite."""

    system = "sql"
    tried = "SQLite, and a running PostgreSQL"
    cannot: ClassVar = {
        "delete": "a row that is deleted leaves no trace; a column may say it, and then it is a change",
        "merge": "a table keeps its rows",
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

    def put_on_one_stamp(self) -> None:
        self.table.run("UPDATE ticket SET changed_at = '2026-11-22 10:00:00.000000'")

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


class Tmf621Bench:
    """Trouble tickets of version 4."""

    system = "tmf621"
    cannot: ClassVar = {"merge": NO_MERGE}

    def __init__(self, server: TmfServer, folder: Path) -> None:
        self.server = server
        self.url = server.url
        self.server.login = LOGIN[1]
        self._password = folder / "password"
        self._password.write_text("reads")

    def source(self, **options: Any) -> Source:
        return adapters.tmf621.make("peer", self.writing | options)

    @property
    def writing(self) -> dict[str, Any]:
        who = {"username": "hub", "password": f"file:{self._password}"}
        return {"url": self.url, "own_systems": ["us"], "max_wait": 20, **who}

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def ignore_filters(self, middleman: Middleman) -> None:
        self.server.filters = False

    def delete(self, name: str) -> None:
        del self.server.rows[name]

    def texts_in(self, key: str) -> list[str]:
        return [note["text"] for note in self.server.rows[key].get("note", ())]

    def create(self, *names: str) -> None:
        for name in names:
            self.server.put(name, name=name, status="Acknowledged")

    def change(self, name: str) -> None:
        self.server.put(name, status="InProgress")

    def put_on_one_stamp(self) -> None:
        for row in self.server.rows.values():
            row[self.server.stamp] = "2026-11-22T10:00:00Z"

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])


class Tmf642Bench(Tmf621Bench):
    """Alarms of version 4."""

    system = "tmf642"

    def source(self, **options: Any) -> Source:
        return adapters.tmf642.make("peer", self.writing | options)

    def create(self, *names: str) -> None:
        for name in names:
            self.server.put(name, specificProblem=name, state="raised", perceivedSeverity="major")

    def change(self, name: str) -> None:
        self.server.put(name, ackState="acknowledged")

    def name_of(self, record: Record) -> str:
        return str(record.data["specificProblem"])


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


@contextmanager
def tmf621_bench(folder: Path) -> Iterator[Tmf621Bench]:
    with TmfServer("/tmf-api/troubleTicket/v4", "troubleTicket") as server:
        yield Tmf621Bench(server, folder)


@contextmanager
def tmf642_bench(folder: Path) -> Iterator[Tmf642Bench]:
    with TmfServer("/tmf-api/alarmManagement/v4", "alarm", stamp="alarmChangedTime") as server:
        yield Tmf642Bench(server, folder)
