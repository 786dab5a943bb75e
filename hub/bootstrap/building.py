"""A hub as its settings want it: the doors of its roles over one store."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.types import ASGIApp

from hub.api.app import HubApp
from hub.api.counts import RequestCounts
from hub.bootstrap.api import api_app
from hub.bootstrap.constraints import make_watcher
from hub.bootstrap.delivery import make_worker
from hub.bootstrap.faces import make_faces, report_attributes
from hub.bootstrap.intake import make_pollers
from hub.bootstrap.jobs import make_job_runner
from hub.bootstrap.mail import make_mail_sender
from hub.bootstrap.metrics import make_exposition, metrics_door
from hub.bootstrap.parts import make_parts
from hub.bootstrap.reporting import make_press, make_scheduler
from hub.bootstrap.rules import report_rules
from hub.bootstrap.tracing import make_tracing
from hub.bootstrap.upkeep import make_housekeepers
from hub.delivery.mail.counts import MailCounts
from hub.delivery.worker import DeliveryWorker
from hub.intake.account import note_unpolled
from hub.intake.configured import check_sources
from hub.intake.poller import Poller
from hub.jobs.runner import JobRunner
from hub.model.times import Clock, system_clock
from hub.settings import Settings
from hub.store.sqlite import Store
from hub.telemetry.exposition import Exposition
from hub.telemetry.trails import Tracing
from hub.upkeep.housekeeper import Housekeeper


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that is built but not started; which doors it has is a matter of its roles."""

    settings: Settings
    store: Store
    app: HubApp | None
    metrics: ASGIApp | None
    exposition: Exposition
    worker: DeliveryWorker | None
    pollers: Sequence[Poller]
    jobs: JobRunner | None = None
    tracing: Tracing | None = None
    housekeepers: Sequence[Housekeeper] = ()

    def start(self) -> None:
        """Senders first, so that what the other doors bring is sent at once."""
        if self.worker:
            self.worker.start()
        for housekeeper in self.housekeepers:
            housekeeper.start()
        for poller in self.pollers:
            poller.start()
        if self.jobs:
            self.jobs.start()
        if "intake" in self.settings.server.roles:
            self.store.write(partial(note_unpolled, settings=self.settings.sources))

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
        for housekeeper in self.housekeepers:
            housekeeper.stop(max(0.0, end - time.monotonic()))
        if self.worker:
            self.worker.stop(grace)
        self.store.close()
        if self.tracing:
            self.tracing.close()


def build(settings: Settings, *, clock: Clock = system_clock) -> Hub:
    """Raises InvalidSettings, or StoreUnavailable when the database cannot be used."""
    check_sources(settings, clock=clock)
    parts = replace(make_parts(settings, clock), tracing=make_tracing(settings))
    attributes, faces, rules = report_attributes(parts), make_faces(parts), report_rules(parts)
    roles, press = settings.server.roles, make_press(settings)
    requests = RequestCounts()
    worker = make_worker(parts, faces) if "delivery" in roles else None
    pollers = make_pollers(parts, rules.sources) if "intake" in roles else ()
    mails = MailCounts()
    exposition = make_exposition(parts, requests=requests, worker=worker, pollers=pollers, mails=mails)
    api = partial(api_app, parts, attributes, faces, rules, press, exposition=exposition, requests=requests)
    if worker is not None:
        api = partial(api, want=worker.want)
    return Hub(
        settings=settings,
        store=parts.store,
        app=api() if "api" in roles else None,
        metrics=metrics_door(parts, exposition),
        exposition=exposition,
        worker=worker,
        pollers=pollers,
        jobs=make_job_runner(parts, attributes, rules.imports, press) if "jobs" in roles else None,
        tracing=parts.tracing,
        housekeepers=(
            *(make_housekeepers(parts, attributes, faces) if "delivery" in roles else ()),
            *([make_mail_sender(parts, press, mails)] if "delivery" in roles and settings.mail.host else []),
            *([make_scheduler(parts, press)] if "jobs" in roles else []),
            *([make_watcher(parts, rules)] if "jobs" in roles and settings.constraints.enabled else []),
        ),
    )
