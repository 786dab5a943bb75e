"""Builds rooms of the hub for tests: the real rules on a real store, with a clock that the test turns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

from hub.api.attributes import attributes_of
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.api.type_names import type_filler
from hub.errors import Violation
from hub.model.event import Record
from hub.model.ids import Uuid7
from hub.model.problem import Document, Problem, Status
from hub.model.times import Clock, to_micros
from hub.problems.envelope import Letterhead
from hub.problems.rules import Observation, ProblemRules
from hub.query.hub_query import HubQuery, parse_hub_query
from hub.query.syntax import Comparison, Operator
from hub.shipped import openapi_dir
from hub.store.events import Queued
from hub.store.sqlite import Store

FACE = "http://127.0.0.1:8080/tmf-api/serviceProblemManagement/v5"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TurningClock:
    """Stands still until a test turns it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    @property
    def micros(self) -> int:
        return to_micros(self.now)

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def report(**attributes: Any) -> Document:
    """The smallest report that the contract accepts, with what the test says of it."""
    smallest: Document = {
        "@type": "ServiceProblem",
        "category": "supplier.originated",
        "description": "Packet loss on the access ring",
        "priority": 2,
        "reason": "Unknown",
        "originatorParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "supplier",
            "partyOrPartyRole": {"@type": "PartyRef", "id": "org-311"},
        },
    }
    return smallest | attributes


@cache
def contract() -> dict[str, Any]:
    return load_contract(openapi_dir() / "serviceProblem-v5.yaml")


@cache
def parse_query() -> Callable[[str | None], HubQuery]:
    return partial(parse_hub_query, attributes=attributes_of(contract(), "ServiceProblem"))


@cache
def check_document() -> Callable[[Document], list[Violation]]:
    return partial(errors_of, compile_schema(contract(), {"$ref": "#/components/schemas/ServiceProblem_FVO"}))


def make_rules(clock: Clock) -> ProblemRules:
    letterhead = Letterhead(reporting_system="qos-hub", base_url=FACE)
    return ProblemRules(
        clock=clock,
        new_id=Uuid7(clock),
        complete=type_filler(contract(), "ServiceProblem"),
        check_document=check_document(),
        letterhead=letterhead,
    )


class Desk:
    """The rules of reports at work on a store, with what they have written at hand."""

    def __init__(self, store: Store, clock: TurningClock) -> None:
        self.store = store
        self.clock = clock
        self.rules = make_rules(clock)

    def create(self, **attributes: Any) -> Problem:
        return self.store.write(partial(self.rules.create, given=report(**attributes)))

    def patch(self, problem: Problem | str, **patch: Any) -> Problem:
        problem_id = problem if isinstance(problem, str) else problem.id
        return self.store.write(partial(self.rules.patch, problem_id=problem_id, patch=patch))

    def delete(self, problem: Problem | str) -> None:
        problem_id = problem if isinstance(problem, str) else problem.id
        self.store.write(partial(self.rules.delete, problem_id=problem_id))

    def upsert(
        self,
        *,
        key: str = "issue7",
        status: Status | None = Status.ACKNOWLEDGED,
        word: str | None = "new",
        at: datetime | None = None,
        told: bool = True,
        **attributes: Any,
    ) -> Problem:
        observation = Observation(
            source="helpdesk",
            key=key,
            document=report(**attributes),
            status=status,
            source_status=word,
            event_time=to_micros(at or self.clock.now),
            told=told,
        )
        return self.store.write(partial(self.rules.upsert, observation=observation))

    def queued(self) -> list[Queued]:
        return self.store.read.events.after(0, limit=10_000)

    def told(self) -> list[tuple[str, int]]:
        """(type, sequence) of every event, in the order of the outbox."""
        return [(one.event.type.value, one.event.sequence) for one in self.queued()]

    def envelopes(self) -> list[Document]:
        return [orjson.loads(one.event.body) for one in self.queued()]

    def history(self, problem: Problem) -> list[Record]:
        of_it = Comparison(path=("serviceProblem", "id"), operator=Operator.EQ, values=(problem.id,))
        return self.store.read.records.page(of_it, offset=0, limit=10_000)

    def kept(self, problem: Problem) -> Problem:
        stored = self.store.read.problems.get(problem.id)
        assert stored is not None
        return stored.problem


def open_store(folder: Path, **options: Any) -> Store:
    return Store(folder / "hub.db", **options)
