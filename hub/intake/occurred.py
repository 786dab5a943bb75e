"""When a change of a ticket came to pass at its source, as well as that can be known."""

from collections.abc import Callable
from datetime import datetime

from hub.intake.observe import Changed, told_at
from hub.model.problem import Problem
from hub.model.times import from_micros, to_micros, to_text
from hub.store.records import Standing
from hub.store.sources import Item


def occurred(
    changed: Changed,
    item: Item | None,
    before: Problem | None,
    standing: Callable[[str], Standing | None],
    *,
    source: str,
    now: datetime,
) -> datetime:
    """The instant that a ticket tells of its change, where that can be one of this change; else when it was seen.

    `item` and `before` are what is known of the ticket and its report, None before its first record. `standing` gives
    the latest change of the status of the report with an id, `now` is when this change is seen. A ticket that was
    changed in place still tells the instant of the change before. Nothing that it tells falls before a change that
    was seen of it. An entry of a log tells its own time.
    """
    at = told_at(changed.record, changed.rendered, now)
    if changed.record.log or item is None or item.problem_id is None or before is None:
        return at
    in_place = to_micros(changed.record.updated) <= item.updated
    if not in_place and to_text(at) > before.document["statusChangeDate"]:
        return at
    last = standing(before.id)
    if last is None:
        return at
    is_ours, since = last.source == source, from_micros(last.event_time)
    if in_place and not _is_read_otherwise(changed, last, is_ours):
        known = max(item.updated, last.event_time) if is_ours else item.updated
        return at if to_micros(at) > known else max(now, since)
    was_seen = is_ours and last.event_time > item.updated
    return max(at, since) if was_seen else at


def _is_read_otherwise(changed: Changed, last: Standing, is_ours: bool) -> bool:
    """Whether the ticket says the word that it said, and a mended mapping makes another status of it."""
    rendered = changed.rendered
    return is_ours and rendered.source_status == last.source_status and rendered.status not in (None, last.status)
