"""A bench for each adapter: the adapter, a live system of its own, and what the conformance suite does to it."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import adapters.alertmanager
import adapters.icinga
import adapters.request_tracker
import adapters.request_tracker.source
import adapters.roundup
import adapters.roundup.source
from hub.demo.roundup import VERSION, Roundup
from hub.ports import Page, Record, Source
from tests.real import icinga, request_tracker
from tests.real.alertmanager import Alertmanager
from tests.real.icinga import Icinga
from tests.real.middleman import Middleman
from tests.real.request_tracker import RequestTracker

READER = "hub"
READER_PASSWORD = "reads-and-no-more"


def records(pages: Iterable[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


class RoundupBench:
    """A tracker with an ordinary user."""

    system = "roundup"
    cannot: ClassVar = {"merge": "an issue is superseded by another and stays"}
    _ahead = timedelta(0)

    def __init__(self, tracker: Roundup, password_file: Path) -> None:
        self.tracker = tracker
        self.client = tracker.client
        self.url = tracker.url
        self._password_file = password_file
        self._ids: dict[str, str] = {}
        self._more: dict[str, Any] = {}
        password_file.write_text(f"{READER_PASSWORD}\n")
        self.client.create_user(READER, READER_PASSWORD)

    def source(self, **options: Any) -> adapters.roundup.source.Roundup:
        return adapters.roundup.make("desk", self.writing | self._more | options)

    @property
    def writing(self) -> dict[str, Any]:
        return {"url": self.url, "username": READER, "password": f"file:{self._password_file}", "max_wait": 20}

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def ignore_filters(self, middleman: Middleman) -> None:
        middleman.forgets = r"(?<=[?&])activity=[^&]*&?"

    def delete(self, name: str) -> None:
        self.client.retire_issue(self._ids[name])
        self._more = {"reconcile": 0}

    def restart(self) -> None:
        self.tracker.stop()
        self.tracker.start()

    def shift_clock(self, seconds: float) -> None:
        """That of the stamps of what is created from now on."""
        self._ahead = timedelta(seconds=seconds)

    def status_words(self) -> list[str]:
        return list(self.client.statuses())

    def texts_in(self, key: str) -> list[str]:
        return self.client.messages(key)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.client.create_issue(name)
            if self._ahead:
                self.put_on_stamps({name: f"{datetime.now(UTC) + self._ahead:%Y%m%d%H%M%S.000}"})

    def change(self, name: str) -> None:
        self.client.change_issue(self._ids[name], status="in-progress")

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.put_on_stamps({"%": "20261122100000.000"})

    def put_on_stamps(self, stamps: dict[str, str]) -> None:
        """Set the activity of the issues whose title is like the key, in the tracker's own tables."""
        database = sqlite3.connect(self.tracker.home / "db" / "db")
        with database:
            for title, stamp in stamps.items():
                database.execute("update _issue set _activity = ? where _title like ?", (stamp, title))
        database.close()

    def version(self) -> str:
        return VERSION

    def limit_calls(self, calls: int, *, seconds: int) -> None:
        """From now on each user has so many calls in so many seconds."""
        self.tracker.stop()
        self.tracker.configure("web", api_calls_per_interval=str(calls), api_interval_in_sec=str(seconds))
        self.tracker.start()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])

    def middleman(self) -> Middleman:
        return Middleman(self.url)


class AlertmanagerBench:
    """An instance whose alerts are told apart by their service."""

    system = "alertmanager"
    cannot: ClassVar = {
        "wrong_login": "it asks for no login",
        "ignore_filters": "every pull asks for everything",
        "read_in_pages": "one answer has everything",
        "merge": "alerts are not merged",
        "shift_clock": "no pull asks for a stamp",
    }

    def __init__(self, instance: Alertmanager) -> None:
        self.instance = instance
        self.url = instance.url
        self._more: dict[str, Any] = {}
        self._starts = datetime(2026, 11, 22, 10, tzinfo=UTC)

    def source(self, **options: Any) -> Source:
        return adapters.alertmanager.make("prometheus", {"url": self.url, "max_wait": 20} | self._more | options)

    def version(self) -> str:
        return self.source().check().version

    def create(self, *names: str) -> None:
        for name in names:
            self.instance.fire(self._labels(name), starts=self._starts)

    def change(self, name: str) -> None:
        self.instance.silence(**self._labels(name))

    def delete(self, name: str) -> None:
        """It ends, and leaves the list, of an instance that has been told of all."""
        self.instance.resolve(self._labels(name))
        self._more = {"patience": 0}

    def restart(self) -> None:
        self.instance.restart()

    def status_words(self) -> list[str]:
        """Those of its API."""
        return ["unprocessed", "active", "suppressed"]

    def put_on_one_stamp(self) -> None:
        """They started in one instant, and the order of a snapshot has no weight."""

    def name_of(self, record: Record) -> str:
        return str(record.data["labels"]["service"])

    def middleman(self) -> Middleman:
        return Middleman(self.url)

    def _labels(self, name: str) -> dict[str, str]:
        return {"alertname": "MosLow", "service": name}


