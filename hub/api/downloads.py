"""A file as an answer: streamed, whole or the one range of it that was asked for (RFC 9110, 14)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, ClassVar

from starlette.types import Receive, Scope, Send

from hub.api.conditions import is_known, refuse_unmatched
from hub.api.deadlines import unhurried
from hub.api.messages import Request, Response
from hub.errors import HubError, RangeNotSatisfiable, Violation

Headers = tuple[tuple[str, str], ...]

PIECE = 1 << 18
RANGE = re.compile(r"bytes=\s*(?:([0-9]{1,18})\s*-\s*([0-9]{1,18})?|-\s*([0-9]{1,18}))\s*", re.ASCII)


@dataclass(slots=True)
class Streamed(Response):
    """An answer whose body comes in pieces; nobody makes further ones when the caller has gone."""

    pieces: AsyncIterator[bytes] | None = None
    streams: ClassVar[bool] = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        if self.etag:
            headers.append((b"etag", self.etag.encode("latin-1")))
        unhurried(scope)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if self.pieces is not None and scope["method"] != "HEAD":
            gone = asyncio.ensure_future(_disconnected(receive))
            try:
                async for piece in self.pieces:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def download(path: Path, request: Request, *, media_type: str, name: str, headers: Headers = ()) -> Response:
    """The file at `path`, as far as it is there, under the `name` that identifies it with its length and its age.

    `headers` are further ones of the answer.

    Raises PreconditionFailed and RangeNotSatisfiable.
    """
    file = await asyncio.to_thread(_opened, path)
    try:
        answer = _answer(file, request, media_type=media_type, name=name)
    except HubError:
        _close(file)
        raise
    if not isinstance(answer, Streamed):
        _close(file)
    return replace(answer, headers=(*answer.headers, *headers))


def file_tag(name: str, file: BinaryIO | None) -> str:
    """The tag of what a file has now; its bytes may be replaced by as many others."""
    if file is None:
        return f'"{name}-0"'
    found = os.fstat(file.fileno())
    return f'"{name}-{found.st_size}-{found.st_mtime_ns:x}"' if found.st_size else f'"{name}-0"'


def _answer(file: BinaryIO | None, request: Request, *, media_type: str, name: str) -> Response:
    headers = request.headers
    size = 0 if file is None else os.fstat(file.fileno()).st_size
    tag = file_tag(name, file)
    refuse_unmatched(request, tag)
    if is_known(request, tag):
        return Response(status=304, etag=tag)
    wanted = range_of(headers.get(b"range", b"").decode("latin-1"), size) if _is_same(headers, tag) else None
    first, last = wanted or (0, size - 1)
    answered = [
        ("Content-Type", media_type),
        ("Content-Length", str(last - first + 1)),
        ("Accept-Ranges", "bytes"),
    ]
    if wanted:
        answered.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    pieces = None if file is None else _pieces(file, first, last - first + 1)
    return Streamed(status=206 if wanted else 200, headers=tuple(answered), etag=tag, pieces=pieces)


def _close(file: BinaryIO | None) -> None:
    if file is not None:
        file.close()


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a `Range`; None where all is to be given, as for what is not one range.

    Raises RangeNotSatisfiable for a range that begins behind the end.
    """
    found = RANGE.fullmatch(header)
    if found is None:
        return None
    begin, end, suffix = found.groups()
    if begin is None:
        first, last = max(size - int(suffix), 0), size - 1
    else:
        first, last = int(begin), size - 1 if end is None else min(int(end), size - 1)
        if end is not None and int(end) < first:
            return None
    if first >= size:
        message = f"{header} is not in a content of {size} bytes"
        raise RangeNotSatisfiable(
            violations=[Violation(field="Range", value=header, message=message)],
            headers={"Content-Range": f"bytes */{size}"},
        )
    return first, last


def _is_same(headers: Mapping[bytes, bytes], tag: str) -> bool:
    """Whether a range, if one is asked for, goes on with the content as it is."""
    condition = headers.get(b"if-range")
    return condition is None or condition.decode("latin-1").strip() == tag


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


async def _pieces(file: BinaryIO, first: int, length: int) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(file.seek, first)
        while length > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
    finally:
        file.close()
