"""The forms of a content: how a report is written into it, and how a record of it is read."""

from collections.abc import Sequence
from typing import BinaryIO, Protocol

import orjson

from hub.errors import InvalidInput, Violation
from hub.jobs.csv_format import Csv, csv_under
from hub.model.job import ContentType
from hub.model.nesting import DEEPEST, is_too_deep
from hub.model.nul import place_of_nul
from hub.model.problem import Document

MARK = b"\xef\xbb\xbf"
"""What some programs put before a text in UTF-8."""


class Format(Protocol):
    """`head` is what a content begins with; `quoted` tells whether a record may go over several lines."""

    head: bytes
    quoted: bool

    def written(self, report: bytes) -> bytes:
        """A report, given as JSON, with its line end."""

    def read(self, content: bytes) -> Document:
        """What a record says. Raises InvalidInput naming the place in it."""


class Ndjson:
    """A report a line, as a GET of it gives it."""

    head = b""
    quoted = False

    def written(self, report: bytes) -> bytes:
        return report + b"\n"

    def read(self, content: bytes) -> Document:
        try:
            document = orjson.loads(content.removeprefix(MARK))
        except orjson.JSONDecodeError as error:
            begin = content[:60].decode("utf-8", "replace")
            violation = Violation(field="", value=begin, message=f"is not JSON: {error}")
            raise InvalidInput(violations=[violation]) from error
        if not isinstance(document, dict):
            raise InvalidInput(violations=[Violation(field="", message="must be an object, one report")])
        return document


def format_to_write(content_type: ContentType, columns: Sequence[str]) -> Format:
    return Ndjson() if content_type is ContentType.NDJSON else Csv(columns)


def format_to_read(content_type: ContentType, file: BinaryIO, longest: int) -> Format:
    """The form of a content; a file of CSV is read from its beginning to the end of its header.

    Raises InvalidInput for a header that is none.
    """
    if content_type is ContentType.NDJSON:
        return Ndjson()
    file.seek(0)
    header = file.readline(longest).removeprefix(MARK)
    if not header.strip():
        raise InvalidInput(violations=[Violation(field="header", message="is missing")])
    return csv_under(header)


def read_record(form: Format, content: bytes) -> Document:
    """What a record says. Raises InvalidInput, also for a report that is nested too deeply."""
    document = form.read(content)
    nested = form.quoted or content.count(b"[") + content.count(b"{") > DEEPEST
    if nested and is_too_deep(document):
        message = f"has more than {DEEPEST} levels of arrays and objects"
        raise InvalidInput(violations=[Violation(field="", message=message)])
    if (place := place_of_nul(document)) is not None:
        raise InvalidInput(violations=[Violation(field=place, message="holds the character U+0000")])
    return document
