"""A body that goes into a file as it comes, whole or part by part (RFC 9110, 14.5)."""

import asyncio
import fcntl
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO

from starlette.types import Receive

from hub.errors import Conflict, HubError, InvalidInput, StoreUnavailable, TooLarge, Violation
from hub.store.job_files import cut_off, onto_disk

BLOCK = 1 << 20
CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:([0-9]{1,18})|\*)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which bytes of a content a body is: from `first` on, `length` of them, of `total`; None is unknown.

    `whole`: the body ends where the content does.
    """

    first: int = 0
    length: int | None = None
    total: int | None = None
    whole: bool = True


def part_of(headers: Mapping[bytes, bytes]) -> Part:
    """What `Content-Range` says; without one the body is the whole content. Raises InvalidInput."""
    header = headers.get(b"content-range")
    if header is None:
        return Part()
    text = header.decode("latin-1")
    found = CONTENT_RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2])) if found else (0, -1)
    total = int(found[3]) if found and found[3] else None
    if last < first or (total is not None and last >= total):
        raise _wrong("Content-Range", text, "must be such as `bytes 0-1048575/5000000`, the last byte included")
    return Part(first=first, length=last - first + 1, total=total, whole=total == last + 1)


def refuse_other_total(part: Part, known: int | None) -> None:
    """Raises Conflict for a part of a content of another length than earlier parts said; `known` None is no word."""
    if known is None or part.length is None:
        return
    if part.total not in (None, known):
        message = f"says that the content has {part.total} bytes; an earlier part said {known}"
        raise Conflict(violations=[Violation(field="Content-Range", value=part.total, message=message)])
    last = part.first + part.length - 1
    if last >= known:
        message = f"ends with byte {last}; an earlier part said that the content has {known} bytes"
        raise Conflict(violations=[Violation(field="Content-Range", value=last, message=message)])


@asynccontextmanager
async def held_file(path: Path) -> AsyncIterator[BinaryIO]:
    """The file, for one upload at a time; what has come stays when the upload breaks off.

    Raises Conflict while another upload runs, and StoreUnavailable when there is no room for it.
    """
    try:
        file = await asyncio.to_thread(_locked, path)
        try:
            yield file
        finally:
            await asyncio.to_thread(file.close)
    except OSError as error:
        raise StoreUnavailable(f"the content cannot be kept: {error.strerror or error}") from error


def _locked(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        message = "another upload of this content is running"
        raise Conflict(violations=[Violation(field="body", message=message)]) from None
    return file


async def receive_part(file: BinaryIO, receive: Receive, part: Part, *, limit: int, folder: Path) -> int:
    """Put a body into its place in the file; gives how many bytes the content then has. `folder` is that of the file.

    Raises Conflict for a part that leaves a gap, TooLarge, and InvalidInput for a body of another length than it said;
    the file is then as it was. Of a body that breaks off, what has come stays.
    """
    held = os.fstat(file.fileno()).st_size
    if part.first > held:
        message = f"{held} bytes of the content are here; the next part begins there"
        raise Conflict(violations=[Violation(field="Content-Range", value=part.first, message=message)])
    with TemporaryFile(dir=folder) as replaced:
        if part.first < held:
            await asyncio.to_thread(_copy_end, file, part.first, replaced)
        await asyncio.to_thread(cut_off, file, part.first)
        try:
            size = await _received(file, receive, part, limit=limit)
        except _Refused as refused:
            await asyncio.to_thread(_put_back, file, part.first, replaced)
            raise refused.error from None
    return size


class _Refused(Exception):
    """A body came whole, or went on for too long, and is not taken."""

    def __init__(self, error: HubError) -> None:
        self.error = error
        super().__init__(error.message)


async def _received(file: BinaryIO, receive: Receive, part: Part, *, limit: int) -> int:
    """Write a body at the end of the file; gives how long the file then is. Raises _Refused."""
    size = part.first
    async for block in _blocks(receive):
        size += len(block)
        if size > limit:
            message = f"the content has more than the {limit} bytes that the server takes"
            raise _Refused(TooLarge(violations=[Violation(field="body", value=size, message=message)]))
        await asyncio.to_thread(file.write, block)
    await asyncio.to_thread(onto_disk, file)
    if part.length is not None and size != part.first + part.length:
        came = size - part.first
        raise _Refused(_wrong("body", came, f"has {came} bytes, and its range {part.length}"))
    return size


def _copy_end(file: BinaryIO, first: int, end: BinaryIO) -> None:
    file.seek(first)
    copyfileobj(file, end, BLOCK)


def _put_back(file: BinaryIO, first: int, end: BinaryIO) -> None:
    cut_off(file, first)
    end.seek(0)
    copyfileobj(end, file, BLOCK)
    onto_disk(file)


async def _blocks(receive: Receive) -> AsyncIterator[bytes]:
    """The body in blocks. Raises InvalidInput at the end of one that breaks off; its beginning is given before."""
    block = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            yield bytes(block)
            raise _wrong("body", None, "broke off")
        block += message.get("body", b"")
        if not message.get("more_body"):
            yield bytes(block)
            return
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()


def _wrong(field: str, value: str | int | None, message: str) -> InvalidInput:
    return InvalidInput(violations=[Violation(field=field, value=value, message=message)])
