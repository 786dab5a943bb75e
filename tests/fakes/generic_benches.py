"""Benches for adapters that read no product: what the conformance suite does to the folder or server it reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import adapters.files
import adapters.rest
import adapters.tmf656
from hub.ports import Record, Source
from tests.fakes.desk_api import DeskApi
from tests.fakes.peers import PeerHub
from tests.rooms import report

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


class FilesBench:
    """A folder with one log: a row for each change of a ticket."""

    system = "files"
    tried = "files in a folder"

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

    def __init__(self, api: DeskApi) -> None:
        self.api = api
        self.url = api.url

    def source(self, **options: Any) -> Source:
        own: dict[str, Any] = {
            "url": self.url,
            "path": "tickets",
            "items": "data.tickets",
            "key": ["id"],
            "stamp": "updated_at",
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

    def put_on_one_stamp(self) -> None:
        for ticket in self.api.tickets.values():
            ticket["updated_at"] = START.isoformat()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


class Tmf656Bench:
    """A hub that other tests use too: what is read of it is what one system, ours, has told it."""

    system = "tmf656"
    tried = "another qos-hub"

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

    def put_on_one_stamp(self) -> None:
        """They were created in one transaction, and so in one instant."""

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])


@contextmanager
def files_bench(folder: Path) -> Iterator[FilesBench]:
    yield FilesBench(folder)


@contextmanager
def rest_bench(folder: Path) -> Iterator[RestBench]:
    with DeskApi() as api:
        yield RestBench(api)
