"""`/metrics`: what there is to measure, for a scraper, beside the API or at an address of its own."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.at_once import in_a_task
from hub.api.guard import PagesGuard
from hub.api.requirements import Requirement
from hub.api.security import LocalCallers
from hub.errors import MethodNotAllowed, NotFound, Violation

PATH = "/metrics"
READ = Requirement("metrics:read")
"""What a scraper needs. The figures are of all parties, so no party may see them."""


class MetricsPage:
    """`text` is called on a thread, for it reads the database."""

    def __init__(self, text: Callable[[], bytes], content_type: str) -> None:
        self._text = text
        self._content_type = content_type.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            violation = Violation(field="method", value=method, message=f"{PATH} has no {method}, but GET, HEAD")
            raise MethodNotAllowed(violations=[violation], headers={"Allow": "GET, HEAD"})
        body = await asyncio.to_thread(self._text)
        headers = [
            (b"content-type", self._content_type),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


class MetricsDoor:
    """Serves the page and nothing else: the door of a process that has no other, or of a network of its own."""

    def __init__(self, page: PagesGuard, local: LocalCallers) -> None:
        self._page: ASGIApp = page
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await in_a_task()
        self._local.check(scope["headers"])
        if scope["path"] != PATH:
            message = f"there is nothing at {scope['path']}, only {PATH}"
            raise NotFound(violations=[Violation(field="path", value=scope["path"], message=message)])
        await self._page(scope, receive, send)
