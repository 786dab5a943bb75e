"""A listener that answers 204 at once and keeps when what arrived; by the clock that all processes share.

`GET /count` says how many came in the form of nginx's status page, `GET /received` what came and when.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

import httptools
import orjson
import uvloop

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(kw_only=True)
class Kept:
    requests: int = 0
    arrivals: list[tuple[float, bytes]] = field(default_factory=list)

    def status(self) -> bytes:
        return b"Active connections: 1\nserver accepts handled requests\n 1 1 %d\n" % self.requests

    def received(self) -> bytes:
        """[[report id, sequence number, time of arrival in seconds], …]."""
        found = []
        for time, body in self.arrivals:
            event = orjson.loads(body)
            found.append((event["event"]["serviceProblem"]["id"], event["sequence"], time))
        return orjson.dumps(found)


class Door(asyncio.Protocol):
    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # of uvloop, which derives from none

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._transport is not None
        self._kept.requests += 1
        self._transport.write(self._answer())
        self._body = b""

    def _answer(self) -> bytes:
        match self._url:
            case b"/count":
                return _page(self._kept.status())
            case b"/received":
                return _page(self._kept.received())
            case _:
                self._kept.arrivals.append((monotonic(), self._body))
                return NO_CONTENT


def _page(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve(port: int) -> None:
    kept = Kept()
    server = await asyncio.get_running_loop().create_server(lambda: Door(kept), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
