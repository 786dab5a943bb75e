"""What is measured, read from every part of a hub, and the page that shows it."""

import platform
from collections.abc import Iterator, Sequence
from functools import partial

from starlette.types import ASGIApp

from hub import __version__
from hub.access.callers import Callers
from hub.api.counts import RequestCounts
from hub.api.failures import Failures
from hub.api.guard import PagesGuard
from hub.api.metrics import READ, MetricsDoor, MetricsPage
from hub.api.quotas import Quotas
from hub.api.security import LocalCallers
from hub.bootstrap.callers import make_callers
from hub.bootstrap.parts import Parts
from hub.delivery.lane_readings import lag
from hub.delivery.mail.counts import MailCounts
from hub.delivery.worker import DeliveryWorker
from hub.intake.poller import Poller
from hub.model.delivery import DeliveryState
from hub.model.times import to_micros
from hub.store.sqlite import Store
from hub.telemetry import catalogue
from hub.telemetry.exposition import CONTENT_TYPE, Exposition
from hub.telemetry.metric import Reader, Reading

STATES = {
    "ready": DeliveryState.DUE.value,
    "waiting": "waiting",
    "in_flight": DeliveryState.IN_FLIGHT.value,
    "parked": DeliveryState.PARKED.value,
    "dead": DeliveryState.DEAD.value,
}
"""The figures of deliveries by the words for them; `waiting` ones stand behind another of their report."""


def make_exposition(
    parts: Parts,
    *,
    requests: RequestCounts,
    worker: DeliveryWorker | None,
    pollers: Sequence[Poller],
    mails: MailCounts,
) -> Exposition:
    readers: list[Reader] = [
        partial(_build, parts),
        partial(_database, parts),
        parts.store.readings,
        requests.readings,
        mails.readings,
    ]
    if worker is not None:
        readers.append(partial(worker.readings, parts.settings.metrics.per_listener))
    readers += [poller.counts.readings for poller in pollers]
    return Exposition(readers)


def metrics_page(exposition: Exposition, callers: Callers, quotas: Quotas | None) -> PagesGuard:
    """The page, for those who may see it."""
    page = MetricsPage(exposition.text, CONTENT_TYPE)
    return PagesGuard(page, callers=callers, requirement=READ, quotas=quotas)


def metrics_door(parts: Parts, exposition: Exposition) -> ASGIApp | None:
    """What is served at an address of its own; None where the settings name none."""
    if not parts.settings.metrics.listen:
        return None
    callers = make_callers(parts.settings, parts.store)
    local = LocalCallers(names=(), origins=(), applies=callers.is_open)
    return Failures(MetricsDoor(metrics_page(exposition, callers, None), local))


def _build(parts: Parts) -> Iterator[Reading]:
    roles = ",".join(parts.settings.server.roles)
    yield Reading(catalogue.BUILD, 1, (__version__, platform.python_version(), roles))


def _database(parts: Parts) -> Iterator[Reading]:
    """What stands in the database: every process over it says the same."""
    figures = parts.store.read.figures
    due, now = figures.due_since(), to_micros(parts.clock())
    yield Reading(catalogue.DUE_LAG, max((lag(one, now) for one in due.values()), default=0.0))
    for figure, count in figures.deliveries().items():
        yield Reading(catalogue.DELIVERIES, count, (STATES[figure],))
    for state, count in figures.listeners().items():
        yield Reading(catalogue.LISTENERS, count, (state,))
    for subscription, end in figures.certificate_ends(parts.settings.metrics.per_listener).items():
        yield Reading(catalogue.LISTENER_CERTIFICATE, end / 1e6, (subscription,))
    for (kind, status), count in figures.jobs().items():
        yield Reading(catalogue.JOBS, count, (kind, status))
    for state, count in figures.mails().items():
        yield Reading(catalogue.MAILS, count, (state,))
    yield Reading(catalogue.MAIL_LAG, lag(figures.mail_due_since(), now))
    yield from _outbox(parts.store)


def _outbox(store: Store) -> Iterator[Reading]:
    tables = store.read
    yield Reading(catalogue.EVENTS_APPENDED, tables.figures.made("event"))
    yield Reading(catalogue.EVENTS_FANNED_OUT, tables.events.fanned_out())
    yield Reading(catalogue.DELIVERIES_MADE, tables.figures.made("delivery"))
