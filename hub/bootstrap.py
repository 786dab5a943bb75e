"""The one place that builds objects and hands them to each other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from flask import Flask
from starlette.types import ASGIApp

from hub import __version__, shipped
from hub.access.callers import Callers
from hub.access.configured import check_jwt
from hub.access.key_ring import KeyRing
from hub.access.key_sets import KeySource, read_place
from hub.access.rates import RateLimit
from hub.access.tokens import TokenRules, Tokens
from hub.api.app import (
    HUB,
    HUB_V4,
    JOBS,
    OPERATIONS,
    PROBLEMS,
    TASKS,
    TASKS_V4,
    Handler,
    HubApp,
    Limits,
    bound,
    check_contract,
    make_app,
)
from hub.api.attributes import attributes_of, problem_attributes, record_attributes
from hub.api.conditions import Tags
from hub.api.extensions import Extensions, load_extensions
from hub.api.guard import CONSOLE, PagesGuard
from hub.api.hub import HubOperations
from hub.api.jobs import JobOperations
from hub.api.listing import Collection, Lists, read_query
from hub.api.once import Once
from hub.api.operations import Operations
from hub.api.pages import pages
from hub.api.problems import ProblemOperations
from hub.api.quotas import Quotas
from hub.api.render import Face
from hub.api.render_v4 import FaceV4
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.api.tasks import TaskOperations
from hub.api.type_names import type_filler
from hub.console.app import make_console
from hub.delivery.listeners import MakeListener, make_listener
from hub.delivery.resolve import Resolver
from hub.delivery.schedule import Schedule
from hub.delivery.settle import Settler
from hub.delivery.transport.curl_transport import CurlTransport
from hub.delivery.transport.port import Transport
from hub.delivery.transport.requests_transport import RequestsTransport
from hub.delivery.worker import DeliveryWorker, WorkerSettings
from hub.errors import Violation
from hub.faces import V3, V4, V5, v4
from hub.intake.account import note_disabled
from hub.intake.configured import check_sources, mapping_folders
from hub.intake.poller import Poller, make_poller
from hub.jobs.columns import columns_of
from hub.jobs.exports import Exporter
from hub.jobs.fetch import Fetcher
from hub.jobs.imports import Importer
from hub.jobs.runner import JobRunner
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.task import TaskKind
from hub.model.times import Clock, system_clock
from hub.problems.envelope import Letterhead
from hub.problems.ownership import Owners
from hub.problems.rules import ProblemRules
from hub.problems.tasks import TaskRules
from hub.query.attributes import ANY, ANYTHING, Attributes
from hub.query.hub_query import parse_hub_query
from hub.query.list_query import ListQuery
from hub.settings import Settings
from hub.settings.sections import JwtSettings
from hub.store.job_files import JobFiles
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.registration import ParseQuery, Registrations
from hub.subscriptions.secrets import SecretBox, load_key

PATHS = {name: f"/tmf-api/serviceProblemManagement/{name}" for name in (V5, V4, V3)}
FACE_V5, FACE_V4, FACE_V3 = PATHS.values()
OPERATIONS_V1 = "/qos-hub/v1"
WATCH_ALONE, WATCH_OTHERS = 0.02, 0.25
"""Seconds between a sender's looks at the database for what other processes wrote, since SQLite cannot call: when
they bring all the events, and when this process has every door itself."""


CONSOLE_THREADS = 4
"""How many people the console serves at the same moment."""


@dataclass(frozen=True, kw_only=True)
class Contracts:
    v5: dict[str, Any]
    v4: dict[str, Any]
    operations: dict[str, Any]

    @classmethod
    def shipped(cls) -> "Contracts":
        folder = shipped.openapi_dir()
        return cls(
            v5=load_contract(folder / "serviceProblem-v5.yaml"),
            v4=load_contract(folder / "serviceProblem-v4.yaml"),
            operations=load_contract(folder / "operations-v1.yaml"),
        )


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that is built but not started; which doors it has is a matter of its roles."""

    settings: Settings
    store: Store
    app: HubApp | None
    worker: DeliveryWorker | None
    pollers: Sequence[Poller]
    jobs: JobRunner | None = None

    def start(self) -> None:
        """Senders first, so that what the other doors bring is sent at once."""
        if self.worker:
            self.worker.start()
        for poller in self.pollers:
            poller.start()
        if self.jobs:
            self.jobs.start()
        if "intake" in self.settings.server.roles:
            self.store.write(self._note_disabled)

    def _note_disabled(self, tables: Tables) -> None:
        for name, source in self.settings.sources.items():
            if not source.enabled:
                note_disabled(tables, name, source.adapter)

    def stop(self) -> None:
        """Nothing new in, then what is in flight out, then the last commit."""
        grace = self.settings.server.shutdown_grace
        for poller in self.pollers:
            poller.stop(0)
        end = time.monotonic() + grace
        if self.jobs:
            self.jobs.stop(grace)
        for poller in self.pollers:
            poller.stop(max(0.0, end - time.monotonic()))
        if self.worker:
            self.worker.stop(grace)
        self.store.close()


