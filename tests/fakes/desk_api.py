"""A help desk with an API of its own making, as the rest adapter may meet it: several ways to page, one to filter.

It is as careless as real ones are: a `since` that it does not understand is ignored, and so is a paging that it does
not know.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.http_server import HttpServer

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


class DeskApi(HttpServer):
    """`login` is the header that callers must send, `key` the parameter; `keeps_key` has addresses repeat it. With
    `relative` the address in an answer is the query alone.

    `link` is the header that leads to the next page: {url} is its address, {query} the query of that alone; with
    `endless` there is always a next one. `moves` are called before each answer with a list.
    """

    def __init__(self) -> None:
        self.tickets: dict[str, dict[str, Any]] = {}
        self.login: tuple[str, str] | None = None
        self.key: str | None = None
        self.keeps_key = True
        self.relative = False
        self.endless = False
        self.link = '<{url}>; rel="next", <../api/tickets>; rel="first"'
        self.asked: list[dict[str, str]] = []
        self.moves: list[Any] = []
        self._start = START
        self._changes = 0
        super().__init__(self._answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def put(self, key: str, **data: Any) -> None:
        """File a ticket, or change it, a second after the last change."""
        self._changes += 1
        stamp = (self._start + timedelta(seconds=self._changes)).isoformat()
        known = self.tickets.get(key, {"id": key, "created_at": stamp})
        self.tickets[key] = known | data | {"updated_at": stamp}

    def shift_clock(self, seconds: float) -> None:
        """Its clock is so far ahead from now on."""
        self.skew = seconds
        self._start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds - self._changes)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if self.login is not None and request.headers.get(self.login[0]) != self.login[1]:
            self._send(request, 401, {"error": f"unknown: {request.headers.get(self.login[0])}"})
        elif self.key not in (None, asked.get("api_key")):
            self._send(request, 401, {"error": f"unknown: {asked.get('api_key')}"})
        elif parts.path == "/api/me":
            self._send(request, 200, {"user": {"login": "reader"}, "version": "7.2"})
        elif parts.path == "/api/tickets":
            self._list(request, asked)
        else:
            self._send(request, 404, {"error": "there is no such page"})

    def _list(self, request: BaseHTTPRequestHandler, asked: Mapping[str, str]) -> None:
        self.asked.append(dict(asked))
        if self.moves:
            self.moves.pop(0)()
        rows = sorted(self.tickets.values(), key=lambda ticket: (ticket["updated_at"], ticket["id"]))
        rows = [row for row in rows if _reaches(row["updated_at"], asked.get("since", ""))]
        size = int(asked.get("limit", "100"))
        start = (
            (int(asked["page"]) - 1) * size
            if "page" in asked
            else int(asked.get("offset") or asked.get("after") or 0)
        )
        page, rest = rows[start : start + size], rows[start + size :]
        leads_on = rest or self.endless
        meta = {"next": str(start + size), "url": self._next(asked, start + size)} if leads_on else {}
        if leads_on and self.relative:
            meta["url"] = meta["url"].removeprefix(f"{self.url}/tickets")
        header = self.link.format(url=meta["url"], query=urlsplit(meta["url"]).query) if leads_on else ""
        self._send(request, 200, {"data": {"tickets": page}, "meta": meta}, {"Link": header} if header else {})

    def _next(self, asked: Mapping[str, str], start: int) -> str:
        kept = {name: value for name, value in asked.items() if name != "api_key" or self.keeps_key}
        return f"{self.url}/tickets?{urlencode({**kept, 'after': start})}"

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: Mapping[str, str] | None = None
    ) -> None:
        content = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)


def _reaches(stamp: str, since: str) -> bool:
    """Whether a ticket changed since; always, where that is no moment."""
    try:
        return datetime.fromisoformat(stamp) >= datetime.fromisoformat(since)
    except (TypeError, ValueError):
        return True
