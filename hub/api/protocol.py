"""HTTP/1.1 as uvicorn reads it; what is not HTTP, too long or too slow is answered with a TMF `Error`, too."""

import asyncio
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hub.api.at_once import begun, finish
from hub.api.messages import error_response
from hub.errors import HeadTimeout, HeadTooLarge, HubError, InvalidInput, Violation

BODILESS = ("GET", "HEAD")

LINGER = 1.0
"""Seconds for which a caller that was refused may go on sending before the connection is closed."""


class Protocol(HttpToolsProtocol):
    """`head_limit` bounds the bytes of a request line with its headers, `head_timeout` the seconds until they are all
    there, from the first byte or from the opening of the connection.

    After an answer the next request has to begin within the `timeout_keep_alive` of uvicorn. Other bytes, such as the
    rest of a body that nobody reads, buy no time.
    """

    def __init__(self, *arguments: Any, head_limit: int, head_timeout: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_limit = head_limit
        self._head_timeout = head_timeout
        self._head_size = 0
        self._is_in_head = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._is_reading = False
        self._resting_since: float | None = None
        self._rest_timer: asyncio.TimerHandle | None = None
        self._refusal: HubError | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._head_timer = self.loop.call_later(self._head_timeout, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._rest_timer is not None:
            self._rest_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._head_size += len(data)
        self._is_reading = True
        try:
            super().data_received(data)
        finally:
            self._is_reading = False
        if self._is_in_head:
            if self._head_size > self._head_limit:
                self._refuse(self._too_large())
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(self._head_timeout, self._head_is_late)
        else:
            self._head_size = 0

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._resting_since = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_timer()
        if self._head_size > self._head_limit and self._size_of_head() > self._head_limit:
            self._refusal = self._too_large()
            raise ValueError("the head is too large")  # ends the parsing; uvicorn then asks for the answer below
        if self.url.startswith(b"/") and b"#" not in self.url and not self.parser.should_upgrade():
            self._begin_cycle()
        else:
            super().on_headers_complete()

    def _begin_cycle(self) -> None:
        """What uvicorn does, for a path of this server: nothing else in the URL has to be looked for."""
        parser, scope = self.parser, self.scope
        version = parser.get_http_version()
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        scope["http_version"] = version
        scope["method"] = parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = query
        before = cast(RequestResponseCycle | None, self.cycle)
        cycle = self.cycle = RequestResponseCycle(
            scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            version != "1.0" and parser.should_keep_alive(),
            self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:  # pipelined: it waits for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _size_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _too_large(self) -> HubError:
        message = f"the request line and its headers have more than {self._head_limit} bytes"
        return HeadTooLarge(violations=[Violation(field="headers", message=message)])

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self._is_in_head:  # nothing was asked: there is nobody to answer
            self.transport.close()
            return
        message = f"the request line and its headers did not arrive within {self._head_timeout:g} s"
        self._refuse(HeadTimeout(violations=[Violation(field="headers", message=message)]))

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def on_response_complete(self) -> None:
        """In place of uvicorn's, which sets a timer at each answer and takes it back at the next request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._is_in_head:  # or the next request has begun before this answer was complete
            self._rest()

    def _rest(self) -> None:
        """One timer looks at the end of the time whether a request has begun since."""
        self._resting_since = self.loop.time()
        if self._rest_timer is None:
            self._rest_timer = self.loop.call_later(self.timeout_keep_alive, self._has_rested)

    def _has_rested(self) -> None:
        self._rest_timer = None
        if self._resting_since is None or self.transport.is_closing():
            return
        left = self._resting_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._rest_timer = self.loop.call_later(left, self._has_rested)
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """A request without a body is answered at once if nothing has to be waited for; in line, it gets a task.

        What is answered at once has no task (`asyncio.current_task`) and stands on the stack of the one before it.
        """
        if not self._is_reading or cycle.scope["method"] not in BODILESS:
            super()._start_asgi_task(cycle, app)
            return
        answer = begun(cycle.run_asgi(app))
        if answer is not None:
            task = self.loop.create_task(finish(answer))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

    def send_400_response(self, msg: str) -> None:
        """Called for bytes that are no request."""
        self._refuse(self._refusal or InvalidInput(violations=[Violation(field="request", message=msg)]))

    def _refuse(self, error: HubError) -> None:
        """No application has seen the request, so the answer is written here."""
        self._stop_timer()
        self._is_in_head = False
        if self.transport.is_closing() or self._is_refused:
            return
        self._is_refused = True
        response = error_response(error)
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
            "content-type: application/json;charset=utf-8\r\n"
            f"content-length: {len(response.body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + response.body)
        # To close at once, with more arriving, would take the answer back; what still comes is thrown away.
        self.transport.write_eof()
        self._head_timer = self.loop.call_later(LINGER, self.transport.close)
