"""What the fakes of trouble systems that cannot run here have in common: a login, a clock, and JSON over HTTP.

A fake holds what the system's public documents say, traps included. It proves that an adapter keeps to these
documents, not that the system does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_server import HttpServer

NOTHING = object()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`body` becomes JSON; NOTHING stays nothing, and so does what comes with a 204."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: its path, the last value of each parameter, and its header lines by their names in lower case.

    `body` is the JSON that came along, None where there was none.
    """

    method: str
    path: str
    params: Mapping[str, str]
    lists: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any = None


class Refused(Exception):
    """Carries the answer to a request that is not served."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Vendor(HttpServer):
    """`now` is the time of the tickets: a day ago at first, a second later after each change.

    One that `ignores` passes over the filter by the time of a change, or whatever else new rows are asked for by.
    """

    ignores: Any = False

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self.asked: list[Asked] = []
        self.instead: list[Answer] = []
        super().__init__(self._serve)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> Answer:
        """What the system says. Raises Refused."""
        raise NotImplementedError

    def tick(self, **step: float) -> datetime:
        """The time of the next change."""
        self.now += timedelta(**step) if step else timedelta(seconds=1)
        return self.now

    def shift_clock(self, seconds: float) -> None:
        """Its clock, and the time of the tickets, are so far ahead from now on, and some seconds for its changes."""
        self.skew = seconds + 3
        self.now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        lists = parse_qs(parts.query, keep_blank_values=True)
        content = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        asked = Asked(
            method=request.command,
            path=parts.path,
            params={name: values[-1] for name, values in lists.items()},
            lists=lists,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=json.loads(content) if content else None,
        )
        self.asked.append(asked)
        try:
            answer = self.instead.pop(0) if self.instead else self.answer(asked)
        except Refused as refused:
            answer = refused.answer
        body = b"" if answer.status == 204 or answer.body is NOTHING else json.dumps(answer.body).encode()
        request.send_response(answer.status)
        given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}
        for name, value in given.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
