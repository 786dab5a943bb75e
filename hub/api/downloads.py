"""A file as an answer: streamed, whole or the one range of it that was asked for (RFC 9110, 14)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.types import Receive, Scope, Send

from hub.api.deadlines import unhurried
from hub.api.messages import Response
from hub.errors import RangeNotSatisfiable, Violation

PIECE = 1 << 18
RANGE = re.compile(r"bytes=\s*(?:([0-9]{1,18})\s*-\s*([0-9]{1,18})?|-\s*([0-9]{1,18}))\s*", re.ASCII)


@dataclass(slots=True)
class Streamed(Response):
    """An answer whose body comes in pieces; nobody makes further ones when the caller has gone."""

    pieces: AsyncIterator[bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
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


async def download(path: Path, headers: Mapping[bytes, bytes], *, media_type: str, name: str) -> Streamed:
    """The file at `path`, as far as it is there, under the `name` that identifies it with its length.

    Raises RangeNotSatisfiable.
    """
    file = await asyncio.to_thread(_opened, path)
    size = 0 if file is None else os.fstat(file.fileno()).st_size
    tag = f'"{name}-{size}"'
    try:
        wanted = range_of(headers.get(b"range", b"").decode("latin-1"), size) if _is_same(headers, tag) else None
    except RangeNotSatisfiable:
        if file is not None:
            file.close()
        raise
    first, last = wanted or (0, size - 1)
    answered = [
        ("Content-Type", media_type),
        ("Content-Length", str(last - first + 1)),
        ("Accept-Ranges", "bytes"),
        ("ETag", tag),
    ]
    if wanted:
        answered.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    pieces = None if file is None else _pieces(file, first, last - first + 1)
    return Streamed(status=206 if wanted else 200, headers=tuple(answered), pieces=pieces)


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
