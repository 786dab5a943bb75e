"""An answer that is written in one piece is the very answer that uvicorn writes from its two messages."""

import asyncio
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.api.messages import Response
from hub.api.whole import Adding

CASES = [
    Response(body=b'{"a":"\xc3\xa4"}', headers=(("X-Total-Count", "1"),), etag='"7"'),
    Response(status=201, body=b"{}", headers=(("Location", "http://127.0.0.1/x"),)),
    Response(status=204),
    Response(status=304, etag='"7"'),
    Response(status=408, body=b"{}", headers=(("Connection", "close"),)),
    Response(status=503, body=b"{}", headers=(("Connection", "Keep-Alive, Close"),)),
    Response(status=404, body=b"{}", headers=(("Connection", "keep-alive"),)),
    Response(status=429, body=b"{}", headers=(("X-Note", "connection: close"),)),
]


ADDED = ((b"vary", b"Origin"), (b"x-added", b"1"))


async def answers(
    response: Response, *, method: str, through: bool, close: bool = False, adding: bool = False
) -> bytes:
    """What comes back from a real server; `through` wraps `send`, so that only messages can be sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def passing(message: Any) -> None:
            await send(message)

        last: Send = passing if through else send
        await response(scope, receive, Adding(Adding(last, ADDED[:1]), ADDED[1:]) if adding else last)

    config = uvicorn.Config(app, port=0, http=HttpToolsProtocol, log_config=None, access_log=False, lifespan="off")
    config.headers = [("date", "now")]
    config.date_header = False
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        more = "Connection: close\r\n" if close else ""
        # The second request on the line ends it, and shows that the first one left it in order.
        writer.write(f"{method} / HTTP/1.1\r\nHost: h\r\n{more}\r\n".encode())
        if not close:
            writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        got = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return got
    finally:
        await server.shutdown()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("response", CASES, ids=lambda response: str(response.status))
def test_one_piece_is_what_two_messages_are(response: Response, method: str, close: bool) -> None:
    whole = asyncio.run(answers(response, method=method, through=False, close=close))
    parts = asyncio.run(answers(response, method=method, through=True, close=close))
    assert whole == parts
    assert whole.startswith(b"HTTP/1.1 %d " % response.status)


@pytest.mark.parametrize("response", CASES[:4], ids=lambda response: str(response.status))
def test_headers_that_are_added_on_the_way_are_in_the_one_piece(response: Response) -> None:
    whole = asyncio.run(answers(response, method="GET", through=False, adding=True))
    parts = asyncio.run(answers(response, method="GET", through=True, adding=True))
    assert sorted(whole.split(b"\r\n")) == sorted(parts.split(b"\r\n"))
    assert whole.count(b"vary: Origin\r\n") == whole.count(b"x-added: 1\r\n") == whole.count(b"HTTP/1.1 ")


def test_an_answer_that_says_close_is_the_last_one() -> None:
    closing = Response(status=408, headers=(("Connection", "close"),))
    got = asyncio.run(answers(closing, method="GET", through=False))
    assert got.count(b"HTTP/1.1 408 ") == 1


def test_a_value_with_a_line_break_begins_no_header() -> None:
    bad = Response(headers=(("X-Bad", "a\r\nX-Evil: b"),))
    got = asyncio.run(answers(bad, method="GET", through=False))
    assert b"X-Evil" not in got
    assert not got.startswith(b"HTTP/1.1 200 ")
