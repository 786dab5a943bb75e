"""Follows each request to an operation; it stands in the way of requests only where somebody follows them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.at_once import in_a_task
from hub.api.counts import UNEXPECTED
from hub.api.messages import OPERATION, STATUS
from hub.api.wakes import without_secret
from hub.telemetry.traceparent import NAME, read_traceparent
from hub.telemetry.trails import RequestTrail, Tracing, following

HEADER = NAME.encode("ascii")


class Traced:
    def __init__(self, app: ASGIApp, *, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trail = self._trail(scope) if scope["type"] == "http" else None
        if trail is None:
            await self._app(scope, receive, send)
            return
        await in_a_task()  # what is followed is known by the task
        try:
            with following(trail):
                await self._app(scope, receive, send)
        finally:
            trail.end(scope.get(OPERATION), scope.get(STATUS, UNEXPECTED))

    def _trail(self, scope: Scope) -> RequestTrail | None:
        given = [value for name, value in scope["headers"] if name == HEADER]
        # Two of them contradict each other: then there is none.
        traceparent = read_traceparent(given[0].decode("latin-1")) if len(given) == 1 else None
        return self._tracing.request(traceparent, scope["method"], without_secret(scope["path"]))
