"""A small HTTP client for load: many kept connections on one event loop. Also the generator where wrk is missing."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

from benchmarks.measure import percentile


class Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # of uvloop, which derives from none

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._answer is not None
        self._answer.set_result((self._parser.get_status_code(), self._body))
        self._body = b""

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """(status, body) of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


async def connect(url: str) -> Line:
    host, _, port = urlsplit(url).netloc.partition(":")
    _, line = await asyncio.get_running_loop().create_connection(Line, host, int(port))
    return line


def request_bytes(path: str, body: bytes | None) -> bytes:
    if body is None:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def _press(url: str, seconds: float, connections: int, requests: Sequence[bytes]) -> dict[str, float]:
    lines = [await connect(url) for _ in range(connections)]
    begin = monotonic()
    times: list[float] = []
    failed = 0

    async def work(line: Line, turn: int) -> None:
        nonlocal failed
        while monotonic() - begin < seconds:
            asked = monotonic()
            status, _ = await line.ask(requests[turn % len(requests)])
            times.append((monotonic() - asked) * 1000)
            failed += status >= 400
            turn += len(lines)

    await asyncio.gather(*(work(line, number) for number, line in enumerate(lines)))
    return {
        "count": len(times),
        "seconds": monotonic() - begin,
        "failed": failed,
        "p50": percentile(times, 0.5),
        "p99": percentile(times, 0.99),
    }


def main(url: str, seconds: str, connections: str, paths: str, body: str | None = None) -> None:
    content = Path(body).read_bytes() if body else None
    requests = [request_bytes(path, content) for path in Path(paths).read_text().split()]
    print("RESULT", json.dumps(uvloop.run(_press(url, float(seconds), int(connections), requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
