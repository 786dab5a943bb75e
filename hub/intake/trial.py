"""How the newest tickets of a source look as reports: nothing is written, the mapping alone is tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest

from hub.intake.mapping import FieldMapping, Rendered, render
from hub.model.times import to_text
from hub.ports import Record, Source

LOOKED_BACK = (timedelta(days=1), timedelta(days=30))
"""How far back the newest are looked for before everything is read."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`failure` says why a record makes no report."""

    record: Record
    rendered: Rendered
    failure: str | None = None


def trials(source: Source, mapping: FieldMapping, *, newest: int, now: datetime) -> Iterator[Trial]:
    """The newest tickets, the latest change first. Raises SourceError."""
    for record in _newest(source, newest, now):
        try:
            yield Trial(record=record, rendered=render(mapping, record.data))
        except TypeError as error:
            failure = f"its content cannot be kept: {error}"
            yield Trial(record=record, rendered=Rendered(document={}), failure=failure)


def _newest(source: Source, newest: int, now: datetime) -> list[Record]:
    source.check()
    found: list[Record] = []
    for cursor in (*({"since": to_text(now - back)} for back in LOOKED_BACK), {}):
        found = []
        for page in source.pull(cursor):
            latest = {record.key: record for record in (*found, *page.records) if not record.gone}
            found = nlargest(newest, latest.values(), key=lambda record: record.updated)
        if len(found) >= newest:
            break
    return found
