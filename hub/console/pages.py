"""Which part of a long table is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Page:
    """`number` counts from 1; `offset` is the first row shown."""

    number: int
    last: int
    total: int
    offset: int


def page_of(number: int, *, size: int, total: int) -> Page:
    """The page asked for, or the nearest one that there is."""
    last = max(1, -(-total // size))
    number = min(max(number, 1), last)
    return Page(number=number, last=last, total=total, offset=(number - 1) * size)