def build(settings: Settings, *, clock: Clock = system_clock) -> Hub:
    """Raises InvalidSettings, or StoreUnavailable when the database cannot be used."""
    contracts = Contracts.shipped()
    check_sources(settings)
    new_id = Uuid7(clock)
    more = load_extensions(settings.api.extension_schemas).properties()
    attributes = problem_attributes(contracts.v5, more)
    faces = _faces(settings, contracts)
    parse_query = _parse_query(attributes, faces)
    secrets = SecretBox(load_key(settings.key_file))
    rules = _rules(settings, contracts, clock, new_id)
    store = make_store(settings)
    roles = settings.server.roles
    registrations = Registrations(
        clock=clock, new_id=new_id, parse_query=parse_query, policy=_policy(settings), secrets=secrets
    )
    making = partial(
        make_listener,
        parse_query=_parse_query(ANYTHING, faces),
        secrets=secrets,
        party_paths=settings.security.party_paths,
    )
    return Hub(
        settings=settings,
        store=store,
        app=_app(settings, contracts, attributes, faces, store, rules, registrations, clock, new_id, secrets)
        if "api" in roles
        else None,
        worker=_worker(settings, store, clock, making) if "delivery" in roles else None,
        pollers=_pollers(settings, store, rules, clock) if "intake" in roles else (),
        jobs=_job_runner(settings, contracts, attributes, store, rules, clock) if "jobs" in roles else None,
    )


def _parse_query(attributes: Attributes, faces: Mapping[str, Face]) -> ParseQuery:
    """Reads the query of a registration in the language of the face that is named first."""
    readers = {
        name: partial(parse_hub_query, attributes=_asked(attributes, face), translate=face.path)
        for name, face in faces.items()
    }
    return lambda face, text: readers[face](text)


def make_store(settings: Settings) -> Store:
    """Raises StoreUnavailable when the database cannot be used."""
    return Store(
        Path(settings.store.database),
        synchronous=settings.store.synchronous,
        group_commit=settings.store.group_commit,
        busy_timeout=settings.store.busy_timeout,
        query_time_limit=settings.store.query_time_limit,
        scans=settings.store.scans,
        indexed_paths=settings.store.indexed_paths,
    )


def check_contracts(contracts: Contracts) -> None:
    """Raises InvalidContract unless every contract is OpenAPI and covered by the handlers exactly."""
    check_contract(FACE_V5, contracts.v5, [*PROBLEMS, *_operation_ids(TASKS), *HUB])
    check_contract(FACE_V4, contracts.v4, [*PROBLEMS, *_operation_ids(TASKS_V4), *HUB_V4])
    check_contract(OPERATIONS_V1, contracts.operations, [*OPERATIONS, *JOBS])


def _operation_ids(tables: Mapping[TaskKind, Mapping[str, object]]) -> list[str]:
    return [operation_id for table in tables.values() for operation_id in table]


def check_report(contract: dict[str, Any], extensions: Extensions) -> Callable[[Document], list[Violation]]:
    """Holds a whole report against the contract's schema for a new one, and against that of its own type."""
    validator = compile_schema(contract, {"$ref": "#/components/schemas/ServiceProblem_FVO"})

    def check(document: Document) -> list[Violation]:
        violations = [] if validator.is_valid(document) else errors_of(validator, document)
        return violations + extensions.violations(document)

    return check


def _letterhead(settings: Settings) -> Letterhead:
    return Letterhead(
        reporting_system=settings.api.originating_system, base_url=settings.server.base_url + FACE_V5
    )


def _rules(settings: Settings, contracts: Contracts, clock: Clock, new_id: Uuid7) -> ProblemRules:
    extensions = load_extensions(settings.api.extension_schemas)
    fill_types = type_filler(contracts.v5, "ServiceProblem")
    return ProblemRules(
        clock=clock,
        new_id=new_id,
        check_document=check_report(contracts.v5, extensions),
        complete=lambda document: extensions.completed(fill_types(v4.wrapped(document))),
        letterhead=_letterhead(settings),
    )


def _guard(settings: Settings) -> AddressGuard:
    return AddressGuard(settings.delivery.allowed_networks)


def _policy(settings: Settings) -> CallbackPolicy:
    return CallbackPolicy(_guard(settings), schemes=settings.delivery.schemes)


