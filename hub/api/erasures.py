"""The operations that erase one party's data, and show receipts that hold none of it."""

import asyncio

import orjson

from hub.api.conditions import on_condition, tag_of
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.errors import InvalidInput, NotFound, Violation
from hub.model.erasure import Erasure, Stage
from hub.model.problem import Document
from hub.model.times import micros_to_text
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.erasing import Erasing
from hub.telemetry import logger

log = logger("hub.api")


class ErasureOperations:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(self, *, store: Store, erasing: Erasing, once: Once, base_url: str, page_maximum: int) -> None:
        self._store = store
        self._erasing = erasing
        self._once = once
        self._base_url = base_url
        self._page_maximum = page_maximum

    async def erase(self, request: Request) -> Response:
        party = _party(request)

        def erase(tables: Tables) -> Erasure:
            return self._erasing.erase(tables, party, request.caller)

        response = await self._once.write(request, on_condition(request, erase, self._tag), self._begun)
        erasure_id = dict(response.headers)["Location"].rpartition("/")[2]
        log.info("erasure.asked", erasure=erasure_id, actor=request.caller.name)
        return response

    def _tag(self, tables: Tables) -> str:
        found = tables.erasures.page(offset=0, limit=self._page_maximum)
        return tag_of(orjson.dumps([self._view(one) for one in found]))

    def _begun(self, erasure: Erasure) -> Response:
        view = self._view(erasure)
        return json_response(view, status=202, headers=(("Location", view["href"]),))

    async def erasures(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, {}, what="erasures", maximum=self._page_maximum)
        table = self._store.read.erasures
        found = table.page(offset=asked.offset, limit=asked.limit)
        headers = asked.headers(f"{self._base_url}/erasures", returned=len(found), total=table.count())
        return json_response([self._view(one) for one in found], headers=headers)

    async def erasure(self, request: Request) -> Response:
        erasure_id = request.path_params["id"]
        found = await asyncio.to_thread(lambda: self._store.read.erasures.get(erasure_id))
        if found is None:
            message = f"no erasure {erasure_id}"
            raise NotFound(violations=[Violation(field="id", value=erasure_id, message=message)])
        return json_response(self._view(found))

    def _view(self, erasure: Erasure) -> Document:
        return erasure_view(erasure, base_url=self._base_url)


def erasure_view(erasure: Erasure, *, base_url: str) -> Document:
    """Without the party, at any time."""
    return {
        "@type": "Erasure",
        "id": erasure.id,
        "href": f"{base_url}/erasures/{erasure.id}",
        "pseudonym": erasure.pseudonym,
        "actor": erasure.actor,
        "status": erasure.status,
        "stage": erasure.stage,
        "creationDate": micros_to_text(erasure.created),
        "startDate": None if erasure.started is None else micros_to_text(erasure.started),
        "completionDate": None if erasure.completed is None else micros_to_text(erasure.completed),
        "count": {stage.value: erasure.counts.get(stage, 0) for stage in Stage if stage is not Stage.DONE},
        "error": erasure.error,
    }


def _party(request: Request) -> str:
    body = request.body
    unknown = [
        Violation(field=name, message="is not known here; there is: party") for name in body if name != "party"
    ]
    if unknown:
        raise InvalidInput(violations=unknown)
    party: str = body["party"]
    return party
