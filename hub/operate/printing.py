"""What a command prints: a table for people, or JSON for scripts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from hub.model.problem import Document

Columns = Mapping[str, str]
"""{head of the column: dotted path to what stands in it}"""

WIDEST = 60


def as_json(value: Any) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        # A number of more than 64 bits, or half of a surrogate pair: the raw record of a ticket may have them.
        return json.dumps(value, indent=2)


def as_table(views: Sequence[Document], columns: Columns) -> Iterator[str]:
    """A line for each view under one of heads; a long text is cut, its whole stands in the JSON."""
    rows = [tuple(columns), *(tuple(_cell(view, path) for path in columns.values()) for view in views)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_lines(view: Document, inside: str = "") -> Iterator[str]:
    """A line for each value of one view, by its path."""
    for name, value in view.items():
        place = f"{inside}{name}"
        if isinstance(value, dict) and value:
            yield from as_lines(value, f"{place}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, part in enumerate(value):
                yield from as_lines(part, f"{place}[{number}].")
        else:
            yield f"{place:27} {_text(value)}"


def _cell(view: Document, path: str) -> str:
    found: Any = view
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    text = _text(found)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _text(value: Any) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