def _app(
    settings: Settings,
    contracts: Contracts,
    attributes: Attributes,
    faces: Mapping[str, Face],
    store: Store,
    rules: ProblemRules,
    registrations: Registrations,
    clock: Clock,
    new_id: Uuid7,
    secrets: SecretBox,
) -> HubApp:
    base_url = settings.server.base_url
    once = Once(store=store, clock=clock, lifetime=settings.api.idempotency_lifetime, secrets=secrets)
    operations = Operations(
        store=store,
        clock=clock,
        base_url=base_url + OPERATIONS_V1,
        face_url=base_url + FACE_V5,
        page_maximum=settings.api.page_maximum,
    )
    jobs = JobOperations(
        store=store,
        files=JobFiles(settings.jobs_folder),
        clock=clock,
        new_id=new_id,
        read_query=_list_query(settings, attributes),
        policy=_policy(settings),
        base_url=base_url + OPERATIONS_V1,
        page_maximum=settings.api.page_maximum,
        content_limit=settings.jobs.content_limit,
        once=once,
    )
    served: dict[str, tuple[dict[str, Any], dict[str, Handler]]] = {
        OPERATIONS_V1: (contracts.operations, {**bound(OPERATIONS, operations), **bound(JOBS, jobs)})
    }
    performing = task_rules(settings, contracts, rules, clock, new_id)
    for name, face in faces.items():
        if name == V3 and not settings.api.r18_names:
            continue
        of_v5 = name == V5
        contract = contracts.v5 if of_v5 else contracts.v4
        problems = ProblemOperations(
            store=store,
            rules=rules,
            owners=Owners(settings.security.party_paths),
            face=face,
            attributes=_asked(attributes, face).without("href"),
            record_attributes=record_attributes(contracts.v5),
            lists=_lists(settings),
            largest=settings.api.body_limit,
            tags=Tags(__version__, face.base_url, settings.api, settings.security.party_paths),
            once=once,
        )
        hub = HubOperations(store=store, registrations=registrations, face=face, once=once)
        worded = None if of_v5 else face.worded
        served[PATHS[name]] = (
            contract,
            bound(PROBLEMS, problems, worded)
            | _tasks(settings, contracts, store, performing, face, once)
            | bound(HUB if of_v5 else HUB_V4, hub, worded),
        )
    callers, limits = make_callers(settings, store), _limits(settings)
    console = PagesGuard(_mounted(make_console(store)), callers=callers, requirement=CONSOLE, quotas=limits.quotas)
    return make_app(
        served,
        pages=pages(shipped.openapi_dir(), console),
        callers=callers,
        names=(urlsplit(base_url).hostname or "",),
        body_limit=settings.api.body_limit,
        limits=limits,
    )


def _limits(settings: Settings) -> Limits:
    security, api = settings.security, settings.api
    limit = RateLimit(security.rate_limit, security.rate_burst) if security.rate_limit else None
    return Limits(
        body_timeout=api.body_timeout,
        answer_timeout=api.answer_timeout,
        origins=api.cors_origins,
        quotas=None if limit is None else Quotas(limit),
    )


def task_rules(
    settings: Settings, contracts: Contracts, problems: ProblemRules, clock: Clock, new_id: Uuid7
) -> TaskRules:
    return TaskRules(
        problems=problems,
        clock=clock,
        new_id=new_id,
        complete={kind: type_filler(contracts.v5, kind.type_name) for kind in TaskKind},
        letterhead=_letterhead(settings),
    )


def _lists(settings: Settings) -> Lists:
    return Lists(page_maximum=settings.api.page_maximum, partial_content=settings.api.partial_content)


def _tasks(
    settings: Settings, contracts: Contracts, store: Store, rules: TaskRules, face: Face, once: Once
) -> dict[str, Handler]:
    """The handlers of every kind of task at a face."""
    handlers: dict[str, Handler] = {}
    for kind, table in (TASKS if face.name == V5 else TASKS_V4).items():
        operations = TaskOperations(
            kind=kind,
            store=store,
            rules=rules,
            face=face,
            owners=Owners(settings.security.party_paths),
            attributes=attributes_of(contracts.v5, kind.type_name).without("href"),
            lists=_lists(settings),
            once=once,
        )
        handlers |= bound(table, operations)
    return handlers


def _faces(settings: Settings, contracts: Contracts) -> dict[str, Face]:
    """{name: face}; that of v3 is there for its listeners, and served where the settings ask for it."""
    base_url, r18_names = settings.server.base_url, settings.api.r18_names
    check = check_report(contracts.v5, load_extensions(""))
    return {
        V5: Face(base_url + FACE_V5),
        V4: FaceV4(base_url + FACE_V4, check=check, r18_names=r18_names),
        V3: FaceV4(base_url + FACE_V3, check=check, r18_names=True, name=V3),
    }


