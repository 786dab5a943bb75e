"""Keeps which problems have to be asked for again: those that go on, and for a time those that have ended."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(kw_only=True)
class Following:
    """`open` are ids of problems that go on, `ended` is {id: when} of those that have ended after `since`.

    Times are in seconds since 1970.
    """

    open: set[int]
    ended: dict[int, float]
    since: float

    @classmethod
    def of(cls, cursor: Mapping[str, Any], *, since: float) -> "Following":
        ended = {int(event): float(end) for event, end in cursor.get("ended", {}).items()}
        return cls(open=set(cursor.get("open", ())), ended=ended, since=since)

    @property
    def cursor(self) -> dict[str, Any]:
        return {"open": sorted(self.open), "ended": {str(event): end for event, end in self.ended.items()}}

    def note(self, rows: Iterable[Row], ends: Mapping[str, Row], asked: Collection[int]) -> list[int]:
        """Take over what rows say. Gives the ids of open problems that are gone.

        These are not among the rows although they were asked for, or their trigger was deleted: Zabbix then no longer
        lists them as problems, though the event stays until its housekeeper comes, and never gets an end.
        """
        missing = set(asked)
        for row in rows:
            event = int(row["eventid"])
            if has_ended(row):
                self.open.discard(event)
                # An end that the housekeeper has taken away was long ago.
                self.ended[event] = seconds(ends[row["r_eventid"]]) if row["r_eventid"] in ends else 0.0
                missing.discard(event)
            elif has_trigger(row):
                self.open.add(event)
                missing.discard(event)
            else:
                missing.add(event)
        gone = sorted(self.open & missing)
        self.open -= missing
        self.ended = {event: end for event, end in self.ended.items() if event not in missing and end > self.since}
        return gone


def has_ended(row: Row) -> bool:
    return str(row["r_eventid"]) != "0"


def has_trigger(row: Row) -> bool:
    """Whether the event still says what it is about: the trigger that was deleted is an empty list."""
    return bool(row["relatedObject"])


def seconds(event: Row) -> float:
    """When an event was, in seconds since 1970."""
    return round(int(event["clock"]) + int(event["ns"]) / 1e9, 6)
