"""One value in a cell of CSV, and back: exactly, and so that no spreadsheet takes it for a formula.

An empty cell is a value that is not there. A text stands as it is where nobody could take it for something else.
Any other value stands as JSON; so does a text that looks like JSON or like a formula, and its cell begins with a quote.
"""

import re
from typing import Any

import orjson

LITERAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null", re.ASCII)
"""A number or a word of JSON: the whole of a cell."""

OPENING = ('"', "[", "{")
"""How a text, a list or an object of JSON begins."""

DANGEROUS = re.compile(r"[=+\-@|%＝＋－＠\s]|.*\s\Z|.*[\x00-\x09\x0b-\x1f\x7f]", re.DOTALL)
"""Beginnings that spreadsheets read as a formula, outer spaces that they cut away, and control characters."""


def cell_of(value: Any) -> str:
    if isinstance(value, str) and value and not _is_json(value) and not DANGEROUS.match(value):
        return value
    return orjson.dumps(value).decode()


def value_of(cell: str) -> Any:
    """The value of a cell that is not empty. Raises ValueError for one that begins as JSON does and is none."""
    if not _is_json(cell):
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"begins like JSON and is none: {error}") from error


def _is_json(text: str) -> bool:
    return text.startswith(OPENING) or LITERAL.fullmatch(text) is not None