def _asked(attributes: Attributes, face: Face) -> Attributes:
    """The attributes that clients of a face may ask for."""
    return attributes.without(*face.unknown_names).with_more(dict.fromkeys(face.older_names, ANY))


def make_callers(settings: Settings, store: Store) -> Callers:
    """Raises InvalidSettings when the identity provider is described by halves."""
    check_jwt(settings.jwt)
    ring = KeyRing(settings.security.api_keys, table=lambda: store.read.api_keys)
    return Callers(ring, _tokens(settings.jwt) if settings.jwt.issuer else None)


def _tokens(jwt: JwtSettings) -> Tokens:
    source = KeySource(partial(read_place, jwt.keys, jwt.ca_file), interval=jwt.refresh)
    rules = TokenRules(
        issuer=jwt.issuer,
        audience=jwt.audience,
        algorithms=jwt.algorithms,
        leeway=jwt.leeway,
        scope_claim=jwt.scope_claim,
        party_claim=jwt.party_claim,
        name_claim=jwt.name_claim,
    )
    return Tokens(rules, source)


def _mounted(console: Flask) -> ASGIApp:
    """The console as an ASGI application; a2wsgi, Flask and Starlette each have types of their own for the same."""
    return cast(ASGIApp, WSGIMiddleware(cast(WSGIApp, console), workers=CONSOLE_THREADS))


def _worker(
    settings: Settings,
    store: Store,
    clock: Clock,
    making: MakeListener,
) -> DeliveryWorker:
    delivery = settings.delivery
    together = {"api", "intake"} <= set(settings.server.roles)
    return DeliveryWorker(
        store=store,
        transport=make_transport(settings, clock),
        settler=Settler(
            schedule=Schedule.from_settings(delivery.schedule, delivery.jitter),
            longest_hint=delivery.retry_after_maximum,
        ),
        clock=clock,
        make_listener=making,
        settings=WorkerSettings(
            lease=delivery.lease,
            order_patience=delivery.order_patience,
            per_listener=delivery.in_flight_per_listener,
            total=delivery.in_flight_total,
            watch=WATCH_OTHERS if together else WATCH_ALONE,
        ),
        holder=Holder.this(),
    )


def make_transport(settings: Settings, clock: Clock) -> Transport:
    delivery = settings.delivery
    kind = CurlTransport if delivery.transport == "pycurl" else RequestsTransport
    guard = _guard(settings)
    return kind(
        guard=guard,
        resolver=Resolver(guard, ttl=delivery.name_ttl),
        deadline=delivery.deadline,
        response_limit=delivery.response_limit,
        max_connections=delivery.in_flight_total,
        ca_file=delivery.ca_file or None,
        clock=clock,
    )


def _pollers(settings: Settings, store: Store, rules: ProblemRules, clock: Clock) -> list[Poller]:
    return [
        make_poller(
            name,
            source,
            store=store,
            rules=rules,
            clock=clock,
            intake_settings=settings.intake,
            mapping_folders=mapping_folders(settings),
        )
        for name, source in settings.sources.items()
        if source.enabled
    ]


def _list_query(settings: Settings, attributes: Attributes) -> Callable[[str], ListQuery]:
    """Reads the query string of a list of reports. What it gives raises InvalidInput or Unsupported."""
    url = f"{settings.server.base_url}{FACE_V5}/serviceProblem"
    collection = Collection(url=url, attributes=attributes.without("href"))
    return lambda text: read_query(text.encode(), collection)


def _job_runner(
    settings: Settings,
    contracts: Contracts,
    attributes: Attributes,
    store: Store,
    rules: ProblemRules,
    clock: Clock,
) -> JobRunner:
    files = JobFiles(settings.jobs_folder)
    exporter = Exporter(
        files=files,
        read_query=_list_query(settings, attributes),
        letterhead=_letterhead(settings),
        owners=Owners(settings.security.party_paths),
        columns=columns_of(contracts.v5, "ServiceProblem"),
    )
    fetcher = Fetcher(
        files=files,
        guard=_guard(settings),
        limit=settings.jobs.content_limit,
        time_limit=settings.jobs.fetch_time,
        ca_file=settings.delivery.ca_file or None,
    )
    return JobRunner(
        store=store,
        files=files,
        exporter=exporter,
        importer=Importer(files=files, rules=rules, longest=settings.api.body_limit),
        fetcher=fetcher,
        clock=clock,
        holder=Holder.this(),
        keep=settings.jobs.keep,
    )
