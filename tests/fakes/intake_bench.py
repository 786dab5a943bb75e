"""A poller on a real store with the real rules and the real contract; only the trouble system is in memory."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from hub import shipped
from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.api.type_names import type_filler
from hub.errors import Violation
from hub.intake.mapping_file import mapping_from
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.intake.poller import Poller
from hub.intake.rehearsal import Rehearsal, Step
from hub.intake.write_back import WriteBackRun
from hub.model.event import Record
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.problems.envelope import Letterhead
from hub.problems.form import Form
from hub.problems.rules import ProblemRules, problem_rules
from hub.problems.write_back import Wanted
from hub.store.copying import copy_database
from hub.store.sources import SourceRow
from hub.store.sqlite import Store
from tests.fakes.trouble_system import ManualClock, TroubleSystem

SOURCE = "desk"
INTERVAL = 30.0
LONGEST_WAIT = 900.0

MAPPING: dict[str, Any] = {
    "system": "desk",
    "fields": {
        "status": {
            "path": "state",
            "table": {
                "new": "acknowledged",
                "working": "inProgress",
                "waiting": "pending",
                "done": "resolved",
                "closed": "closed",
            },
            "default": "acknowledged",
        },
        "statusChangeReason": {"path": "state"},
        "priority": {"path": "urgency", "table": {"high": 1, "normal": 5}, "default": 5},
        "name": {"path": "title", "default": "Untitled"},
        "description": {"path": "title", "default": "Untitled"},
        "reason": {"value": "Unknown"},
        "category": {"value": "serviceProvider.declarer"},
        "originatorParty": {
            "id": {"path": "reporter.id", "default": "unknown"},
            "name": {"path": "reporter.name"},
            "role": {"value": "originator"},
        },
        "affectedService": [{"id": {"path": "service"}}],
        # A ticket may carry its own start time, and the contract refuses one without a zone.
        "note": [
            {"text": {"path": "note"}, "date": {"path": "noted"}},
            {
                "each": "comments",
                "item": {"id": {"path": "id"}, "text": {"path": "text"}, "author": {"path": "by"}},
            },
        ],
    },
    "times": {"event": {"path": "changed", "type": "iso"}},
    "ignore": ["polled"],
}


WORDS = {"status": {"acknowledged": "new", "inProgress": "working", "resolved": "done"}}


@cache
def contract() -> dict[str, Any]:
    return load_contract(shipped.openapi_dir() / "serviceProblem-v5.yaml")


@cache
def _report_schema() -> CompiledSchema:
    return compile_schema(contract(), {"$ref": "#/components/schemas/ServiceProblem_FVO"})


def check_report(document: Document) -> list[Violation]:
    return errors_of(_report_schema(), document)


def make_rules(clock: ManualClock, write_back: Wanted | None = None) -> ProblemRules:
    return problem_rules(
        clock=clock,
        new_id=Uuid7(clock),
        form=Form(check=check_report, complete=type_filler(contract(), "ServiceProblem")),
        letterhead=Letterhead(reporting_system="qos-hub", base_url="http://127.0.0.1:1/v5"),
        write_back=write_back,
    )


class Bench:
    """`restart` is what a new process is: the same database and source, everything else afresh."""

    def __init__(self, tmp_path: Path, clock: ManualClock, system: TroubleSystem, **options: Any) -> None:
        self.clock = clock
        self.system = system
        self.store = Store(tmp_path / "hub.db", synchronous="NORMAL")
        kinds = options.get("write_back", ())
        rules = make_rules(clock, {SOURCE: kinds})
        self.keeper = rules.keeper
        self.clients, self.sources = rules.clients, rules.sources
        self.options = options
        self.restart()

    def restart(self, **mapping: Any) -> None:
        fields = {**MAPPING["fields"], **mapping}
        words = {} if "status" in mapping else WORDS
        self._mapping = mapping_from({**MAPPING, "fields": fields, "write": words}, "desk.yaml")
        self.poller = Poller(
            SOURCE,
            adapter="desk",
            poll=self._poll(self.store),
            write_backs=self._write_backs(self.store),
            store=self.store,
            clock=self.clock,
            interval=self.options.get("interval", INTERVAL),
            longest_wait=LONGEST_WAIT,
            draw=lambda: 1.0,
            tracing=self.options.get("tracing"),
        )

    def _poll(self, store: Store, *, registers: bool = True) -> SourcePoll:
        return SourcePoll(
            source=self.system,
            reader=Reader(source=SOURCE, mapping=self._mapping, writes_back=bool(self.options.get("write_back"))),
            store=store,
            rules=self.sources,
            clock=self.clock,
            absent_polls=self.options.get("absent_polls", 2),
            backfill_notify=self.options.get("backfill_notify", False),
            backfill=self.options.get("backfill", "all"),
            reconcile=self.options.get("reconcile", 0.0),
            interval=self.options.get("interval", INTERVAL),
            registers=registers,
        )

    def _write_backs(self, store: Store) -> WriteBackRun:
        return WriteBackRun(
            name=SOURCE,
            source=self.system,
            words=self._mapping.words,
            store=store,
            rules=self.sources,
            clock=self.clock,
            draw=lambda: 1.0,
        )

    def rehearse(self) -> list[Step]:
        """What the next poll would do, tried on a copy."""
        with TemporaryDirectory() as folder:
            copy_database(self.store.database, Path(folder, "copy.db"))
            copy = Store(Path(folder, "copy.db"), synchronous="NORMAL")
            rehearsal = Rehearsal(
                name=SOURCE,
                adapter="desk",
                poll=self._poll(copy, registers=False),
                write_backs=self._write_backs(copy),
                store=copy,
                rules=self.sources,
                clock=self.clock,
            )
            try:
                return list(rehearsal.steps())
            finally:
                copy.close()

    def poll(self, times: int = 1) -> None:
        """Poll as often as said, an interval after each other."""
        for _ in range(times):
            self.poller.poll()
            self.clock.turn(INTERVAL)

    def report(self, key: str) -> Document:
        stored = self.store.read.problems.get_by_source(SOURCE, key)
        assert stored is not None, f"ticket {key} has no report"
        return stored.problem.document

    def has(self, key: str) -> bool:
        return self.store.read.problems.get_by_source(SOURCE, key) is not None

    def told(self) -> list[tuple[str, str]]:
        """(event type without its ServiceProblem…Event, name of the report) of all that listeners are told."""
        events = [queued.event for queued in self.store.read.events.after(0, limit=10_000)]
        bodies = [orjson.loads(event.body) for event in events]
        return [(_short(body["eventType"]), body["event"]["serviceProblem"]["name"]) for body in bodies]

    def history(self) -> list[Record]:
        return self.store.read.records.page(None, offset=0, limit=10_000).rows

    @property
    def row(self) -> SourceRow:
        row = self.store.read.sources.get(SOURCE)
        assert row is not None
        return row


def _short(event_type: str) -> str:
    return event_type.removeprefix("ServiceProblem").removesuffix("Event")


MakeBench = Callable[..., Bench]
"""(kind of trouble system, page size, options of the bench)"""
