"""The whole rows of a file, from a place on: what has no end yet is left for later."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO, Literal

from hub.ports import Record, Unavailable

ROW_LIMIT = 1024 * 1024
"""Bytes of the longest row: a quote that is never closed would hold back all that follows."""
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LONE_CR = re.compile(rb"\r[^\n]")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How rows are written. `quote` is empty where none is used."""

    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'

    @property
    def has_header(self) -> bool:
        return self.format == "csv"

    def parsed(self, text: str) -> Iterator[Any]:
        """A value for each row of the text, None for an empty one. Raises ValueError."""
        if self.has_header:
            lines = io.StringIO(text, newline="")
            quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
            reader = csv.reader(
                lines, delimiter=self.delimiter, quotechar=self.quote or None, quoting=quoting, strict=True
            )
            try:
                for cells in reader:
                    yield cells or None
            except csv.Error as error:
                raise ValueError(f"it is no CSV: {error}") from error
        else:
            # Not splitlines: a text in JSON may hold one of the other characters at which that parts lines.
            for line in text.split("\n"):
                yield _json(line) if line.strip() else None


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except RecursionError as error:
        raise ValueError("its values lie too deep within each other") from error


@dataclass(frozen=True, kw_only=True)
class Part:
    """The records of the rows up to `offset`. `failure` says why the row that follows there makes none."""

    records: Sequence[Record]
    offset: int
    failure: Unavailable | None = None


class Rows:
    """The rows of one open file, of which is told under `name`; `record` makes a record of one, or raises ValueError.

    `settled` is how many bytes nobody writes on any more, None while somebody may: the last row within them is whole
    although its line has no end.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        layout: Layout,
        record: Callable[[dict[str, Any]], Record],
        *,
        settled: int | None = None,
    ) -> None:
        self._file = file
        self._name = name
        self._layout = layout
        self._record = record
        self._settled = settled
        self.columns: list[str] = []
        """Of a table, those that its first row names; empty until that is whole."""
        file.seek(0)
        self._refuse_other_forms(file.readline(ROW_LIMIT))
        file.seek(0)
        self.start = self._read_header() if layout.has_header else 0

    def parts(self, offset: int, size: int) -> Iterator[Part]:
        """All whole rows from the offset on, so many at a time; a part with a failure is the last."""
        self._file.seek(max(offset, self.start))
        while not self._layout.has_header or self.columns:
            begin = self._file.tell()
            texts, failure = self._gathered(begin, size)
            if not texts and failure is None:
                return
            part = self._part(begin, texts)
            part = part if part.failure else replace(part, failure=failure)
            yield part
            if part.failure is not None:
                return
            self._file.seek(part.offset)

    def _gathered(self, begin: int, size: int) -> tuple[list[bytes], Unavailable | None]:
        """At most so many whole rows, and why there are no more where what follows will never be one."""
        texts: list[bytes] = []
        try:
            texts.extend(islice(self._texts(begin), size))
        except Unavailable as failure:
            return texts, failure
        return texts, None

    def _texts(self, begin: int) -> Iterator[bytes]:
        """The bytes of each whole row from here on. Raises Unavailable for one that will never be whole."""
        quote = self._layout.quote.encode() if self._layout.has_header else b""
        text, quotes = b"", 0
        for line in iter(lambda: self._file.readline(ROW_LIMIT), b""):
            text += line
            quotes += line.count(quote) if quote else 0
            is_line = line.endswith(b"\n") or self._is_last()
            if is_line and quotes % 2 == 0:
                yield text
                begin += len(text)
                text, quotes = b"", 0
            elif len(text) >= ROW_LIMIT:
                raise Unavailable(f"{self._name}, at byte {begin}: the row has more than {ROW_LIMIT} bytes")
        if quotes % 2 and self._is_last():
            said = f"a quote ({self._layout.quote}) opens in this row and is not closed"
            raise Unavailable(f"{self._name}, at byte {begin}: {said}")

    def _is_last(self) -> bool:
        return self._file.tell() == self._settled

    def _part(self, begin: int, texts: Sequence[bytes]) -> Part:
        try:
            return Part(records=self._made(b"".join(texts)), offset=begin + sum(map(len, texts)))
        except ValueError:
            return self._part_before_failure(begin, texts)

    def _part_before_failure(self, begin: int, texts: Sequence[bytes]) -> Part:
        """The same rows, one by one: those before the one that is none are not lost by it."""
        records: list[Record] = []
        for text in texts:
            try:
                records += self._made(text)
            except ValueError as error:
                failure = Unavailable(f"{self._name}, at byte {begin}: {error}")
                return Part(records=records, offset=begin, failure=failure)
            begin += len(text)
        return Part(records=records, offset=begin)

    def _made(self, content: bytes) -> list[Record]:
        return [self._record(self._row(value)) for value in self._parsed(content) if value is not None]

    def _parsed(self, content: bytes) -> Iterator[Any]:
        return self._layout.parsed(content.decode(self._layout.encoding).removeprefix("\ufeff"))

    def _row(self, value: Any) -> dict[str, Any]:
        if not self._layout.has_header:
            if not isinstance(value, dict):
                raise ValueError(f"a line is a JSON object, not {str(value)[:80]!r}")
            return value
        if len(value) != len(self.columns):
            raise ValueError(f"the row has {len(value)} values, the first row names {len(self.columns)} columns")
        return dict(zip(self.columns, value, strict=True))

    def _refuse_other_forms(self, line: bytes) -> None:
        """A file in which no line would end where we look for it. `line` is what seems to be the first one."""
        if line.startswith(UTF_16) or b"\0" in line:
            raise Unavailable(f"{self._name}, first row: it has bytes as UTF-16 has them: bring the file as UTF-8")
        quote = re.escape(self._layout.quote.encode())
        bare = re.sub(quote + b"[^" + quote + b"]*(?:" + quote + rb"|\Z)", b"", line) if quote else line
        if self._layout.has_header and LONE_CR.search(bare):
            raise Unavailable(f"{self._name}, first row: it ends with CR alone: end lines with LF, or CR LF")

    def _read_header(self) -> int:
        text = next(self._texts(0), b"")
        try:
            cells = next(self._parsed(text), None)
        except ValueError as error:
            raise Unavailable(f"{self._name}, first row: {error}") from error
        self.columns = [str(cell).strip() for cell in cells or ()]
        twice = next((name for name, count in Counter(self.columns).items() if name and count > 1), None)
        if twice is not None:
            raise Unavailable(f"{self._name}, first row: the column {twice!r} stands there twice")
        return len(text)
