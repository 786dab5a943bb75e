"""A server on this machine whose answers a test decides."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self


class HttpServer:
    """`answer` writes every answer; `port` is known before the server is entered.

    `skew` is how many seconds the clock that its answers tell is ahead.
    """

    skew = 0.0

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or time.time()) + server.skew)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._handler = Handler
        self._serve_at(0)

    def _serve_at(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    def restart(self) -> None:
        """Stop it, and start it again at the same port; what it holds stays."""
        port = self.port
        self._stop()
        self._serve_at(port)
        self._thread.start()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
