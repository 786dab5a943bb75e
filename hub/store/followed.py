"""A write that somebody follows: the events that it appends keep where they came from."""

from typing import Any

from hub.store.tables import Tables
from hub.store.writer import Done, Work
from hub.telemetry.trails import Change, current_trail


def followed(work: Work, done: Done) -> tuple[Work, Done]:
    """The two as they are where nobody follows what is changed here."""
    trail = current_trail()
    return (work, done) if trail is None else _with(trail.change(), work, done)


def _with(change: Change, work: Work, done: Done) -> tuple[Work, Done]:
    def run(tables: Tables) -> Any:
        change.begin()
        tables.events.change = change
        try:
            return work(tables)
        finally:
            tables.events.change = None

    def ended(result: Any, error: BaseException | None) -> None:
        change.end(error)
        done(result, error)

    return run, ended
