"""Builds rooms of the hub for tests: the real rules, store and senders, with a clock that the test turns."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson

from hub.api.attributes import attributes_of
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.api.type_names import type_filler
from hub.bootstrap.delivery import TRANSPORTS
from hub.delivery.breaker import NEVER, BreakerRules
from hub.delivery.clock_watch import Monotonic
from hub.delivery.control import ControlClient
from hub.delivery.failures import FailureRules
from hub.delivery.listeners import MakeListener, make_listener
from hub.delivery.notices import Desk as NoticeDesk
from hub.delivery.resolve import Resolver
from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.tokens import Tokens
from hub.delivery.transport.authorising import AuthorisingTransport
from hub.delivery.transport.port import Transport
from hub.delivery.worker import DeliveryWorker
from hub.delivery.worker_settings import WorkerSettings
from hub.errors import Violation
from hub.faces import V4, V5, v4
from hub.model.caller import LOCAL, Caller
from hub.model.event import Record
from hub.model.ids import Uuid7
from hub.model.options import DeliveryOptions
from hub.model.problem import Document, Problem, Status
from hub.model.subscription import Order, Subscription
from hub.model.task import Task, TaskKind
from hub.model.times import Clock, system_clock, to_micros
from hub.problems.edits import merge_edit
from hub.problems.envelope import Letterhead
from hub.problems.form import Form
from hub.problems.ownership import OF_ALL, Ownership
from hub.problems.rules import ProblemRules, problem_rules
from hub.problems.sources import Observation
from hub.problems.tasks import TaskRules
from hub.query.hub_query import parse_hub_query
from hub.query.ownership import PARTY_PATHS
from hub.query.syntax import Comparison, Operator
from hub.shipped import openapi_dir
from hub.store.deliveries import DELIVERIES_CHANGED
from hub.store.delivery_view import DeliveryView
from hub.store.events import Queued
from hub.store.leases import Holder
from hub.store.lines import BATCH
from hub.store.sqlite import Store
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.changing import Changing
from hub.subscriptions.recovering import Recovering
from hub.subscriptions.registration import ParseQuery, Registrations
from hub.subscriptions.secrets import SecretBox, load_key
from hub.subscriptions.wanting import wanted_by
from hub.upkeep.recoveries import RecoveryTask
from hub.upkeep.recovery import RecoveryStep

PATIENCE = 900_000_000
FACE = "http://127.0.0.1:8080/tmf-api/serviceProblemManagement/v5"
NO_LIMIT = FailureRules()
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
def parse_query() -> ParseQuery:
    read = partial(parse_hub_query, attributes=attributes_of(contract(), "ServiceProblem"))
    readers = {V5: read, V4: partial(read, translate=v4.path)}
    return lambda face, text: readers[face](text)


def making(secrets: SecretBox, read: ParseQuery | None = None) -> MakeListener:
    return partial(make_listener, parse_query=read or parse_query(), secrets=secrets, party_paths=PARTY_PATHS)


@cache
def check_document() -> Callable[[Document], list[Violation]]:
    return partial(errors_of, compile_schema(contract(), {"$ref": "#/components/schemas/ServiceProblem_FVO"}))


def make_rules(clock: Clock) -> ProblemRules:
    letterhead = Letterhead(reporting_system="qos-hub", base_url=FACE)
    return problem_rules(
        clock=clock,
        new_id=Uuid7(clock),
        form=Form(check=check_document(), complete=type_filler(contract(), "ServiceProblem")),
        letterhead=letterhead,
    )


def make_task_rules(clock: Clock, problems: ProblemRules) -> TaskRules:
    return TaskRules(
        keeper=problems.keeper,
        clock=clock,
        new_id=Uuid7(clock),
        complete={kind: type_filler(contract(), kind.type_name) for kind in TaskKind},
        letterhead=Letterhead(reporting_system="qos-hub", base_url=FACE),
    )


class Desk:
    """The rules of reports and tasks at work on a store, with what they have written at hand."""

    def __init__(self, store: Store, clock: TurningClock) -> None:
        self.store = store
        self.clock = clock
        rules = make_rules(clock)
        self.clients, self.sources, self.tasks = rules.clients, rules.sources, make_task_rules(clock, rules)

    def perform(
        self, kind: TaskKind, given: Document, *, caller: Caller = LOCAL, owner: Ownership = OF_ALL
    ) -> Task:
        work = partial(self.tasks.perform, given=given, kind=kind, caller=caller, owner=owner)
        return self.store.write(work)

    def group(self, parent: Problem | str, *children: Problem | str) -> Task:
        return self.perform(TaskKind.GROUP, grouping(parent, *children))

    def ungroup(self, parent: Problem | str, *children: Problem | str) -> Task:
        return self.perform(TaskKind.UNGROUP, grouping(parent, *children))

    def acknowledge(self, *problems: Problem | str, **more: Any) -> Task:
        return self.perform(TaskKind.ACKNOWLEDGEMENT, {"problem": references(*problems), **more})

    def unacknowledge(self, *problems: Problem | str, **more: Any) -> Task:
        return self.perform(TaskKind.UNACKNOWLEDGEMENT, {"problem": references(*problems), **more})

    def create(self, **attributes: Any) -> Problem:
        return self.store.write(partial(self.clients.create, given=report(**attributes)))

    def patch(self, problem: Problem | str, **patch: Any) -> Problem:
        problem_id = problem if isinstance(problem, str) else problem.id
        return self.store.write(partial(self.clients.patch, problem_id=problem_id, edit=merge_edit(patch)))

    def delete(self, problem: Problem | str) -> None:
        problem_id = problem if isinstance(problem, str) else problem.id
        self.store.write(partial(self.clients.delete, problem_id=problem_id))

    def upsert(
        self,
        *,
        key: str = "issue7",
        status: Status | None = Status.ACKNOWLEDGED,
        word: str | None = "new",
        at: datetime | None = None,
        started: datetime | None = None,
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
            started=None if started is None else to_micros(started),
            told=told,
        )
        return self.store.write(partial(self.sources.upsert, observation=observation))

    def queued(self) -> list[Queued]:
        return self.store.read.events.after(0, limit=10_000)

    def told(self) -> list[tuple[str, int]]:
        """(type, sequence) of every event, in the order of the outbox."""
        return [(one.event.type.value, one.event.sequence) for one in self.queued()]

    def envelopes(self) -> list[Document]:
        return [orjson.loads(one.event.body) for one in self.queued()]

    def history(self, problem: Problem) -> list[Record]:
        of_it = Comparison(path=("serviceProblem", "id"), operator=Operator.EQ, values=(problem.id,))
        return self.store.read.records.page(of_it, offset=0, limit=10_000).rows

    def kept(self, problem: Problem) -> Problem:
        stored = self.store.read.problems.get(problem.id)
        assert stored is not None
        return stored.problem


def references(*problems: Problem | str) -> list[Document]:
    return [{"id": one if isinstance(one, str) else one.id} for one in problems]


def grouping(parent: Problem | str, *children: Problem | str) -> Document:
    return {"parentProblem": references(parent)[0], "childProblem": references(*children)}


def open_store(folder: Path, **options: Any) -> Store:
    return Store(folder / "hub.db", **options)


def _rewrite(tables: Tables, subscription: Subscription) -> None:
    """Give a registration that was just made another order, and options of its own."""
    options = orjson.dumps(subscription.options.as_kept()).decode()
    tables.connection.execute(
        "UPDATE subscription SET order_mode = ?, options = ? WHERE id = ?",
        (subscription.order, options, subscription.id),
    )


class Exchange:
    """Registrations and senders on a store; every sender is stopped at the end.

    What a change of a registration brings for its deliveries is done by `keep`, so many of them a batch.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        transport: str = "direct",
        clock: Clock = system_clock,
        batch: int = BATCH,
    ) -> None:
        self.store = store
        self.transport = transport
        self.clock = clock
        self.secrets = SecretBox(load_key(folder / "hub.db.key"))
        self._guard = AddressGuard((ip_network("127.0.0.0/8"),))
        self._policy = CallbackPolicy(self._guard)
        self.registrations = Registrations(
            clock=clock,
            new_id=Uuid7(clock),
            parse_query=parse_query(),
            policy=self._policy,
            secrets=self.secrets,
        )
        self.recovering = Recovering(clock=clock, new_id=Uuid7(clock))
        self.changing = Changing(
            clock=clock, recovering=self.recovering, secrets=self.secrets, policy=self._policy
        )
        make_wanted = partial(wanted_by, parse_query=parse_query(), party_paths=PARTY_PATHS)
        step = RecoveryStep(make_wanted=make_wanted, patience=PATIENCE, batch=batch)
        self.task = RecoveryTask(store=store, step=step, clock=clock)
        self._workers: list[DeliveryWorker] = []

    def change(self, registered: Registered, *, caller: Caller = LOCAL, **patch: Any) -> Registered:
        """What an operator does; `keep` does what follows."""
        subscription_id = registered.subscription.id
        return self.store.write(
            partial(self.changing.change, subscription_id=subscription_id, patch=patch, caller=caller)
        )

    def keep(self) -> None:
        """Do all that is to be done."""
        while self.task.step():
            pass

    def register(
        self,
        callback: str,
        query: str | None = None,
        secret: str | None = None,
        *,
        face: str = V5,
        caller: Caller = LOCAL,
        delivery: Document | None = None,
        order: Order | None = None,
        options: DeliveryOptions | None = None,
    ) -> Registered:
        given = {"callback": callback, "query": query, "secret": secret, "delivery": delivery}
        request = self.registrations.check(given, face=face)

        def register(tables: Tables) -> Subscription:
            made = self.registrations.register(tables, request, caller=caller)
            changed = replace(made, order=order or made.order, options=options or made.options)
            if changed != made:
                _rewrite(tables, changed)
            return made

        made = self.store.write(register)
        return next(one for one in self.store.read.subscriptions.all() if one.subscription.id == made.id)

    def unregister(self, registered: Registered, *, caller: Caller = LOCAL) -> None:
        subscription_id = registered.subscription.id
        self.store.write(partial(self.registrations.unregister, subscription_id=subscription_id, caller=caller))

    def worker(
        self,
        *,
        clock: Clock | None = None,
        schedule: Sequence[float] = (0.0,) * 5,
        holder: Holder | None = None,
        secrets: SecretBox | None = None,
        parse_query: ParseQuery | None = None,
        lease: float = 60.0,
        order_patience: float = 900.0,
        per_listener: int = 64,
        total: int = 512,
        watch: float = 0.25,
        longest_hint: float = 0.0,
        jitter: float = 0.0,
        reserved: float = 0.0,
        breaker: BreakerRules = NEVER,
        failures: FailureRules = NO_LIMIT,
        monotonic: Monotonic = time.monotonic,
    ) -> DeliveryWorker:
        """A sender that is not started yet."""
        clock = clock or self.clock
        kind = TRANSPORTS[self.transport]
        resolver = Resolver(self._guard)
        inner: Transport = kind(guard=self._guard, resolver=resolver, clock=clock, deadline=30.0)
        tokens = Tokens(ControlClient(guard=self._guard, resolver=resolver, deadline=30.0))
        transport = AuthorisingTransport(inner, tokens, deadline=30.0, clock=clock)
        worker = DeliveryWorker(
            store=self.store,
            transport=transport,
            settler=Settler(
                schedules=Schedules(Schedule.from_settings(schedule, jitter), jitter), longest_hint=longest_hint
            ),
            clock=clock,
            make_listener=making(secrets or self.secrets, parse_query),
            settings=WorkerSettings(
                lease=lease,
                order_patience=order_patience,
                per_listener=per_listener,
                total=total,
                reserved=reserved,
                breaker=breaker,
                failures=failures,
                watch=watch,
            ),
            holder=holder or Holder.this(),
            desk=NoticeDesk(
                letterhead=Letterhead(reporting_system="qos-hub", base_url=FACE),
                operations_url="http://127.0.0.1:8080/qos-hub/v1",
                new_id=Uuid7(clock),
            ),
            monotonic=monotonic,
        )
        self._workers.append(worker)
        return worker

    def start(self, **options: Any) -> DeliveryWorker:
        worker = self.worker(**options)
        worker.start()
        return worker

    def stop(self, worker: DeliveryWorker, grace: float = 0.0) -> None:
        self._workers.remove(worker)
        worker.stop(grace)

    def nudge(self) -> None:
        """Let the senders look at the clock again."""

        def signal(tables: Tables) -> None:
            tables.signals.add(DELIVERIES_CHANGED)

        self.store.write(signal)

    def log(self, **filters: str) -> list[DeliveryView]:
        """The deliveries that fit, oldest first."""
        return self.store.read.delivery_list.by_number(filters, offset=0, limit=10_000)[::-1]

    def states(self) -> list[str]:
        return [view.state.value for view in self.log()]

    def close(self) -> None:
        for worker in self._workers:
            worker.stop(0.0)
        self.store.close()


def until(condition: Callable[[], object], within: float = 15.0) -> None:
    """Wait for a thread or a process to bring something about; fails the test when that takes too long."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        pause.wait(0.005)
