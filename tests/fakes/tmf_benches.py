"""Benches for the adapters of TMF peers: what the suite does to another hub, or to a server of one resource."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import adapters.tmf621
import adapters.tmf642
import adapters.tmf656
from hub.model.problem import Status
from hub.ports import Record, Source
from tests.fakes.generic_benches import LOGIN
from tests.fakes.peers import PeerHub
from tests.fakes.tmf_server import TmfServer
from tests.real.middleman import Middleman
from tests.rooms import report

TROUBLE_TICKET = ["acknowledged", "rejected", "pending", "held", "inProgress", "resolved", "closed", "cancelled"]
"""The statuses of a trouble ticket in versions 4 and 5 of TMF621."""
NO_MERGE = "the standard has no merging"


class Tmf656Bench:
    """A hub that other tests use too: what is read of it is what one system, ours, has told it."""

    system = "tmf656"
    tried = "another qos-hub"
    cannot: ClassVar = {
        "wrong_login": "a hub without keys, on this machine alone, asks for none",
        "merge": NO_MERGE,
        "shift_clock": "its clock is this machine's; what reads it is tried on the servers of tmf621 and tmf642",
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

    def restart(self) -> None:
        self.hub.server.stop()
        self.hub.server.start()

    def status_words(self) -> list[str]:
        return [*Status]

    def put_on_one_stamp(self) -> None:
        """They were created in one transaction, and so in one instant."""

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])


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

    def restart(self) -> None:
        self.server.restart()

    def shift_clock(self, seconds: float) -> None:
        self.server.shift_clock(seconds)

    def status_words(self) -> Sequence[str]:
        return TROUBLE_TICKET

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
    cannot: ClassVar = {"merge": NO_MERGE, "status_words": "the standard leaves them free"}

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
def tmf621_bench(folder: Path) -> Iterator[Tmf621Bench]:
    with TmfServer("/tmf-api/troubleTicket/v4", "troubleTicket") as server:
        yield Tmf621Bench(server, folder)


@contextmanager
def tmf642_bench(folder: Path) -> Iterator[Tmf642Bench]:
    with TmfServer("/tmf-api/alarmManagement/v4", "alarm", stamp="alarmChangedTime") as server:
        yield Tmf642Bench(server, folder)
