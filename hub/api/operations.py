"""The operator's view: health, registrations, deliveries with their attempts, sources."""

import asyncio
from collections.abc import Callable
from functools import partial

import orjson

from hub import __version__
from hub.api.conditions import NOT_STORED, on_condition, tag_of
from hub.api.messages import Request, Response, json_response
from hub.api.operations_view import attempt_view, delivery_view, source_views
from hub.errors import StoreUnavailable
from hub.model.problem import Document
from hub.model.times import Clock, to_micros
from hub.store.delivery_view import DeliveryView
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.resending import known_delivery, resend
from hub.telemetry import logger

log = logger("hub.api")

Want = Callable[[], str | None]

OVERDUE = 60.0
"""Seconds that the oldest due delivery may be late before the hub calls itself not ready."""


class Operations:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face (no final slashes).

    `want` says what the sender of this process is out of, if it has one and cannot send for that.
    """

    def __init__(
        self, *, store: Store, clock: Clock, base_url: str, face_url: str, want: Want = lambda: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._base_url = base_url
        self._face_url = face_url
        self._want = want

    async def health(self, request: Request) -> Response:
        """Ready means: the database takes a write, no delivery is long overdue, and there is what sending takes."""
        checks = {"store": await self._store_check(), "delivery": await asyncio.to_thread(self._delivery_check)}
        reasons = [f"{name}: {check['detail']}" for name, check in checks.items() if not check["ok"]]
        body = {"live": True, "ready": not reasons, "reason": reasons, "version": __version__, "checks": checks}
        return json_response(body, status=503 if reasons else 200, headers=(NOT_STORED,))

    async def _store_check(self) -> Document:
        try:
            await self._store.awrite(lambda tables: tables.events.touch(to_micros(self._clock())))
        except StoreUnavailable as error:
            return {"ok": False, "detail": error.message}
        return {"ok": True, "detail": "the database takes writes"}

    def _delivery_check(self) -> Document:
        oldest = self._store.read.deliveries.oldest_due()
        late = 0.0 if oldest is None else max(0.0, (to_micros(self._clock()) - oldest) / 1e6)
        detail = f"the oldest due delivery is {late:.1f} s late" if late else "no delivery is late"
        want = self._want()
        if want:
            detail = f"nothing can be sent for want of something of ours: {want}; {detail}"
        return {"ok": late < OVERDUE and not want, "detail": detail, "oldestDueSeconds": round(late, 3)}

    async def delivery(self, request: Request) -> Response:
        return await asyncio.to_thread(self._delivery, request.path_params["id"])

    def _delivery(self, delivery_id: str) -> Response:
        return json_response(self._whole(self._store.read, delivery_id))

    def _whole(self, tables: Tables, delivery_id: str) -> Document:
        view = known_delivery(tables, delivery_id)
        attempts = [attempt_view(attempt) for attempt in tables.deliveries.attempts(view.id)]
        return {**self._view(view), "attempt": attempts}

    async def resend(self, request: Request) -> Response:
        delivery_id = request.path_params["id"]
        work = on_condition(
            request,
            partial(self._resend, delivery_id=delivery_id),
            lambda tables: tag_of(orjson.dumps(self._whole(tables, delivery_id))),
        )
        view = await self._store.awrite(work)
        log.info("delivery.resent", delivery=view.id, actor=request.caller.name)
        return json_response(self._view(view), status=202)

    def _resend(self, tables: Tables, delivery_id: str) -> DeliveryView:
        return resend(tables, delivery_id, now=to_micros(self._clock()))

    async def sources(self, request: Request) -> Response:
        return _whole_list(await asyncio.to_thread(lambda: source_views(self._store.read)))

    def _view(self, view: DeliveryView) -> Document:
        return delivery_view(view, base_url=self._base_url, face_url=self._face_url)


def _whole_list(views: list[Document]) -> Response:
    total = str(len(views))
    return json_response(views, headers=(("X-Total-Count", total), ("X-Result-Count", total)))
