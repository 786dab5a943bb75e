"""The operations that show what goes back into tickets, and have it written again."""

import asyncio
from collections.abc import Mapping
from functools import partial

import orjson

from hub.api.conditions import on_condition, tag_of
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.operations_view import write_back_view
from hub.model.problem import Document
from hub.model.times import Clock, to_micros
from hub.model.write_back import WriteBack, WriteBackState
from hub.problems.write_back import known_write_back, send_again
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.api")

WORDS: Mapping[str, tuple[str, ...] | None] = {
    "serviceProblem": None,
    "source": None,
    "state": tuple(state.value for state in WriteBackState),
}


class WriteBackOperations:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face."""

    def __init__(self, *, store: Store, clock: Clock, base_url: str, face_url: str, page_maximum: int) -> None:
        self._store = store
        self._clock = clock
        self._base_url = base_url
        self._face_url = face_url
        self._page_maximum = page_maximum

    async def write_backs(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, WORDS, what="write-backs", maximum=self._page_maximum)
        table = self._store.read.write_backs
        found = table.page(asked.filters, offset=asked.offset, limit=asked.limit)
        headers = asked.headers(
            f"{self._base_url}/writeBacks", returned=len(found), total=table.count(asked.filters)
        )
        return json_response([self._view(one) for one in found], headers=headers)

    async def write_back(self, request: Request) -> Response:
        write_back_id = request.path_params["id"]
        return await asyncio.to_thread(lambda: Response(body=self._shown(self._store.read, write_back_id)))

    def _shown(self, tables: Tables, write_back_id: str) -> bytes:
        return orjson.dumps(self._view(known_write_back(tables, write_back_id)))

    async def resend(self, request: Request) -> Response:
        write_back_id = request.path_params["id"]
        work = on_condition(
            request,
            partial(send_again, write_back_id=write_back_id, now=to_micros(self._clock())),
            lambda tables: tag_of(self._shown(tables, write_back_id)),
        )
        one = await self._store.awrite(work)
        log.info("write_back.resent", write_back=one.id, source=one.source, actor=request.caller.name)
        return json_response(self._view(one), status=202)

    def _view(self, one: WriteBack) -> Document:
        return write_back_view(one, base_url=self._base_url, face_url=self._face_url)
