"""A small listener: it takes notifications, verifies their signatures, and can be out for a while."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub.delivery.sign import signature
from hub.model.times import Clock, from_text, system_clock
from hub.subscriptions.secrets import parse_secret


@dataclass(frozen=True, kw_only=True)
class Received:
    """A notification that came with a good signature; `latency` is seconds since the hub recorded the change."""

    event: dict[str, Any]
    at: datetime
    latency: float


class Listener:
    """Listens on a port of 127.0.0.1 between `up` and `down`; `told` hears of each notification."""

    def __init__(self, told: Callable[[Received], None], *, clock: Clock = system_clock) -> None:
        self.received: list[Received] = []
        self.refused = 0
        self.secret = b""
        self._told = told
        self._clock = clock
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/notifications"

    def up(self) -> None:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(204 if listener.take(self.headers, body) else 401)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Stop listening and hang up: whoever calls now is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def know(self, secret: str) -> None:
        """The signing secret that the hub showed at the registration."""
        self.secret = parse_secret(secret)

    def take(self, headers: Any, body: bytes) -> bool:
        """Whether the signature is right; a notification that came before is taken, and not told again."""
        event_id = headers["webhook-id"]
        expected = signature(self.secret, event_id, int(headers["webhook-timestamp"]), body)
        if expected not in headers["webhook-signature"].split():
            self.refused += 1
            return False
        event = json.loads(body)
        now = self._clock()
        received = Received(event=event, at=now, latency=(now - from_text(event["recordTime"])).total_seconds())
        if event_id not in {earlier.event["eventId"] for earlier in self.received}:
            self.received.append(received)
            self._told(received)
        return True


class _Server(ThreadingHTTPServer):
    """Breaks off its connections when it closes: a listener that is out keeps no line open."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *arguments: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self._open):
            self.shutdown_request(request)
