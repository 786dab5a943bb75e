"""What goes in and out of a handler: a request that has passed the contract, and a response in bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from starlette.types import Receive, Scope, Send

from hub.api.whole import Headers, headers_of, write_whole
from hub.errors import HubError
from hub.model.caller import LOCAL, Caller
from hub.model.problem import Document

NO_CONTENT = (204, 304)
REQUEST = "qos_hub.request"
"""Where the checked request stands in the ASGI scope."""

STARTED = "qos_hub.started"
"""Stands in the ASGI scope once an answer has begun to leave."""

STATUS = "qos_hub.status"
"""Where the status of the answer stands in the ASGI scope, once there is one."""

OPERATION = "qos_hub.operation"
"""Where the operation's id stands in the ASGI scope, once it is found."""


# Not frozen, for that alone would cost a microsecond a call; neither is changed once it is made.
@dataclass(slots=True)
class Request:
    """A request that fits its operation; `body` is parsed JSON, or None when the operation has none.

    `headers` have their names in lower case; `media_type` is that of the body, without parameters. A body that the
    contract calls binary is not read yet: the operation does so with `receive`.
    """

    path: str
    path_params: Mapping[str, str]
    query_string: bytes
    body: Any = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    media_type: str = ""
    caller: Caller = LOCAL
    receive: Receive | None = None
    method: str = "GET"


def headers_in(scope: Scope) -> dict[bytes, bytes]:
    """The headers by name; several lines of one name are one list (RFC 9110, 5.3)."""
    lines = scope["headers"]
    headers = dict(lines)
    if len(headers) != len(lines):
        headers = {name: b", ".join([value for other, value in lines if other == name]) for name in headers}
    return headers


@dataclass(slots=True)
class Response:
    """`etag` is the entity tag of what is shown, with its quotes; empty where the handler knows none."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    etag: str = ""
    streams: ClassVar[bool] = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = ()
        if self.headers:
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        own = b"etag: %b\r\n" % self.etag.encode("latin-1") if self.etag else b""
        if self.status not in NO_CONTENT:
            own = b"%bcontent-type: application/json;charset=utf-8\r\ncontent-length: %d\r\n" % (
                own,
                len(self.body),
            )
        scope[STARTED] = True
        body = b"" if scope["method"] == "HEAD" else self.body
        if write_whole(send, self.status, headers, own, body):
            return
        headers = [*headers, *headers_of(own)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def json_response(content: Any, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(status=status, body=orjson.dumps(content), headers=headers)


def error_response(error: HubError) -> Response:
    """The TMF `Error` for a failure, with every violation beside its sentence."""
    document: Document = {
        "@type": "Error",
        "code": error.code,
        "reason": error.reason,
        "message": error.message,
        "status": str(error.status),
    }
    if error.violations:
        document["violation"] = [
            {"field": one.field, "message": one.message, "value": _shown(one.value)} for one in error.violations
        ]
    return json_response(document, status=error.status, headers=tuple(error.headers.items()))


LONGEST_VALUE = 200


def _shown(value: Any) -> Any:
    """The value, or the beginning of its text when it is long."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return value if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
