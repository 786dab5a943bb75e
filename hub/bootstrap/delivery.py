"""The door for events: a worker, its listeners and its transport."""

from collections.abc import Mapping
from functools import partial

from hub.api.render import Face
from hub.bootstrap.contracts import OPERATIONS_V1
from hub.bootstrap.faces import query_reader
from hub.bootstrap.parts import Parts, make_guard
from hub.delivery.breaker import BreakerRules
from hub.delivery.control import ControlClient
from hub.delivery.failures import FailureRules
from hub.delivery.listeners import make_listener
from hub.delivery.notices import Desk
from hub.delivery.resolve import Resolver
from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.tokens import Tokens
from hub.delivery.transport.authorising import AuthorisingTransport
from hub.delivery.transport.curl_transport import CurlTransport
from hub.delivery.transport.direct_transport import DirectTransport
from hub.delivery.transport.port import Transport
from hub.delivery.transport.requests_transport import RequestsTransport
from hub.delivery.worker import DeliveryWorker
from hub.delivery.worker_settings import WorkerSettings
from hub.faces import EVENT_RENDERERS, EVENT_RENDERERS_R18
from hub.model.times import Clock
from hub.query.attributes import ANYTHING
from hub.settings import DeliverySettings, Settings
from hub.store.leases import Holder

WATCH_ALONE, WATCH_OTHERS = 0.02, 0.25
"""Seconds between a sender's looks at the database for what other processes wrote, since SQLite cannot call: when
they bring all the events, and when this process has every door itself."""

TRANSPORTS: dict[str, type[DirectTransport | CurlTransport | RequestsTransport]] = {
    "direct": DirectTransport,
    "pycurl": CurlTransport,
    "requests": RequestsTransport,
}


def make_worker(parts: Parts, faces: Mapping[str, Face]) -> DeliveryWorker:
    settings, delivery = parts.settings, parts.settings.delivery
    together = {"api", "intake"} <= set(settings.server.roles)
    return DeliveryWorker(
        store=parts.store,
        transport=make_transport(settings, parts.clock),
        settler=Settler(
            schedules=Schedules(Schedule.from_settings(delivery.schedule, delivery.jitter), delivery.jitter),
            longest_hint=delivery.retry_after_maximum,
        ),
        clock=parts.clock,
        make_listener=partial(
            make_listener,
            parse_query=query_reader(ANYTHING, faces),
            secrets=parts.secrets,
            party_paths=settings.security.party_paths,
        ),
        settings=_worker_settings(delivery, WATCH_OTHERS if together else WATCH_ALONE),
        holder=Holder.this(),
        desk=Desk(
            letterhead=parts.letterhead(),
            operations_url=settings.server.base_url + OPERATIONS_V1,
            new_id=parts.new_id,
        ),
        attempts=parts.tracing.attempts if parts.tracing else None,
        renderers=EVENT_RENDERERS_R18 if settings.api.r18_names else EVENT_RENDERERS,
    )


def _worker_settings(delivery: DeliverySettings, watch: float) -> WorkerSettings:
    return WorkerSettings(
        lease=delivery.lease,
        order_patience=delivery.order_patience,
        per_listener=delivery.in_flight_per_listener,
        total=delivery.in_flight_total,
        reserved=delivery.reserved_share,
        breaker=BreakerRules(
            failures=delivery.breaker_failures,
            rate=delivery.breaker_rate,
            pause=round(delivery.breaker_pause * 1e6),
            longest=round(delivery.breaker_pause_maximum * 1e6),
        ),
        failures=FailureRules(limit=delivery.disable_after, span=round(delivery.disable_span * 1e6)),
        watch=watch,
    )


def make_transport(
    settings: Settings, clock: Clock, *, deadline: float | None = None, connections: int | None = None
) -> Transport:
    """As the settings want it, or with another deadline or number of connections."""
    delivery = settings.delivery
    deadline = deadline or delivery.deadline
    kind = TRANSPORTS[delivery.transport]
    guard = make_guard(settings)
    resolver = Resolver(guard, ttl=delivery.name_ttl)
    inner = kind(
        guard=guard,
        resolver=resolver,
        deadline=deadline,
        response_limit=delivery.response_limit,
        max_connections=connections or delivery.in_flight_total,
        ca_file=delivery.ca_file or None,
        clock=clock,
    )
    tokens = Tokens(make_control(settings, resolver, clock, deadline=deadline))
    return AuthorisingTransport(inner, tokens, deadline=deadline, clock=clock)


def make_control(settings: Settings, resolver: Resolver, clock: Clock, *, deadline: float) -> ControlClient:
    """For calls that are no deliveries; it trusts whom the settings trust, whatever a registration says."""
    delivery = settings.delivery
    return ControlClient(
        guard=make_guard(settings),
        resolver=resolver,
        deadline=deadline,
        ca_file=delivery.ca_file or None,
        clock=clock,
    )
