"""What the detectors remember, as bytes to be kept: so a start goes on where the last one was, and reads no weeks."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson

from hub.constraints.sightings import Key, Kind
from hub.constraints.topology import Topology

FORMAT = 1

Counts = Mapping[int, int]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Counts of the weeks that make what is usual; the reports of the latest hours are not in it, nor any customer.

    `first` and `newest` are the first and the latest hour of the stream, `at` its latest report in microseconds.
    `reports` is {hour: count}, `days` {day: count}, `about` {key: {day: count}} and `asked` {key: {hour: customers}}.
    """

    first: int
    newest: int
    at: int
    reports: Counts
    days: Counts
    about: Mapping[Key, Counts]
    asked: Mapping[Key, Counts]


def bytes_of(memory: Memory, topology: Topology) -> bytes:
    content = {
        "format": FORMAT,
        "topology": _digest(topology),
        "first": memory.first,
        "newest": memory.newest,
        "at": memory.at,
        "reports": list(memory.reports.items()),
        "days": list(memory.days.items()),
        "about": _rows(memory.about),
        "asked": _rows(memory.asked),
    }
    return zlib.compress(orjson.dumps(content), 1)


def memory_in(content: bytes, topology: Topology) -> Memory | None:
    """None of one that another version has kept, or that was made by another topology."""
    found = orjson.loads(zlib.decompress(content))
    if (found["format"], found["topology"]) != (FORMAT, _digest(topology)):
        return None
    return Memory(
        first=found["first"],
        newest=found["newest"],
        at=found["at"],
        reports=dict(found["reports"]),
        days=dict(found["days"]),
        about=_keys(found["about"]),
        asked=_keys(found["asked"]),
    )


def _rows(counts: Mapping[Key, Counts]) -> list[list[object]]:
    return [[key.kind, key.value, list(one.items())] for key, one in counts.items()]


def _keys(rows: list[tuple[str, str, list[tuple[int, int]]]]) -> dict[Key, Counts]:
    return {Key(Kind(kind), value): dict(counts) for kind, value, counts in rows}


def _digest(topology: Topology) -> str:
    said = [sorted(topology.parents.items()), sorted(topology.groups.items())]
    return sha256(orjson.dumps(said)).hexdigest()
