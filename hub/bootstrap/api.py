"""The door for HTTP: the handlers of every contract at every face, and what stands around them."""

from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from flask import Flask
from starlette.types import ASGIApp

from hub import __version__, shipped
from hub.access.rates import RateLimit
from hub.api.app import HubApp, Limits, make_app
from hub.api.attributes import attributes_of, record_attributes
from hub.api.conditions import Tags
from hub.api.counts import RequestCounts
from hub.api.credentials import CredentialOperations
from hub.api.guard import CONSOLE, PagesGuard
from hub.api.handlers import CREDENTIALS, HUB, HUB_V4, PROBLEMS, TASKS, TASKS_V4, Handler, bound
from hub.api.hub import HubOperations
from hub.api.once import Once
from hub.api.operations import Want
from hub.api.pages import pages
from hub.api.problems import ProblemOperations
from hub.api.quotas import Quotas
from hub.api.render import Face
from hub.api.tasks import TaskOperations
from hub.bootstrap.callers import make_callers
from hub.bootstrap.constraints import constraint_handlers
from hub.bootstrap.contracts import FACE_V5, OPERATIONS_V1, PATHS
from hub.bootstrap.faces import asked, make_lists
from hub.bootstrap.jobs import job_handlers
from hub.bootstrap.metrics import metrics_page
from hub.bootstrap.operator import operator_handlers
from hub.bootstrap.outgoing import make_prober
from hub.bootstrap.parts import Parts
from hub.bootstrap.registering import make_registrations, make_wanted
from hub.bootstrap.reporting import reporting_handlers
from hub.bootstrap.rules import task_rules
from hub.console.app import make_console
from hub.faces import V3, V5
from hub.faces.r18_contract import without_roles
from hub.problems.clients import ClientRules
from hub.problems.keeper import Keeper
from hub.problems.rules import ProblemRules
from hub.problems.tasks import TaskRules
from hub.query.attributes import Attributes
from hub.reporting.press import Press
from hub.settings import Settings
from hub.subscriptions.registration import Registrations
from hub.subscriptions.rotation import Rotations
from hub.subscriptions.wanting import MakeWanted
from hub.telemetry.exposition import Exposition

CONSOLE_THREADS = 4
"""How many people the console serves at the same moment."""

CHECKERS = 8
"""How many registrations are looked at at the same moment: each waits for a name server and, perhaps, a listener."""

Contract = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Served:
    """What the handlers of all faces share."""

    parts: Parts
    attributes: Attributes
    rules: ClientRules
    tasks: TaskRules
    keeper: Keeper
    registrations: Registrations
    once: Once
    wanted: MakeWanted
    press: Press
    checkers: Executor


def api_app(
    parts: Parts,
    attributes: Attributes,
    faces: Mapping[str, Face],
    rules: ProblemRules,
    press: Press,
    *,
    exposition: Exposition,
    requests: RequestCounts,
    want: Want = lambda: None,
) -> HubApp:
    settings = parts.settings
    served = _Served(
        parts=parts,
        attributes=attributes,
        rules=rules.clients,
        tasks=task_rules(parts, rules.keeper),
        keeper=rules.keeper,
        registrations=make_registrations(parts, attributes, faces),
        wanted=make_wanted(parts, faces),
        press=press,
        once=Once(
            store=parts.store,
            clock=parts.clock,
            lifetime=settings.api.idempotency_lifetime,
            secrets=parts.secrets,
        ),
        checkers=ThreadPoolExecutor(CHECKERS, thread_name_prefix="register"),
    )
    callers, limits = make_callers(settings, parts.store), _limits(settings)
    console = PagesGuard(
        _mounted(make_console(parts.store)), callers=callers, requirement=CONSOLE, quotas=limits.quotas
    )
    return make_app(
        {OPERATIONS_V1: _operations(served, want)}
        | {PATHS[name]: _face(served, face) for name, face in faces.items() if _is_served(name, settings)},
        pages=pages(shipped.openapi_dir(), console, metrics_page(exposition, callers, limits.quotas)),
        callers=callers,
        names=(urlsplit(settings.server.base_url).hostname or "",),
        body_limit=settings.api.body_limit,
        limits=limits,
        counts=requests,
        tracing=parts.tracing,
    )


