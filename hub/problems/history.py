"""What stays of a change: a record for each event, and the event itself for those who listen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from hub.model.event import EventType, Record
from hub.model.ids import NewId
from hub.model.problem import Document, Problem, Status
from hub.problems.envelope import Letterhead, event_of
from hub.problems.ownership import OF_ALL, Ownership
from hub.store.tables import Tables


class Change(NamedTuple):
    """Who changed a report, and when: what all the records of one change have in common.

    `owner` is what the actor sees.
    """

    event_time: int
    record_time: int
    told: bool = True
    source: str | None = None
    source_status: str | None = None
    irregular: bool = False
    actor: str | None = None
    owner: Ownership = OF_ALL


class History:
    def __init__(self, *, new_id: NewId, letterhead: Letterhead) -> None:
        self._new_id = new_id
        self._letterhead = letterhead

    def tell(
        self,
        tables: Tables,
        seq: int,
        problem: Problem,
        told: Sequence[tuple[EventType, Document]],
        change: Change,
        before: Status | None = None,
    ) -> None:
        """Append a record for each event, and the event itself when listeners are to be told.

        The last event has the sequence of the report.
        """
        for number, (kind, changes) in enumerate(told, start=problem.sequence - len(told) + 1):
            event_id = self._new_id()
            numbered = problem if number == problem.sequence else replace(problem, sequence=number)
            tables.records.append(_record(kind, numbered, changes, change, event_id, before))
            if change.told:
                event = event_of(
                    kind,
                    numbered,
                    event_id=event_id,
                    event_time=change.event_time,
                    record_time=change.record_time,
                    letterhead=self._letterhead,
                    changed=tuple(changes),
                )
                tables.events.append(event, problem=seq)

    def place(
        self,
        tables: Tables,
        problem: Problem,
        before: Status | None,
        status: Status,
        change: Change,
        reason: str | None,
    ) -> None:
        """Append a change of status that was heard of late: it has its place in time, and is no event any more."""
        changes: Document = {"status": {"from": before, "to": status}}
        record = _record(EventType.STATE_CHANGE, problem, changes, change, self._new_id(), before)
        tables.records.append(record._replace(to_status=status, reason=reason))


def _record(
    kind: EventType,
    problem: Problem,
    changes: Document,
    change: Change,
    record_id: str,
    before: Status | None,
) -> Record:
    moved = kind is EventType.STATE_CHANGE
    return Record(
        id=record_id,
        problem_id=problem.id,
        event_type=kind,
        event_time=change.event_time,
        record_time=change.record_time,
        sequence=problem.sequence,
        changes=changes,
        from_status=before if moved else None,
        to_status=problem.status if moved or kind is EventType.CREATE else None,
        source=change.source,
        source_status=change.source_status,
        party=_party_id(problem.document.get("responsibleParty")),
        reason=problem.document.get("statusChangeReason") if moved else None,
        irregular=change.irregular and moved,
        actor=change.actor,
        actor_party=change.owner.party,
    )


def _party_id(party: Document | None) -> str | None:
    """The id inside a v5 RelatedPartyRefOrPartyRoleRef."""
    if not party:
        return None
    named: str | None = (party.get("partyOrPartyRole") or {}).get("id")
    return named
