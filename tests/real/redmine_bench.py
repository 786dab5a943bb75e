"""A bench for the adapter of Redmine, on a Redmine that runs or on a fake of it: both can be told the same."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import adapters.redmine
import adapters.redmine.source
from hub.ports import Record
from tests.real.middleman import Middleman
from tests.real.redmine import READER, WRITER, Redmine

ONE_STAMP = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Desk(Protocol):
    """What people do at a Redmine; issues are known by their numbers."""

    @property
    def url(self) -> str: ...

    def create_project(self, identifier: str, *keys: str, public: bool = False) -> int: ...

    def create_issue(self, project: str, subject: str, **fields: Any) -> str: ...

    def change_issue(self, issue: str, *, status: str | None = None, **fields: Any) -> None: ...

    def delete_issue(self, issue: str) -> None: ...

    def relate(self, issue: str, to: str) -> None: ...

    def rewrite_note(self, journal: int, text: str) -> None: ...

    def issue(self, issue: str, *parts: str) -> dict[str, Any]: ...

    def statuses(self) -> Mapping[str, int]: ...

    def restart(self) -> None: ...

    def set_times(self, stamps: Mapping[str, datetime]) -> None: ...

    def set_made(self, issue: str, stamp: datetime) -> None: ...

    def set_journal_times(self, stamps: Mapping[int, datetime]) -> None: ...


class RedmineBench:
    """A project of a Redmine that others use too, and a user who only reads it."""

    system = "redmine"
    cannot: ClassVar = {"merge": "an issue is related to another as its duplicate and stays"}

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.url = desk.url
        self.project = f"noc-{uuid4().hex[:8]}"
        self.project_id = desk.create_project(self.project, READER, WRITER)
        self._folder = folder
        self._ids: dict[str, str] = {}

    def key(self, key: str) -> str:
        """The reference to a key that is written down."""
        file = self._folder / f"key-{key[:1]}"
        file.write_text(f"{key}\n")
        return f"file:{file}"

    @property
    def options(self) -> dict[str, Any]:
        return {"url": self.url, "api_key": self.key(READER), "projects": [self.project], "max_wait": 20}

    @property
    def writing(self) -> dict[str, Any]:
        return self.options | {"api_key": self.key(WRITER)}

    def texts_in(self, key: str) -> list[str]:
        journals = self.desk.issue(key, "journals")["journals"]
        return [str(journal["notes"]) for journal in journals if journal.get("notes")]

    def source(self, **options: Any) -> adapters.redmine.source.Redmine:
        return adapters.redmine.make("desk", self.options | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"api_key": self.key("d" * 40)}

    def ignore_filters(self, middleman: Middleman) -> None:
        middleman.forgets = "f%5B%5D=updated_on&"

    def delete(self, name: str) -> None:
        self.desk.delete_issue(self.id_of(name))

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.desk.create_issue(self.project, name)

    def change(self, name: str) -> None:
        self.desk.change_issue(self.id_of(name), status="In Progress")

    def restart(self) -> None:
        self.desk.restart()

    def status_words(self) -> list[str]:
        return list(self.desk.statuses())

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.desk.set_times(dict.fromkeys(self._ids.values(), ONE_STAMP))

    def name_of(self, record: Record) -> str:
        return str(record.data["subject"])


class RunningRedmineBench(RedmineBench):
    """On one that runs."""

    cannot: ClassVar = {
        **RedmineBench.cannot,
        "shift_clock": "its clock is this machine's; the fake shows it",
    }

    def __init__(self, desk: Redmine, folder: Path) -> None:
        super().__init__(desk, folder)
        self._running = desk

    def version(self) -> str:
        return self._running.version