def _is_served(name: str, settings: Settings) -> bool:
    return name != V3 or settings.api.r18_names


def _credentials(served: _Served) -> dict[str, Handler]:
    parts = served.parts
    prober = make_prober(parts)
    operations = CredentialOperations(
        store=parts.store,
        rotations=Rotations(clock=parts.clock, secrets=parts.secrets),
        once=served.once,
        send_test=prober.send,
        senders=prober.threads,
    )
    return bound(CREDENTIALS, operations)


def _operations(served: _Served, want: Want) -> tuple[Contract, dict[str, Handler]]:
    parts = served.parts
    base_url = parts.settings.server.base_url
    operator = operator_handlers(
        parts,
        served.once,
        served.wanted,
        base_url=base_url + OPERATIONS_V1,
        face_url=base_url + FACE_V5,
        want=want,
    )
    jobs = job_handlers(parts, served.attributes, served.once)
    constraints = constraint_handlers(parts, served.keeper, served.once)
    reporting = reporting_handlers(parts, served.once, served.press)
    return parts.contracts.operations, operator | _credentials(served) | jobs | constraints | reporting


def _face(served: _Served, face: Face) -> tuple[Contract, dict[str, Handler]]:
    """The contract of a face and its handlers."""
    of_v5 = face.name == V5
    worded = None if of_v5 else face.worded
    contracts = served.parts.contracts
    hub = HubOperations(
        store=served.parts.store,
        registrations=served.registrations,
        face=face,
        once=served.once,
        checkers=served.checkers,
    )
    handlers = (
        bound(PROBLEMS, _problems(served, face), worded)
        | _tasks(served, face)
        | bound(HUB if of_v5 else HUB_V4, hub, worded)
    )
    if of_v5:
        return contracts.v5, handlers
    return without_roles(contracts.v4) if face.older_names else contracts.v4, handlers


def _problems(served: _Served, face: Face) -> ProblemOperations:
    parts, settings = served.parts, served.parts.settings
    return ProblemOperations(
        store=parts.store,
        rules=served.rules,
        owners=parts.owners(),
        face=face,
        attributes=asked(served.attributes, face).without("href"),
        record_attributes=record_attributes(parts.contracts.v5),
        lists=make_lists(settings),
        largest=settings.api.body_limit,
        tags=Tags(__version__, face.base_url, settings.api, settings.security.party_paths),
        once=served.once,
    )


def _tasks(served: _Served, face: Face) -> dict[str, Handler]:
    """The handlers of every kind of task at a face."""
    parts = served.parts
    handlers: dict[str, Handler] = {}
    for kind, table in (TASKS if face.name == V5 else TASKS_V4).items():
        operations = TaskOperations(
            kind=kind,
            store=parts.store,
            rules=served.tasks,
            face=face,
            owners=parts.owners(),
            attributes=attributes_of(parts.contracts.v5, kind.type_name).without("href"),
            lists=make_lists(parts.settings),
            once=served.once,
        )
        handlers |= bound(table, operations)
    return handlers


def _limits(settings: Settings) -> Limits:
    security, api = settings.security, settings.api
    limit = RateLimit(security.rate_limit, security.rate_burst) if security.rate_limit else None
    return Limits(
        body_timeout=api.body_timeout,
        answer_timeout=api.answer_timeout,
        origins=api.cors_origins,
        quotas=None if limit is None else Quotas(limit),
    )


def _mounted(console: Flask) -> ASGIApp:
    """The console as an ASGI application; a2wsgi, Flask and Starlette each have types of their own for the same."""
    return cast(ASGIApp, WSGIMiddleware(cast(WSGIApp, console), workers=CONSOLE_THREADS))
