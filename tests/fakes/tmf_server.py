"""A server of one TM Forum resource, as the standard has it, and with the weaknesses that servers in the field have."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.fakes.http_server import HttpServer

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


class TmfServer(HttpServer):
    """Resources in the order of their creation. `cap` is the largest page; with `filters` False every filter and sort
    is ignored, as many servers do. With `keeps_both` the hub registers a callback again and again.

    Without `limits` or `offsets` it passes over what was asked for, and without `counts` no answer has a total.

    A change is a merge patch of one of the types in `patches`. `refuses` is what the status must not become, `tags`
    whether there are any; one that is `deaf` takes a change and does not make it. What is `hidden` may not be read by
    us, and where `locked` nothing may. `login` is the Authorization that callers must send.
    """

    def __init__(self, base: str, resource: str, *, stamp: str = "lastUpdate") -> None:
        self.resource = resource
        self.stamp = stamp
        self.rows: dict[str, dict[str, Any]] = {}
        self.callbacks: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.cap = 1000
        self.counts = True
        self.limits = True
        self.offsets = True
        self.filters = True
        self.keeps_both = False
        self.has_hub = True
        self.patches: tuple[str, ...] = ("application/merge-patch+json", "application/json")
        self.refuses: set[str] = set()
        self.tags = True
        self.deaf = False
        self.hidden: set[str] = set()
        self.locked = False
        self.login: str | None = None
        self.before_patch: list[Callable[[], None]] = []
        self._base = base.rstrip("/")
        self._start = START
        self._changes = 0
        super().__init__(self._answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self._base}"

    def put(self, key: str, **data: Any) -> None:
        """Create a resource, or change it, a second after the last change."""
        self._changes += 1
        stamp = (self._start + timedelta(seconds=self._changes)).isoformat().replace("+00:00", "Z")
        known = self.rows.get(key, {"id": key, "href": f"{self.url}/{self.resource}/{key}"})
        self.rows[key] = {**known, **data, self.stamp: stamp}

    def shift_clock(self, seconds: float) -> None:
        """Its clock is so far ahead from now on."""
        self.skew = seconds
        self._start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds - self._changes)

    def ring(self, event: str, key: str) -> list[int]:
        """Tell all who have registered of an event about a resource; what each of them answers."""
        about = {"eventId": f"e{self._changes}", "eventTime": self.rows[key][self.stamp], "eventType": event}
        body = {**about, "event": {self.resource: self.rows[key]}}
        callbacks = [one["callback"] for one in self.callbacks.values()]
        return [requests.post(callback, json=body, timeout=30).status_code for callback in callbacks]

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        path = parts.path.removeprefix(f"{self._base}/").strip("/")
        self.asked.append((request.command, path))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        head, _, key = path.partition("/")
        match request.command, head, key:
            case _ if self.login not in (None, request.headers.get("Authorization")):
                _send(request, 401, _error("401", "who are you?"))
            case "GET", self.resource, _ if self.locked or key in self.hidden:
                _send(request, 403, _error("403", "this is not for you"))
            case "GET", self.resource, "":
                self._list(request, query)
            case "GET", self.resource, _ if key in self.rows:
                _send(request, 200, self.rows[key], self._tag(key))
            case "PATCH", self.resource, _ if key in self.rows:
                self._patch(request, key)
            case "POST", "hub", "" if self.has_hub:
                self._register(request)
            case "DELETE", "hub", _ if key in self.callbacks:
                del self.callbacks[key]
                _send(request, 204)
            case _:
                _send(request, 404, _error("404", f"there is no {path}"))

    def _tag(self, key: str) -> dict[str, str]:
        """The stamp tells one state from the other."""
        return {"ETag": f'"{self.rows[key][self.stamp]}"'} if self.tags else {}

    def _patch(self, request: BaseHTTPRequestHandler, key: str) -> None:
        """What the merge patch says takes the place of what was there, lists as a whole."""
        content = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        while self.before_patch:
            self.before_patch.pop(0)()
        if request.headers["Content-Type"] not in self.patches:
            _send(request, 415, _error("415", f"send {' or '.join(self.patches)}"))
        elif (wanted := request.headers.get("If-Match")) and wanted != self._tag(key).get("ETag"):
            _send(request, 412, _error("412", "it has changed"))
        elif content.get("status") in self.refuses:
            _send(request, 409, _error("409", f"the ticket cannot become {content['status']}"))
        elif self.deaf:
            _send(request, 202, self.rows[key])
        else:
            self.put(key, **content)
            _send(request, 200, self.rows[key])

    def _list(self, request: BaseHTTPRequestHandler, query: Mapping[str, str]) -> None:
        rows = list(self.rows.values())
        if self.filters:
            least = query.get(f"{self.stamp}.gte", "")
            rows = [row for row in rows if not least or _moment(row[self.stamp]) >= _moment(least)]
            if query.get("sort") == self.stamp:
                rows.sort(key=lambda row: _moment(row[self.stamp]))
        offset = int(query.get("offset", "0")) if self.offsets else 0
        limit = min(int(query.get("limit", "20")), self.cap) if self.limits else len(rows)
        page = rows[offset : offset + limit]
        if query.get("fields") == "id":
            page = [{"id": row["id"]} for row in page]
        headers = {"X-Total-Count": str(len(rows)), "X-Result-Count": str(len(page))} if self.counts else {}
        _send(request, 200 if len(page) == len(rows) else 206, page, headers)

    def _register(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        if not self.keeps_both and any(one["callback"] == body["callback"] for one in self.callbacks.values()):
            _send(request, 409, _error("409", "this callback is registered"))
            return
        made = {"id": f"r{self._changes}-{len(self.asked)}", **body}
        self.callbacks[made["id"]] = made
        _send(request, 201, made)


def _send(
    request: BaseHTTPRequestHandler, status: int, body: Any = None, headers: Mapping[str, str] | None = None
) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    request.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)


def _error(code: str, reason: str) -> dict[str, str]:
    return {"@type": "Error", "code": code, "reason": reason}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
