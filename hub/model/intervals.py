"""Half-open intervals [begin, end) on the line of instants, in microseconds; lists of them are sorted and apart."""

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The intervals merged, so that no instant lies in two; empty ones are left out."""
    merged: list[Interval] = []
    for begin, end in sorted(intervals):
        if end <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return merged


def clipped(intervals: Iterable[Interval], begin: int, end: int) -> list[Interval]:
    """What of each interval lies in [begin, end)."""
    return [(max(one, begin), min(other, end)) for one, other in intervals if one < end and other > begin]


def intersection(ones: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What lies in both of two merged lists."""
    found: list[Interval] = []
    one = other = 0
    while one < len(ones) and other < len(others):
        begin = max(ones[one][0], others[other][0])
        end = min(ones[one][1], others[other][1])
        if begin < end:
            found.append((begin, end))
        if ones[one][1] <= others[other][1]:
            one += 1
        else:
            other += 1
    return found


def measure(intervals: Iterable[Interval]) -> int:
    """The length of a merged list in microseconds."""
    return sum([end - begin for begin, end in intervals])


def weighted(intervals: Iterable[tuple[int, int, int]]) -> int:
    """∫ of the greatest weight at each instant: (begin, end, weight) that overlap count once, by the heaviest."""
    edges: list[tuple[int, int, int]] = []
    for begin, end, weight in intervals:
        if begin < end:
            edges += [(begin, 1, weight), (end, 0, weight)]
    total, last, open_weights = 0, 0, dict[int, int]()
    for at, begins, weight in sorted(edges):
        if open_weights:
            total += (at - last) * max(open_weights)
        last = at
        count = open_weights.get(weight, 0) + (1 if begins else -1)
        if count:
            open_weights[weight] = count
        else:
            del open_weights[weight]
    return total
