"""The operator's view of registrations, and what may be done with them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from hub.api.conditions import on_condition, tag_of
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.operations_view import recovery_view, subscription_view
from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.model.recovery import Recovery
from hub.model.subscription import SubscriptionState
from hub.model.times import from_text, micros_to_text, to_micros
from hub.store.sqlite import Store
from hub.store.subscriptions import ENDED, FILTERS, Registered
from hub.store.tables import Tables
from hub.subscriptions.changing import Changing
from hub.subscriptions.recovering import Recovering, Span, known_registration
from hub.telemetry import logger

log = logger("hub.api")

WORDS: Mapping[str, tuple[str, ...] | None] = {
    **dict.fromkeys(FILTERS, None),
    "state": (*(state.value for state in SubscriptionState), ENDED),
}

Begin = Callable[..., Recovery]


class SubscriptionOperations:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face (no final slashes)."""

    def __init__(
        self,
        *,
        store: Store,
        changing: Changing,
        recovering: Recovering,
        once: Once,
        base_url: str,
        face_url: str,
        page_maximum: int,
    ) -> None:
        self._store = store
        self._changing = changing
        self._recovering = recovering
        self._once = once
        self._base_url = base_url
        self._face_url = face_url
        self._page_maximum = page_maximum

    async def subscriptions(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, WORDS, what="subscriptions", maximum=self._page_maximum)
        tables = self._store.read
        found = tables.subscriptions.page(asked.filters, offset=asked.offset, limit=asked.limit)
        counts = tables.deliveries.counts()
        views = [self._view(tables, one, counts.get(one.seq, {})) for one in found]
        headers = asked.headers(
            f"{self._base_url}/subscriptions", returned=len(views), total=tables.subscriptions.count(asked.filters)
        )
        return json_response(views, headers=headers)

    def _view(self, tables: Tables, one: Registered, counts: Mapping[str, int]) -> Document:
        return subscription_view(
            one,
            href=f"{self._face_url}/hub/{one.subscription.id}",
            counts=counts,
            standing=tables.standings.get(one.seq),
            oldest_due=tables.deliveries.next_due(one.seq),
            last_delivered=tables.deliveries.last_delivered(one.seq),
        )

    async def subscription(self, request: Request) -> Response:
        subscription_id = request.path_params["id"]
        return json_response(await asyncio.to_thread(lambda: self._whole(self._store.read, subscription_id)))

    def _whole(self, tables: Tables, subscription_id: str) -> Document:
        """With what was changed of it, and the work on its deliveries that has not ended. Raises NotFound."""
        one = known_registration(tables, subscription_id)
        view = self._view(tables, one, tables.deliveries.counts_of(one.seq))
        changes = [
            {"time": micros_to_text(change.time), "actor": change.actor, "changes": change.changes}
            for change in tables.subscriptions.changes(one.seq)
        ]
        open_ones = tables.recoveries.open_of(one.seq)
        return view | {"change": changes, "recovery": [self._recovery(each) for each in open_ones]}

    async def patch(self, request: Request) -> Response:
        subscription_id = request.path_params["id"]

        def change(tables: Tables) -> Document:
            self._changing.change(tables, subscription_id, request.body, request.caller)
            return self._whole(tables, subscription_id)

        def answer(view: Document) -> Response:
            response = json_response(view)
            return replace(response, etag=tag_of(response.body))

        work = on_condition(request, change, partial(self._tag, subscription_id=subscription_id))
        response = await self._once.write(request, work, answer, secret=True)
        log.info(
            "subscription.changed",
            subscription=subscription_id,
            members=sorted(request.body),
            actor=request.caller.name,
        )
        return response

    def _tag(self, tables: Tables, *, subscription_id: str) -> str:
        return tag_of(orjson.dumps(self._whole(tables, subscription_id)))

    async def recover(self, request: Request) -> Response:
        return await self._begin(request, self._recovering.recover)

    async def replay(self, request: Request) -> Response:
        return await self._begin(request, self._recovering.replay)

    async def _begin(self, request: Request, begin: Begin) -> Response:
        subscription_id, span = request.path_params["id"], _span(request.body)
        work = on_condition(
            request,
            lambda tables: begin(tables, subscription_id, span=span, caller=request.caller),
            partial(self._tag, subscription_id=subscription_id),
        )
        response = await self._once.write(request, work, self._begun)
        what = request.path.rpartition("/")[2]
        log.info("recovery.asked", kind=what, subscription=subscription_id, actor=request.caller.name)
        return response

    def _begun(self, recovery: Recovery) -> Response:
        view = self._recovery(recovery)
        return json_response(view, status=202, headers=(("Location", view["href"]),))

    def _recovery(self, recovery: Recovery) -> Document:
        return recovery_view(recovery, base_url=self._base_url)


def _span(body: Mapping[str, Any]) -> Span:
    """Raises InvalidInput for what is no instant, and for a member that is not known."""
    violations, found = [], {}
    for name, value in body.items():
        if name not in ("since", "until"):
            violations.append(Violation(field=name, message="is not known here; these are: since, until"))
        elif value is not None:
            try:
                found[name] = to_micros(from_text(value))
            except (TypeError, ValueError):
                message = 'must be an instant with a zone, such as "2026-03-01T22:00:00Z"'
                violations.append(Violation(field=name, value=value, message=message))
    if violations:
        raise InvalidInput(violations=violations)
    return Span(**found)
