"""What a reading of a list changes, decided from what it says and what is kept; and when it is better not believed."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.model.listed import Entry, Present
from hub.subscriptions.list_file import BadRow, Content


@dataclass(frozen=True, kw_only=True)
class Plan:
    added: list[Entry]
    changed: list[tuple[Present, Entry]]
    removed: list[Present]
    unchanged: list[Present]
    bad: list[BadRow]


def plan_of(content: Content, present: Sequence[Present]) -> Plan:
    """An entry that cannot be read now stays as it is; one whose registration has ended is added again."""
    kept = {one.key: one for one in present}
    wanted = {one.key: one for one in content.entries}
    unread = {row.key for row in content.bad}
    alive = {key for key, one in kept.items() if one.subscription is not None}
    changed = [
        (kept[key], entry) for key, entry in wanted.items() if key in alive and kept[key].digest != entry.digest
    ]
    return Plan(
        added=[entry for key, entry in wanted.items() if key not in alive],
        changed=changed,
        removed=[one for key, one in kept.items() if key not in wanted and key not in unread],
        unchanged=[kept[key] for key in alive & wanted.keys() if kept[key].digest == wanted[key].digest],
        bad=content.bad,
    )


def why_not_believed(plan: Plan, present: Sequence[Present], limit: float) -> str | None:
    """Why the list is probably broken: it would end too many registrations at once, or is unreadable in too many rows.

    `limit` is the share of what is kept, or of the rows, from 0 to 1. One entry that goes is always believed, unless it
    is the last one.
    """
    alive = sum(one.subscription is not None for one in present)
    going = sum(one.subscription is not None for one in plan.removed)
    rows = len(plan.added) + len(plan.changed) + len(plan.unchanged) + len(plan.bad)
    if alive and not rows:
        return f"it is empty, and {alive} registrations are of it"
    if going > max(1, limit * alive) or (going == alive and limit < 1 and alive):
        return f"it would end {going} of {alive} registrations, more than the limit of {limit:.0%}"
    if len(plan.bad) > max(1, limit * rows):
        return f"{len(plan.bad)} of {rows} rows cannot be read; row {plan.bad[0].row}: {plan.bad[0].message}"
    return None
