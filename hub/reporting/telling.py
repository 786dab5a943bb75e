"""Tells what has become of a management report: by an event over the hub, to whom its audience allows, and by mails."""

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from hub.model.event import Event, EventType
from hub.model.ids import NewId
from hub.model.job import Job
from hub.model.problem import Document
from hub.model.times import micros_to_text, to_text
from hub.problems.envelope import Letterhead
from hub.reporting.audiences.definition import MEDIA_TYPES, Format
from hub.reporting.links import Links
from hub.reporting.order import Order, order_from
from hub.reporting.press import Press
from hub.store.tables import Tables

ORDER_KEY = -(1 << 41)
"""What events about reports wait in line for: below the keys of service problems, tasks and notices."""

TITLES = {
    EventType.REPORT_READY: "A management report is ready",
    EventType.REPORT_FAILED: "A management report could not be made",
}


@dataclass(frozen=True, kw_only=True)
class Teller:
    letterhead: Letterhead
    links: Links
    press: Press
    new_id: NewId
    mails: bool = False
    """Whether anybody sends mails."""

    def ready(self, tables: Tables, job: Job, *, now: int) -> None:
        """A report has been made: write what tells of it, in the transaction that says so."""
        order = order_from(job.asked.query or "")
        tables.events.append(self._event(job, order, now), problem=ORDER_KEY - job.seq)
        if self.mails and order.sent:
            for recipient in self.press.recipients(order):
                tables.mails.insert(self.new_id(), report=job.asked.id, recipient=recipient, now=now)

    def failed(self, tables: Tables, job: Job, error: str, *, now: int) -> None:
        """A report could not be made: operators are told, and nobody else."""
        order = order_from(job.asked.query or "")
        tables.events.append(self._event(job, order, now, error), problem=ORDER_KEY - job.seq)

    def _event(self, job: Job, order: Order, now: int, error: str | None = None) -> Event:
        event_id, at = self.new_id(), micros_to_text(now)
        kind = EventType.REPORT_READY if error is None else EventType.REPORT_FAILED
        description = f"{order.definition.title}, {order.period}"
        envelope = {
            "@type": kind,
            "eventId": event_id,
            "eventTime": at,
            "eventType": kind,
            "timeOccurred": at,
            "recordTime": at,
            "sequence": 1,
            "correlationId": job.asked.id,
            "domain": "serviceProblemManagement",
            "title": TITLES[kind],
            "description": description if error is None else f"{description}: {error}",
            "reportingSystem": {"@type": "EntityRef", "id": self.letterhead.reporting_system, "name": "qos-hub"},
            "event": {"managementReport": self._payload(job, order, now, error)},
        }
        return Event(
            id=event_id,
            type=kind,
            problem_id=job.asked.id,
            sequence=1,
            time=now,
            body=orjson.dumps(envelope),
            party=self.press.party(order) if error is None else None,
        )

    def _payload(self, job: Job, order: Order, now: int, error: str | None) -> Document:
        head = {**report_head(job, order, base_url=self.links.base_url), "completionDate": micros_to_text(now)}
        if error is not None:
            return {**head, "error": error, "artefact": []}
        return {**head, "artefact": [self._artefact(job.asked.id, form, now) for form in order.formats]}

    def _artefact(self, report: str, form: Format, now: int) -> Document:
        link = self.links.link(report, form, now=now)
        expires = to_text(datetime.fromtimestamp(link.expires, UTC))
        return {"format": form, "contentType": MEDIA_TYPES[form], "url": link.url, "expires": expires}


def report_head(job: Job, order: Order, *, base_url: str) -> Document:
    """What identifies a report, wherever it is shown; what there is not is absent."""
    definition = order.definition
    of_it = {"id": definition.name, "href": f"{base_url}/reportDefinition/{definition.name}"}
    head = {
        "@type": "ManagementReport",
        "id": job.asked.id,
        "href": f"{base_url}/managementReport/{job.asked.id}",
        "title": definition.title,
        "definition": of_it,
        "audience": definition.audience,
        "period": order.period,
        "zone": order.zone or definition.zone,
        "scope": order.whole_scope,
        "recordedUntil": order.recorded_text,
        "restates": _restated(order, base_url),
        "schedule": None if order.due is None else {**of_it, "due": micros_to_text(order.due)},
        "creationDate": micros_to_text(job.asked.created),
    }
    return {name: value for name, value in head.items() if value is not None}


def _restated(order: Order, base_url: str) -> Document | None:
    if order.restates is None:
        return None
    report, recorded = order.restates
    href = f"{base_url}/managementReport/{report}"
    return {"id": report, "href": href, "recordedUntil": micros_to_text(recorded)}
