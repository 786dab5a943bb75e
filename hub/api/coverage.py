"""The operation that answers who should have been told and was not."""

import asyncio
from collections.abc import Mapping, Sequence

from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.errors import InvalidInput, NotFound, Violation
from hub.model.problem import Document
from hub.model.times import micros_to_text
from hub.store.events import Queued
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.coverage import Coverage, Reason, Row

WORDS: Mapping[str, Sequence[str] | None] = {
    "serviceProblem": None,
    "event": None,
    "reason": [reason.value for reason in Reason],
    "told": ["true", "false"],
    "list": None,
    "party": None,
    "subscription": None,
}


class CoverageOperations:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(self, *, store: Store, coverage: Coverage, base_url: str, page_maximum: int) -> None:
        self._store = store
        self._coverage = coverage
        self._base_url = base_url
        self._page_maximum = page_maximum

    async def coverage(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, WORDS, what="coverage", maximum=self._page_maximum)
        rows = coverage_rows(self._store.read, self._coverage, asked.filters)
        page = rows[asked.offset : asked.offset + asked.limit]
        headers = asked.headers(f"{self._base_url}/coverage", returned=len(page), total=len(rows))
        return json_response([coverage_view(row, base_url=self._base_url) for row in page], headers=headers)


def coverage_rows(tables: Tables, coverage: Coverage, filters: Mapping[str, str]) -> list[Row]:
    """Raises InvalidInput where nothing is asked about, and NotFound where there is no event of it."""
    return [row for row in coverage.of(tables, _events(tables, filters)) if _fits(row, filters)]


def coverage_views(
    tables: Tables, coverage: Coverage, filters: Mapping[str, str], *, base_url: str
) -> list[Document]:
    return [coverage_view(row, base_url=base_url) for row in coverage_rows(tables, coverage, filters)]


def coverage_view(row: Row, *, base_url: str) -> Document:
    event = row.queued.event
    return {
        "event": {
            "id": event.id,
            "eventType": event.type,
            "sequence": event.sequence,
            "eventTime": micros_to_text(event.time),
        },
        **_who(row),
        "told": row.reason is Reason.TOLD,
        "reason": row.reason,
        **_standing(row, base_url),
    }


def _standing(row: Row, base_url: str) -> Document:
    standing = row.standing
    if standing is None:
        return {"detail": _detail(row), "deliveredTime": None, "dueTime": None, "delivery": None}
    pending = row.reason is Reason.PENDING
    return {
        "detail": _detail(row),
        "deliveredTime": None if standing.delivered_at is None else micros_to_text(standing.delivered_at),
        "dueTime": micros_to_text(standing.due_at) if pending else None,
        "delivery": {
            "id": str(standing.delivery),
            "href": f"{base_url}/deliveries/{standing.delivery}",
            "attempts": standing.attempts,
            "lastOutcome": standing.last_outcome,
            "lastStatus": standing.last_status,
        },
    }


def _events(tables: Tables, filters: Mapping[str, str]) -> list[Queued]:
    """Raises InvalidInput where nothing is asked about, and NotFound where there is no event of it."""
    if ("event" in filters) == ("serviceProblem" in filters):
        message = "say what is asked about: `serviceProblem` or `event`"
        raise InvalidInput(violations=[Violation(field="serviceProblem", message=message)])
    if "event" in filters:
        found = tables.events.by_id(filters["event"])
        events = [] if found is None else [found]
    else:
        events = tables.events.of_problem(filters["serviceProblem"])
    if not events:
        name = "event" if "event" in filters else "serviceProblem"
        message = f"there is no event {'' if name == 'event' else 'about '}{filters[name]}"
        raise NotFound(violations=[Violation(field=name, value=filters[name], message=message)])
    return events


def _fits(row: Row, filters: Mapping[str, str]) -> bool:
    who = row.one.subscription if row.one is not None else None
    has = {
        "reason": row.reason.value,
        "told": "true" if row.reason is Reason.TOLD else "false",
        "list": who.list if who is not None else row.entry and row.entry.list,
        "party": who.party if who is not None else row.entry and row.entry.party,
        "subscription": who.id if who is not None else None,
    }
    return all(has[name] == value for name, value in filters.items() if name in has)


def _who(row: Row) -> Document:
    if row.one is not None:
        who = row.one.subscription
        about = {
            "callback": who.callback,
            "query": who.query,
            "party": who.party,
            "contact": None,
            "list": who.list,
        }
        return {"subscription": {"id": who.id}, **about}
    entry = row.entry
    assert entry is not None
    return {
        "subscription": None,
        "callback": entry.callback,
        "query": entry.query,
        "party": entry.party,
        "contact": entry.contact,
        "list": entry.list,
    }


def _detail(row: Row) -> str | None:
    """Why in more words, where there are any."""
    if row.entry is not None:
        return row.entry.error
    if row.reason in (Reason.PAUSED, Reason.DISABLED) and row.one is not None:
        return row.one.subscription.state_reason
    if row.reason is Reason.ENDED and row.one is not None and row.one.ended is not None:
        return f"ended by {row.one.ended_by or 'somebody'} at {micros_to_text(row.one.ended)}"
    return None
