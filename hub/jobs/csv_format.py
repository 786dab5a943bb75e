"""CSV (RFC 4180) in UTF-8: a column for each path of a report, and one for all that has no column of its own."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

from hub.errors import InvalidInput, Violation
from hub.jobs.cells import cell_of, value_of
from hub.jobs.flat import leaves, name_of, path_of, put
from hub.model.problem import Document

REST = "*"
"""The column for what no other one has: a JSON object {column: value}."""

csv.field_size_limit(1 << 30)  # a record is limited before it is read


class Csv:
    quoted = True

    def __init__(self, columns: Sequence[str]) -> None:
        self._names = tuple(columns)
        self._places = {path_of(name): place for place, name in enumerate(columns) if name != REST}
        self._rest = self._names.index(REST) if REST in self._names else None
        self.head = _line([cell_of(name) for name in columns])

    def written(self, report: bytes) -> bytes:
        cells = [""] * len(self._names)
        rest: Document = {}
        for path, value in leaves(orjson.loads(report)):
            place = self._places.get(path)
            if place is None:
                rest[name_of(path)] = value
            else:
                cells[place] = cell_of(value)
        if rest and self._rest is not None:
            cells[self._rest] = cell_of(rest)
        return _line(cells)

    def read(self, content: bytes) -> Document:
        """Raises InvalidInput naming each column that is wrong."""
        cells = _cells(content)
        if len(cells) != len(self._names):
            raise _wrong("", f"has {len(cells)} cells, and the header {len(self._names)}")
        document: Document = {}
        violations: list[Violation] = []
        for name, cell in zip(self._names, cells, strict=True):
            if cell:
                try:
                    _put(document, name, value_of(cell))
                except ValueError as error:
                    violations.append(Violation(field=name, value=cell, message=str(error)))
        if violations:
            raise InvalidInput(violations=violations)
        return document


def csv_under(header: bytes) -> Csv:
    """The format of a content with this header. Raises InvalidInput."""
    names = [_name(cell) for cell in _cells(header)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(violations=[Violation(field=name, message="is a column twice") for name in twice])
    return Csv(names)


def columns_shown(columns: Sequence[str], fields: tuple[str, ...], always: Sequence[str]) -> list[str]:
    """The columns for a selection of fields: theirs, and those of the `always` shown; all without a selection."""
    chosen = [tuple(field.split(".")) for field in (*always, *fields)]

    def is_shown(name: str) -> bool:
        path = path_of(name)
        return not fields or any(path[: len(one)] == one[: len(path)] for one in chosen)

    return [*(name for name in columns if is_shown(name)), REST]


def _put(document: Document, name: str, value: Any) -> None:
    if name != REST:
        put(document, path_of(name), value)
        return
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object of further columns")
    for inner, one in value.items():
        put(document, path_of(inner), one)


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _cells(content: bytes) -> list[str]:
    try:
        rows = list(csv.reader([content.decode()], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong("", f"is not CSV in UTF-8: {error}") from error
    return rows[0] if len(rows) == 1 else []


def _name(cell: str) -> str:
    try:
        name = value_of(cell) if cell else ""
    except ValueError as error:
        raise _wrong("header", f"{cell}: {error}") from error
    if not isinstance(name, str) or not name:
        raise _wrong("header", f"{cell!r} is not the name of a column")
    return name


def _wrong(field: str, message: str) -> InvalidInput:
    return InvalidInput(violations=[Violation(field=field, message=message)])
