"""How registrations, deliveries, attempts and sources look to the operator."""

from collections.abc import Mapping
from typing import Any

from hub.model.delivery import Attempt, DeliveryState
from hub.model.event import ABOUT_REPORTS
from hub.model.problem import Document
from hub.model.recovery import Recovery
from hub.model.standing import Standing
from hub.model.times import micros_to_text
from hub.model.write_back import WriteBack, WriteBackState
from hub.store.delivery_view import DeliveryView
from hub.store.sources import SourceRow
from hub.store.subscriptions import ENDED, Registered
from hub.store.tables import Tables
from hub.subscriptions.credentials_view import credentials_view
from hub.subscriptions.delivery_options import options_view


def _time(micros: int | None) -> str | None:
    return None if micros is None else micros_to_text(micros)


def subscription_view(
    one: Registered,
    *,
    href: str,
    counts: Mapping[str, int],
    standing: Standing,
    oldest_due: int | None,
    last_delivered: int | None,
) -> Document:
    subscription = one.subscription
    most = subscription.options.max_events
    return {
        "id": subscription.id,
        "href": href,
        "callback": subscription.callback,
        "query": subscription.query,
        "state": subscription.state if one.ended is None else ENDED,
        "stateReason": subscription.state_reason,
        "order": subscription.order,
        "face": subscription.face,
        "owner": subscription.owner,
        "party": subscription.party,
        "list": subscription.list,
        "delivery": {**options_view(subscription.options), **credentials_view(subscription.options)},
        "eventsLeft": None if most is None else max(0, most - standing.events),
        "failures": standing.failures,
        "failingSince": _time(standing.failing_since),
        "heldUntil": _time(standing.held_until or None),
        "creationDate": micros_to_text(subscription.created),
        "endDate": _time(one.ended),
        "endedBy": one.ended_by,
        "count": {state.value: counts.get(state, 0) for state in DeliveryState},
        "oldestDueTime": _time(oldest_due),
        "lastDeliveredTime": _time(last_delivered),
    }


def recovery_view(recovery: Recovery, *, base_url: str) -> Document:
    asked = recovery.asked
    return {
        "@type": "Recovery",
        "id": asked.id,
        "href": f"{base_url}/recoveries/{asked.id}",
        "kind": asked.kind,
        "subscription": {"id": recovery.subscription_id},
        "since": _time(asked.since),
        "until": _time(asked.until),
        "skippedUntil": _time(asked.skipped_until),
        "actor": asked.actor,
        "status": recovery.status,
        "creationDate": micros_to_text(asked.created),
        "startDate": _time(recovery.started),
        "completionDate": _time(recovery.completed),
        "progress": {
            "expected": asked.expected,
            "looked": recovery.looked,
            "changed": recovery.changed,
        },
        "error": recovery.error,
    }


def delivery_view(view: DeliveryView, *, base_url: str, face_url: str) -> Document:
    return {
        "id": str(view.id),
        "href": f"{base_url}/deliveries/{view.id}",
        "@type": "Delivery",
        "subscription": {"id": view.subscription_id, "callback": view.callback},
        "event": {
            "id": view.event_id,
            "eventType": view.event_type,
            "sequence": view.sequence,
            "eventTime": micros_to_text(view.event_time),
        },
        **_subject(view, face_url, base_url),
        "state": view.state,
        "waiting": view.waiting,
        "dueTime": micros_to_text(view.due_at),
        "creationDate": micros_to_text(view.created),
        "deliveredTime": _time(view.delivered_at),
        "attempts": view.attempts,
        "lastOutcome": view.last_outcome,
        "lastStatus": view.last_status,
        "stateReason": view.state_reason,
    }


def _subject(view: DeliveryView, face_url: str, operations_url: str) -> Document:
    """What the event is about; a notice is about a registration."""
    if view.is_notice:
        return {"listener": {"id": view.problem_id, "href": f"{face_url}/hub/{view.problem_id}"}}
    if view.event_type in ABOUT_REPORTS:
        href = f"{operations_url}/managementReport/{view.problem_id}"
        return {"managementReport": {"id": view.problem_id, "href": href}}
    name = "serviceProblem" if view.resource == "serviceProblem" else "task"
    return {name: {"id": view.problem_id, "href": f"{face_url}/{view.resource}/{view.problem_id}"}}


def attempt_view(attempt: Attempt) -> Document:
    timing = attempt.timing
    phases: dict[str, Any] = {
        "nameLookup": timing.name_lookup,
        "connect": timing.connect,
        "tls": timing.tls,
        "firstByte": timing.first_byte,
        "total": timing.total,
    }
    return {
        "number": attempt.number,
        "startTime": micros_to_text(attempt.started),
        "outcome": attempt.outcome,
        "status": attempt.status,
        "peerAddress": attempt.peer_address,
        "timing": phases,
        "header": [{"name": name, "value": value} for name, value in attempt.headers],
        "body": attempt.body.decode("utf-8", "replace"),
        "error": attempt.error,
    }


def source_view(row: SourceRow, written: Mapping[str, int]) -> Document:
    """`written` is {state: how many} of what goes back to its tickets."""
    return {
        "name": row.name,
        "adapter": row.adapter,
        "state": row.state,
        "lastSuccessTime": _time(row.last_success),
        "lastPollTime": _time(row.last_poll),
        "nextPollTime": _time(row.next_poll),
        "failures": row.failures,
        "lagSeconds": row.lag,
        "problems": row.problems,
        "unmapped": row.unmapped,
        "error": row.error,
        "cursor": row.cursor,
        "writeBacks": {state.value: written.get(state, 0) for state in WriteBackState},
    }


def source_views(tables: Tables) -> list[Document]:
    written = tables.write_backs.counts()
    return [source_view(row, written.get(row.name, {})) for row in tables.sources.all()]


def write_back_view(one: WriteBack, *, base_url: str, face_url: str) -> Document:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face."""
    is_due = one.state is WriteBackState.DUE
    view = {
        "id": one.id,
        "href": f"{base_url}/writeBacks/{one.id}",
        "serviceProblem": {"id": one.problem_id, "href": f"{face_url}/serviceProblem/{one.problem_id}"},
        "source": one.source,
        "ticket": one.key,
        "kind": one.kind,
        "state": one.state,
        **one.told,
        "word": one.word,
        "creationTime": micros_to_text(one.created),
        "dueTime": micros_to_text(one.due_at) if is_due else None,
        "endTime": _time(one.settled_at),
        "attempts": one.attempts,
        "error": one.outcome,
    }
    return {name: value for name, value in view.items() if value is not None}
