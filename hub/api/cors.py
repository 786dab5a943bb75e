"""Pages of other sites: those that the settings name may call, and their browsers are told so."""

from collections.abc import Sequence
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.messages import error_response
from hub.api.whole import Adding
from hub.errors import OtherSite, Violation

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = (
    "Authorization",
    "Content-Range",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
    "X-API-Key",
)
"""Headers that a page may send beside the plain ones."""

SHOWN = (
    "Accept-Ranges",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Rate-Limit-Limit",
    "X-Rate-Limit-Remaining",
    "X-Rate-Limit-Reset",
    "X-Result-Count",
    "X-Total-Count",
)
"""Headers of an answer that a page may read beside the plain ones."""

VARYING = ((b"vary", b"Origin"),)

MAX_AGE = 600
"""Seconds for which a browser may remember what it was told."""


class Cors(CORSMiddleware):
    """The outermost middleware, so that errors, too, can be read by the page that caused them.

    No cookie counts here, so browsers are not asked to send any; a page calls with a key or a token of its own.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=MAX_AGE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Where not every site is answered alike, a cache has to know it, of answers to no site at all, too."""
        if scope["type"] != "http" or self.allow_all_origins:
            await super().__call__(scope, receive, send)
        elif any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, partial(_send_varying, send))
        else:
            await self.app(scope, receive, Adding(send, VARYING))

    def preflight_response(self, request_headers: Headers) -> Response:
        given = super().preflight_response(request_headers)
        if given.status_code < 400:
            return given
        origin = request_headers["origin"]
        message = f"{bytes(given.body).decode()}; [api] cors_origins says which sites may call"
        refused = error_response(OtherSite(violations=[Violation(field="Origin", value=origin, message=message)]))
        return Response(refused.body, refused.status, headers={"Content-Type": "application/json;charset=utf-8"})


async def _send_varying(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        if "origin" not in headers.get("vary", "").lower():
            headers.add_vary_header("Origin")
    await send(message)