class RequestTrackerBench:
    """A queue of a tracker that others use too, and a user who only reads."""

    system = "request_tracker"
    cannot: ClassVar = {"shift_clock": "it is read by the numbers of its transactions, and not by a stamp"}

    def __init__(self, tracker: RequestTracker, password_file: Path) -> None:
        self.tracker = tracker
        self.url = tracker.url
        self.queue = f"noc-{uuid4().hex[:8]}"
        self.queue_id = tracker.create_queue(self.queue)
        self._password_file = password_file
        self._ids: dict[str, str] = {}
        password_file.write_text(request_tracker.READER[1])

    @property
    def options(self) -> dict[str, Any]:
        who = {"username": request_tracker.READER[0], "password": f"file:{self._password_file}"}
        return {"url": self.url, "queues": [self.queue], "max_wait": 20, **who}

    def source(self, **options: Any) -> adapters.request_tracker.source.RequestTracker:
        return adapters.request_tracker.make("desk", self.options | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def ignore_filters(self, middleman: Middleman) -> None:
        middleman.forgets = r"\+AND\+LastUpdated.*?%27.*?%27"

    def delete(self, name: str) -> None:
        self.tracker.change_ticket(self.id_of(name), Status="deleted")

    def merge(self, name: str, into: str) -> None:
        self.tracker.change_ticket(self.id_of(name), MergeInto=self.id_of(into))

    def restart(self) -> None:
        self.tracker.restart()

    def status_words(self) -> set[str]:
        """Those of the lifecycle: of a new ticket, and all that it may become."""
        self.create("any")
        words = {"new"} | self.tracker.next_statuses(self.id_of("any"))
        self.change("any")
        return words | self.tracker.next_statuses(self.id_of("any"))

    @property
    def writing(self) -> dict[str, Any]:
        password = self._password_file.with_name("of-the-admin")
        password.write_text(request_tracker.ADMIN[1])
        return self.options | {"username": request_tracker.ADMIN[0], "password": f"file:{password}"}

    def texts_in(self, key: str) -> list[str]:
        return self.tracker.comments(key)

    def version(self) -> str:
        return self.source().check().version

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.tracker.create_ticket(self.queue, name)

    def change(self, name: str) -> None:
        self.tracker.change_ticket(self.id_of(name), Status="open")

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.tracker.set_times(dict.fromkeys(self._ids.values(), "2026-11-22 10:00:00"))

    def name_of(self, record: Record) -> str:
        return str(record.data["Subject"])

    def middleman(self) -> Middleman:
        return Middleman(self.url)


class IcingaBench:
    """A host of an Icinga that others use too, whose services are in trouble; and a user who only reads."""

    system = "icinga"
    cannot: ClassVar = {
        "ignore_filters": "every pull asks for everything",
        "read_in_pages": "one answer has everything",
        "merge": "problems are not merged",
        "shift_clock": "no pull asks for a stamp",
        "status_words": "a problem has no word for its status",
    }

    def __init__(self, instance: Icinga, password_file: Path) -> None:
        self.instance = instance
        self.url = instance.url
        self.host = f"cell-{uuid4().hex[:8]}"
        self._password_file = password_file
        password_file.write_text(icinga.READER[1])
        instance.create_host(self.host, location="north")
        instance.report(self.host, 0)

    @property
    def options(self) -> dict[str, Any]:
        who = {"username": icinga.READER[0], "password": f"file:{self._password_file}"}
        ours = {"filter": "host.name == ours", "filter_vars": {"ours": self.host}}
        return {"url": self.url, "ca_file": str(self.instance.authority), "max_wait": 20, **who, **ours}

    def source(self, **options: Any) -> Source:
        return adapters.icinga.make("watch", self.options | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def delete(self, name: str) -> None:
        self.instance.delete_service(self.host, name)

    def version(self) -> str:
        return self.source().check().version

    def create(self, *names: str) -> None:
        for name in names:
            self.instance.create_service(self.host, name)
            self.instance.report(self.of(name), 2, "MOS 3.1")

    def change(self, name: str) -> None:
        self.instance.acknowledge(self.of(name))

    def restart(self) -> None:
        self.instance.restart()

    def of(self, name: str) -> str:
        return f"{self.host}!{name}"

    def put_on_one_stamp(self) -> None:
        """The order of a snapshot has no weight."""

    def name_of(self, record: Record) -> str:
        return str(record.data["attrs"]["name"])

    def middleman(self) -> Middleman:
        return Middleman(self.url, verify=str(self.instance.authority))
