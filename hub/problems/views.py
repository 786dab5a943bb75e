"""What a party sees of what concerns it: without links to reports that it may not see, and without others' actors.

A link stands on both sides. A reference that stands on one side alone is a word of who wrote it, and is shown.
An operator sees everything as it is kept; each function here then gives back what it was given.
"""

from typing import Any

import orjson

from hub.model.event import Record
from hub.model.problem import Document
from hub.problems.links import OTHER_SIDE, are_linked
from hub.problems.ownership import Ownership
from hub.store.tables import Tables

TRACKING = "trackingRecord"
MAY_HIDE = tuple(name.encode() for name in (*OTHER_SIDE, TRACKING))

FIELD_PATH = "fieldPath"
TOUCHED = "lastUpdate"
"""What a change without anything to show has changed all the same."""

Hidden = frozenset[tuple[str, str]]
"""(side, id) of each link that is not shown."""


def may_hide(content: bytes) -> bool:
    """Whether the JSON of a report or an event has anything in it that not everybody sees."""
    return any(name in content for name in MAY_HIDE)


def hidden_links(tables: Tables, problem_id: str, document: Document, owner: Ownership) -> Hidden:
    """The links of a report to reports that its owner may not see."""
    if owner.party is None:
        return frozenset()
    return frozenset(
        (side, one["id"])
        for side in OTHER_SIDE
        for one in document.get(side) or ()
        if not _is_seen(tables, one["id"], owner) and are_linked(tables, problem_id, side, one["id"])
    )


def shown(document: Document, owner: Ownership, hidden: Hidden) -> Document:
    """A report as its owner sees it; without what is hidden, an attribute that is left empty is absent."""
    if owner.party is None:
        return document
    seen = dict(document)
    for side in OTHER_SIDE.keys() & document.keys():
        seen[side] = [one for one in document[side] or () if (side, one["id"]) not in hidden]
        if not seen[side] and document[side]:
            del seen[side]
    if document.get(TRACKING):
        seen[TRACKING] = [_entry(one, owner) for one in document[TRACKING]]
    return seen


def shown_json(tables: Tables, problem_id: str, stored: bytes, owner: Ownership) -> bytes:
    """The same of a stored report, as JSON bytes without id and href."""
    if owner.party is None or not may_hide(stored):
        return stored
    document = orjson.loads(stored)
    return orjson.dumps(shown(document, owner, hidden_links(tables, problem_id, document, owner)))


def kept(before: Document, seen: Document, edited: Document, hidden: Hidden) -> Document:
    """What was made of the report as it was `seen`, with all that was not seen in it as it was `before`."""
    document = dict(edited)
    for side in OTHER_SIDE:
        unseen = [one for one in before.get(side) or () if (side, one["id"]) in hidden]
        if not unseen:
            continue
        value = edited.get(side)
        if value == seen.get(side):
            document[side] = before[side]
        elif value is None or isinstance(value, list):  # anything else is refused as it is
            ids = {one["id"] for one in unseen}
            others = [one for one in value or () if not (isinstance(one, dict) and one.get("id") in ids)]
            document[side] = [*others, *unseen]
    if TRACKING in before and edited.get(TRACKING) == seen.get(TRACKING):
        document[TRACKING] = before[TRACKING]
    return document


def shown_record(tables: Tables, record: Record, owner: Ownership) -> Record:
    """An entry of the history as its owner sees it: an actor is shown to its own party."""
    if owner.party is None:
        return record
    own = record.actor_party == owner.party
    changes = {name: _change(tables, name, change, owner, own=own) for name, change in record.changes.items()}
    told = {name: change for name, change in changes.items() if change is not None}
    return record._replace(actor=record.actor if own else None, changes=told)


def shown_event(tables: Tables, envelope: Document, owner: Ownership) -> Document:
    """An event, which may tell of links that are gone by now: of reports that its owner does not see it names none."""
    report = envelope["event"].get("serviceProblem")
    if owner.party is None or report is None:
        return envelope
    secret = frozenset(
        (side, one["id"])
        for side in OTHER_SIDE
        for one in report.get(side) or ()
        if _is_secret(tables, one["id"], owner)
    )
    seen = {**envelope, "event": {**envelope["event"], "serviceProblem": shown(report, owner, secret)}}
    if FIELD_PATH in envelope:
        seen[FIELD_PATH] = _field_path(tables, envelope, owner)
    return seen


def _field_path(tables: Tables, envelope: Document, owner: Ownership) -> str:
    """The attributes that an event is about, without those whose change its owner sees nothing of."""
    told: str = envelope[FIELD_PATH]
    names = told.split(",")
    if OTHER_SIDE.keys().isdisjoint(names):
        return told
    record = tables.records.get(envelope["eventId"])
    changes = shown_record(tables, record, owner).changes if record else {}
    return ",".join(name for name in names if name in changes) or TOUCHED


def _change(tables: Tables, name: str, change: Document, owner: Ownership, *, own: bool) -> Document | None:
    """The change of an attribute; None when its owner sees nothing of it."""
    if name == TRACKING:
        return {side: [_entry(one, owner) for one in entries or ()] for side, entries in change.items()}
    if name not in OTHER_SIDE:
        return change
    ids = {side: {one["id"] for one in references or ()} for side, references in change.items()}
    # What its own party has written or taken away in this change is nothing new to it.
    known = ids.get("from", set()) ^ ids.get("to", set()) if own else set()

    def visible(references: Any) -> Any:
        kept = [one for one in references or () if one["id"] in known or not _is_secret(tables, one["id"], owner)]
        return kept or None

    told = {side: visible(references) for side, references in change.items()}
    return None if told.get("from") == told.get("to") else told


def _entry(entry: Document, owner: Ownership) -> Document:
    """A tracking record; whoever made a task for another party, or for none, is not named."""
    if "task" not in entry or entry.get("actorParty") == owner.party:
        return entry
    unnamed = {name: value for name, value in entry.items() if name not in ("actor", "actorParty")}
    if entry.get("user") == entry.get("actor"):
        unnamed.pop("user", None)
    return unnamed


def _is_seen(tables: Tables, problem_id: str, owner: Ownership) -> bool:
    stored = tables.problems.get(problem_id)
    return stored is not None and owner.sees(stored.problem.document)


def _is_secret(tables: Tables, problem_id: str, owner: Ownership) -> bool:
    """Whether an id is, or was, that of a report which the owner does not see; any other id is a mere word."""
    return not _is_seen(tables, problem_id, owner) and tables.records.has(problem_id)
