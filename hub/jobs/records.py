"""Cuts a content into its records: a line each, or as many lines as a quoted cell of CSV goes over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

QUOTE, LINE_END = b'"', b"\n"


@dataclass(frozen=True, slots=True)
class Record:
    """`line` is the number of its first line, from 1; `content` is None when `trouble` says why it cannot be read.

    `after` and `next_line` are the offset in bytes and the line behind it.
    """

    line: int
    content: bytes | None
    after: int
    next_line: int
    trouble: str = ""


def records(file: BinaryIO, *, line: int, longest: int, quoted: bool) -> Iterator[Record]:
    """The records from the file's place on, which is before `line`. Empty lines are passed over.

    `longest` is the most bytes that a record may have, `quoted` whether line ends may stand between quotes.
    """
    at = file.tell()
    while head := file.readline(longest + 1):
        if not head.endswith(LINE_END) and len(head) > longest:
            after = at + len(head) + _skip_line(file, longest)
            record = Record(line, None, after, line + 1, f"has more than {longest} bytes")
        elif quoted:
            record = _joined(file, head, at, line, longest)
        else:
            record = Record(line, head, at + len(head), line + 1)
        at, line = record.after, record.next_line
        if record.content is None or record.content.strip():
            yield record


def _skip_line(file: BinaryIO, longest: int) -> int:
    skipped = 0
    while part := file.readline(longest):
        skipped += len(part)
        if part.endswith(LINE_END):
            break
    return skipped


def _joined(file: BinaryIO, head: bytes, at: int, line: int, longest: int) -> Record:
    """The record that begins with `head`; where a quote is never closed, that line alone is given up."""
    parts, size, quotes = [head], len(head), head.count(QUOTE)
    while quotes % 2:
        part = file.readline(longest + 1)
        size += len(part)
        if not part or size > longest:
            file.seek(at + len(head))
            return Record(line, None, at + len(head), line + 1, "has a quote that is not closed")
        parts.append(part)
        quotes += part.count(QUOTE)
    return Record(line, b"".join(parts), at + size, line + len(parts))
