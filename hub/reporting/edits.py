"""What late changes of attributes made another of what figures read of a report, as an audience sees it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from hub.model.problem import Document
from hub.problems.acknowledgement import is_acknowledged
from hub.reporting.audiences.sight import Sight
from hub.reporting.dimensions import NAMES, Dimensions, Known
from hub.reporting.timelines import undo
from hub.store.histories import AT_ONCE, CHANGES, FLAGS, LATER, SEQ, SOURCE, Histories, History, Late

OPENED, AFFECTED, ACKNOWLEDGED = "opened", "affected", "acknowledged"
PLAIN = {OPENED: "creationDate", AFFECTED: "affectedNumberOfServices", ACKNOWLEDGED: "trackingRecord"}
"""{what figures read besides the dimensions: the attribute that says it}"""

FOLLOWS = frozenset({"status", "statusChangeDate"})
"""Attributes that each late record has a column for, or that follow from another."""

Said = tuple[str, ...]


class Edit(NamedTuple):
    """`name` is a dimension or one of PLAIN; None stands for a report that the audience did not see then."""

    name: str
    before: Said | None
    after: Said | None


class Edits(NamedTuple):
    """`others` are the names of attributes that changed and that no figure reads, sorted."""

    told: tuple[Edit, ...]
    others: tuple[str, ...]


class Explained(NamedTuple):
    """`seen` are the ids of the late records of reports that the audience saw then, before or after them; `edits` what
    those of them that changed attributes made another, by their ids."""

    seen: frozenset[str]
    edits: dict[str, Edits]


def explained(
    histories: Histories, late: Sequence[Late], *, recorded: int, dimensions: Dimensions, sight: Sight
) -> Explained:
    """`recorded` is when all before these records was."""
    ids = {one.seq: one.record_id for one in late}
    seen: set[str] = set()
    edits: dict[str, Edits] = {}
    known: Known = {}
    for some in _some(sorted({one.problem_id for one in late})):
        for history in histories.read(some, recorded=recorded):
            source = history.entries[0][SOURCE]
            for seq, changes, before, after in _steps(history):
                if seq not in ids:
                    continue
                new = _said(after, source, dimensions, known, sight)
                old = new if before is after else _said(before, source, dimensions, known, sight)
                if old is not None or new is not None:
                    seen.add(ids[seq])
                    if changes and after:
                        edits[ids[seq]] = _edits(changes, old, new, dimensions)
    return Explained(frozenset(seen), edits)


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[begin : begin + AT_ONCE] for begin in range(0, len(ids), AT_ONCE))


def _steps(history: History) -> Iterator[tuple[int, Document, Document, Document]]:
    """(seq, changes, the report before, the report after) of every later record, the last one first.

    Of a deletion there is no report after; what changed no attribute has no changes, and one report for both.
    """
    after: Document = orjson.loads(history.document) if history.document else {}
    for entry in reversed(history.entries):
        if entry[FLAGS] < LATER:
            return
        changes: Document = orjson.loads(entry[CHANGES]) if entry[CHANGES] else {}
        before = {**after} if changes else after
        undo(before, changes)
        yield entry[SEQ], changes, before, after
        after = before


def _said(
    report: Document, source: str | None, dimensions: Dimensions, known: Known, sight: Sight
) -> dict[str, Said] | None:
    """What figures read of a report; None of one that is not seen, or not there."""
    values = sight.values(dimensions.of(report, source, known)) if report else None
    if values is None:
        return None
    return {
        **dict(zip(NAMES, values, strict=True)),
        OPENED: _texts(report.get("creationDate")),
        AFFECTED: _texts(report.get("affectedNumberOfServices")),
        ACKNOWLEDGED: ("yes",) if is_acknowledged(report) else ("no",),
    }


def _texts(value: Any) -> Said:
    return () if value is None else (str(value),)


def _edits(
    changes: Document, before: dict[str, Said] | None, after: dict[str, Said] | None, dimensions: Dimensions
) -> Edits:
    rest = set(changes) - FOLLOWS
    told = []
    for name in (*NAMES, *PLAIN):
        attributes = {PLAIN[name]} if name in PLAIN else dimensions.attributes_of(name)
        old, new = (None if side is None else side[name] for side in (before, after))
        if old != new and not attributes.isdisjoint(changes):
            told.append(Edit(name, old, new))
            rest -= attributes
    return Edits(tuple(told), tuple(sorted(rest)))
