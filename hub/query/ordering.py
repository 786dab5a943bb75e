"""The order of a list, and places in it.

Smaller values come first: numbers before texts, false before true, texts by code point, date-times as instants.
What is missing, or is no single value, comes last in both directions. What is equal comes in the order of the rows,
which is that of their creation, and in the reverse of it when the last key is descending.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SortValue = str | int | float | None
"""A value as the store orders it; None is missing."""


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """`path` leads through objects only; `instants` tells that its texts are date-times and ordered as such."""

    path: tuple[str, ...]
    descending: bool = False
    instants: bool = False


Sort = tuple[SortKey, ...]


@dataclass(frozen=True, kw_only=True)
class Position:
    """The place of one row: its value for each key of the order, and its row number."""

    values: tuple[SortValue, ...]
    seq: int


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where a page begins: right behind a position or, backwards, right before it.

    Without a position it is the first page or, backwards, the last one.
    """

    position: Position | None = None
    backwards: bool = False


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """The rows in order. The other fields are told for pages by cursor only.

    `first` and `last` are the positions of the first and the last row; `more` says whether rows follow in the
    direction of reading.
    """

    rows: list[T]
    first: Position | None = None
    last: Position | None = None
    more: bool = False


def render_sort(sort: Sort) -> str:
    """The order as a client writes it."""
    return ",".join(f"{'-' if key.descending else ''}{'.'.join(key.path)}" for key in sort)
