"""The operations that show the work on deliveries: recoveries, replays, and what a change of state brings."""

import asyncio
from collections.abc import Mapping

from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.operations_view import recovery_view
from hub.errors import NotFound, Violation
from hub.model.job import JobStatus
from hub.model.recovery import RecoveryKind
from hub.store.sqlite import Store

WORDS: Mapping[str, tuple[str, ...] | None] = {
    "subscription": None,
    "kind": tuple(kind.value for kind in RecoveryKind),
    "status": tuple(status.value for status in JobStatus),
}


class RecoveryOperations:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(self, *, store: Store, base_url: str, page_maximum: int) -> None:
        self._store = store
        self._base_url = base_url
        self._page_maximum = page_maximum

    async def recoveries(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, WORDS, what="recoveries", maximum=self._page_maximum)
        table = self._store.read.recoveries
        found = table.page(asked.filters, offset=asked.offset, limit=asked.limit)
        headers = asked.headers(
            f"{self._base_url}/recoveries", returned=len(found), total=table.count(asked.filters)
        )
        return json_response([recovery_view(one, base_url=self._base_url) for one in found], headers=headers)

    async def recovery(self, request: Request) -> Response:
        recovery_id = request.path_params["id"]
        found = await asyncio.to_thread(lambda: self._store.read.recoveries.get(recovery_id))
        if found is None:
            message = f"no recovery {recovery_id}"
            raise NotFound(violations=[Violation(field="id", value=recovery_id, message=message)])
        return json_response(recovery_view(found, base_url=self._base_url))
