"""Roundup numbers issues from 1 without gaps; these functions keep, as ranges, the numbers that are not listed."""

from collections.abc import Iterable, Iterator

Ranges = list[list[int]]
"""First and last number of each range, rising, in the form that a cursor can hold."""


def missing(listed: Iterable[int], highest: int) -> Ranges:
    """The numbers from 1 to `highest` that are not listed."""
    ranges: Ranges = []
    expected = 1
    for number in [*sorted(listed), highest + 1]:
        if number > expected:
            ranges.append([expected, number - 1])
        expected = max(expected, number + 1)
    return ranges


def only_in(these: Ranges, those: Ranges) -> Iterator[int]:
    """The numbers of `these` that `those` do not have."""
    for first, last in these:
        yield from (number for number in range(first, last + 1) if not _holds(those, number))


def _holds(ranges: Ranges, number: int) -> bool:
    return any(first <= number <= last for first, last in ranges)
