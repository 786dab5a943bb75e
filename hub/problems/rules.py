"""What may be done with a report, and all that happens with it: document, history and events in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hub.errors import Conflict, InvalidInput, Violation
from hub.model.event import EventType, Record
from hub.model.ids import NewId
from hub.model.problem import Document, Problem, Status
from hub.model.times import Clock, micros_to_text, to_micros
from hub.problems.changes import KEPT_BY_SERVER, NOT_PATCHABLE, changed_attributes, events_of
from hub.problems.edits import Edit
from hub.problems.envelope import Letterhead, event_of
from hub.problems.lifecycle import INITIAL, check_step, is_legal
from hub.problems.links import Ends, are_the_same, other_ends, reference, unlinked
from hub.problems.loading import Loaded, Loading, Row, dates_in, identity_in
from hub.problems.merge import merge
from hub.problems.ownership import OF_ALL, Ownership, missing
from hub.store.problems import Stored
from hub.store.tables import Tables

CheckDocument = Callable[[Document], Sequence[Violation]]
"""Holds a whole report against the contract; gives every violation."""

Complete = Callable[[Document], Document]
"""Gives a report the `@type` of each part that was read without one."""


PLAIN = "ServiceProblem"
"""The `@type` of a report that is no subclass."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a trouble system says of a ticket, mapped.

    `status` is None when the source's word is not known: the report then keeps the status that it has.
    `event_time` is the instant of the change at the source, `started` that of the ticket's creation there, None
    when it does not say. `told` False keeps the change from the listeners.
    """

    source: str
    key: str
    document: Document
    status: Status | None
    source_status: str | None
    event_time: int
    started: int | None = None
    told: bool = True


@dataclass(frozen=True, kw_only=True)
class _Change:
    """Who changed a report, and when: what all the records of one change have in common."""

    event_time: int
    record_time: int
    told: bool = True
    source: str | None = None
    source_status: str | None = None
    irregular: bool = False
    actor: str | None = None
    owner: Ownership = OF_ALL


class ProblemRules:
    def __init__(
        self,
        *,
        clock: Clock,
        new_id: NewId,
        check_document: CheckDocument,
        complete: Complete,
        letterhead: Letterhead,
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._check_document = check_document
        self._complete = complete
        self._letterhead = letterhead

    def create(
        self, tables: Tables, given: Document, *, actor: str | None = None, owner: Ownership = OF_ALL
    ) -> Problem:
        """Make a report of what a client sent; `actor` is who sent it.

        Raises IllegalTransition when it is to start in another state than the lifecycle begins with, InvalidInput
        when it does not fit the schema of its type, and Forbidden when it does not concern its `owner`. The contract
        has been asked before.
        """
        now = to_micros(self._clock())
        document = self._complete(_stated(given))
        document["status"] = Status(document.get("status", INITIAL))
        check_step(None, document["status"])
        if document["@type"] != PLAIN:
            self._refuse_invalid(document)
        owner.accept(document)
        change = _Change(event_time=now, record_time=now, actor=actor, owner=owner)
        return self._insert(tables, document, change).problem

    def patch(
        self,
        tables: Tables,
        problem_id: str,
        edit: Edit,
        *,
        actor: str | None = None,
        owner: Ownership = OF_ALL,
    ) -> Problem:
        """Give a report the form that a client's edit gives it; an edit that changes nothing writes nothing.

        Raises NotFound, IllegalTransition, InvalidInput for what is not patchable or leaves the report invalid,
        Forbidden when the report would no longer concern its `owner`, Conflict when one would be below itself, and
        what the edit raises.
        """
        stored = _found(tables, problem_id, owner)
        before = stored.problem
        shown = {"id": before.id, "href": self._letterhead.href(before.id), **before.document}
        edited = edit(shown)
        document = self._complete(_with_kept(before.document, edited))
        self._refuse_invalid(document, _fixed_violations(shown, edited))
        owner.accept(document)
        check_step(before.status, Status(document["status"]))
        now = to_micros(self._clock())
        change = _Change(event_time=now, record_time=now, actor=actor, owner=owner)
        return self._update(tables, stored, document, change)

    def change(self, tables: Tables, stored: Stored, document: Document, *, at: int, actor: str) -> Problem:
        """Keep what a task has made of a report at the instant `at` (microseconds).

        A changed link is written on this side alone: the other one is the task's to change.
        """
        return self._write(tables, stored, document, _Change(event_time=at, record_time=at, actor=actor))

    def delete(
        self, tables: Tables, problem_id: str, *, actor: str | None = None, owner: Ownership = OF_ALL
    ) -> None:
        """Remove a report; its history and its events stay, and no report here refers to it any more.

        Raises NotFound, also for what is not the owner's.
        """
        stored = _found(tables, problem_id, owner)
        now = to_micros(self._clock())
        change = _Change(event_time=now, record_time=now, actor=actor)
        alone = replace(stored.problem, document=unlinked(stored.problem.document))
        ends = self._ends(tables, stored.problem.document, alone, change)
        tables.problems.delete(problem_id)
        self._tell(tables, stored.seq, stored.problem, [(EventType.DELETE, {})], change)
        self._relink(tables, ends, change)

    def upsert(self, tables: Tables, observation: Observation) -> Problem:
        """Keep what a trouble system says: its status is observed, never repaired.

        Raises InvalidInput when the mapped report does not fit the contract, or would be below itself.
        """
        stored = tables.problems.get_by_source(observation.source, observation.key)
        before = stored.problem if stored else None
        status = observation.status or (before.status if before else Status.PENDING)
        change = _Change(
            event_time=observation.event_time,
            record_time=to_micros(self._clock()),
            told=observation.told,
            source=observation.source,
            source_status=observation.source_status,
            irregular=before is not None and not is_legal(before.status, status),
        )
        stated = {**_stated(observation.document), "status": status}
        try:
            return self._observe(tables, stored, stated, change, observation)
        except Conflict as error:
            raise InvalidInput(violations=error.violations) from error

    def _observe(
        self, tables: Tables, stored: Stored | None, stated: Document, change: _Change, observation: Observation
    ) -> Problem:
        if stored is None:
            document = self._complete(stated)
            self._refuse_invalid(document)
            identity = (observation.source, observation.key)
            return self._insert(tables, document, change, identity=identity, started=observation.started).problem
        # Merged first: a null takes an attribute away, and completing a document would take the null away.
        merged = self._complete(merge(stored.problem.document, stated))
        self._refuse_invalid(merged)
        return self._update(tables, stored, merged, change)

    def row(self, given: Document) -> Row:
        """What a row of an import says, checked as far as that can be done before the transaction.

        Raises InvalidInput for an id or a date that is none.
        """
        problem_id, dates = identity_in(given), dates_in(given, to_micros(self._clock()))
        stated = _stated(given)
        if stated.get("status") is None:
            stated.pop("status", None)
        document = self._complete({"status": INITIAL, **stated})
        return Row(
            id=problem_id,
            stated=stated,
            document=document,
            violations=tuple(self._check_document(document)),
            dates=dates,
        )

    def load(self, tables: Tables, row: Row, loading: Loading) -> Loaded:
        """Keep a row of an import; its status is what it was elsewhere, so that any is taken.

        Raises Conflict when the report is here already and may not be changed, and InvalidInput when it does not fit
        the contract.
        """
        stored = _loaded_before(tables, row, loading)
        now = to_micros(self._clock())
        created = row.dates.get("creationDate")
        change = _Change(
            event_time=row.dates.get("statusChangeDate", now if created is None else created),
            record_time=now,
            told=loading.told,
            source=loading.source,
            actor=loading.actor,
        )
        if stored is None:
            if row.violations:
                raise InvalidInput(violations=row.violations)
            resolved = row.dates.get("resolutionDate")
            self._insert(tables, row.document, change, started=created, problem_id=row.id, resolved=resolved)
            return Loaded.CREATED
        return self._reload(tables, stored, row, change)

    def _reload(self, tables: Tables, stored: Stored, row: Row, change: _Change) -> Loaded:
        """Merge a row into the report that it is about."""
        before = stored.problem
        merged = self._complete(merge(before.document, row.stated))
        self._refuse_invalid(merged)
        irregular = not is_legal(before.status, Status(merged["status"]))
        after = self._update(tables, stored, merged, replace(change, irregular=irregular))
        return Loaded.UNCHANGED if after is before else Loaded.UPDATED

    def _insert(
        self,
        tables: Tables,
        document: Document,
        change: _Change,
        *,
        identity: tuple[str | None, str | None] = (None, None),
        started: int | None = None,
        problem_id: str | None = None,
        resolved: int | None = None,
    ) -> Stored:
        moved = micros_to_text(change.event_time)
        document = {
            "@type": PLAIN,
            "originatingSystem": self._letterhead.reporting_system,
            "affectedNumberOfServices": 0,
            **document,
            "creationDate": moved if started is None else micros_to_text(started),
            "lastUpdate": micros_to_text(change.record_time),
            "statusChangeDate": moved,
        }
        if document["status"] == Status.RESOLVED:
            document["resolutionDate"] = moved
        if resolved is not None and document["status"] in (Status.RESOLVED, Status.CLOSED):
            document["resolutionDate"] = micros_to_text(resolved)
        told: list[tuple[EventType, Document]] = [(EventType.CREATE, {})]
        told += [event for event in events_of({"status": {"to": document["status"]}}) if _is_request(event[0])]
        source, source_key = identity
        problem = Problem(
            id=problem_id or self._new_id(),
            document=document,
            sequence=len(told),
            source=source,
            source_key=source_key,
        )
        ends = self._ends(tables, {}, problem, change)
        seq = tables.problems.insert(problem)
        self._tell(tables, seq, replace(problem, sequence=0), told, change)
        self._relink(tables, ends, change)
        return Stored(seq=seq, problem=problem)

    def _update(self, tables: Tables, stored: Stored, merged: Document, change: _Change) -> Problem:
        """Keep what a report has become, and the other side of each link that it has gained or lost."""
        before = stored.problem
        ends = self._ends(tables, before.document, replace(before, document=merged), change)
        after = self._write(tables, stored, merged, change)
        self._relink(tables, ends, change)
        return after

    def _ends(self, tables: Tables, before: Document, after: Problem, change: _Change) -> Ends:
        """Asked before anything is written: it raises Conflict."""
        if are_the_same(before, after.document):
            return []
        own = reference(after.id, self._letterhead.href(after.id))
        return other_ends(tables, before, after, own, change.owner)

    def _relink(self, tables: Tables, ends: Ends, change: _Change) -> None:
        for stored, document in ends:
            self._write(tables, stored, document, replace(change, source_status=None, irregular=False))

    def _write(self, tables: Tables, stored: Stored, merged: Document, change: _Change) -> Problem:
        before = stored.problem
        changes = changed_attributes(before.document, merged)
        if not changes:
            return before
        told = events_of(changes)
        document = _stamped(merged, change, "status" in changes)
        after = replace(
            before, document=document, version=before.version + 1, sequence=before.sequence + len(told)
        )
        tables.problems.update(after)
        self._tell(tables, stored.seq, replace(after, sequence=before.sequence), told, change, before.status)
        return after

    def _tell(
        self,
        tables: Tables,
        seq: int,
        problem: Problem,
        told: Sequence[tuple[EventType, Document]],
        change: _Change,
        before: Status | None = None,
    ) -> None:
        """Append a record for each event, and the event itself when listeners are to be told."""
        for number, (kind, changes) in enumerate(told, start=problem.sequence + 1):
            event_id = self._new_id()
            numbered = replace(problem, sequence=number)
            tables.records.append(self._record(kind, numbered, changes, change, event_id, before))
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

    def _record(
        self,
        kind: EventType,
        problem: Problem,
        changes: Document,
        change: _Change,
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
        )

    def _refuse_invalid(self, document: Document, others: Sequence[Violation] = ()) -> None:
        violations = [*others, *self._check_document(document)]
        if violations:
            raise InvalidInput(violations=violations)


def _fixed_violations(shown: Document, edited: Document) -> list[Violation]:
    """A client may send back what it has read, but not change what is fixed."""
    violations = [
        Violation(field=name, value=edited.get(name), message="cannot be changed after creation")
        for name in ("id", "href", *NOT_PATCHABLE)
        if edited.get(name) != shown.get(name)
    ]
    if "status" not in edited:
        violations.append(Violation(field="status", message="is missing"))
    return violations


def _with_kept(before: Document, edited: Document) -> Document:
    """What was edited, without id and href, and with what the hub keeps itself as it was."""
    document = {name: value for name, value in edited.items() if name not in ("id", "href")}
    for name in KEPT_BY_SERVER:
        if name in before:
            document[name] = before[name]
        else:
            document.pop(name, None)
    return document


def _found(tables: Tables, problem_id: str, owner: Ownership) -> Stored:
    stored = tables.problems.get(problem_id)
    if stored is None:
        raise missing(problem_id)
    owner.guard(stored.problem)
    return stored


def _loaded_before(tables: Tables, row: Row, loading: Loading) -> Stored | None:
    """The report that a row is about: the one with its id, else, if it may be changed, with its identifier."""
    stored = tables.problems.get(row.id) if row.id else None
    if not loading.update:
        if stored is not None:
            message = f"there is a service problem {row.id} already; the mode upsert would change it"
            raise Conflict(violations=[Violation(field="id", value=row.id, message=message)])
        return None
    return stored or _identified(tables, row)


def _identified(tables: Tables, row: Row) -> Stored | None:
    """The report with an external identifier of a row. Raises Conflict when there are several."""
    found = {
        problem_id
        for identifier, owner, kind in row.identifiers
        for problem_id in tables.identifiers.reports(identifier, owner=owner, kind=kind)
    }
    if len(found) > 1:
        message = f"names {len(found)} service problems: {', '.join(sorted(found))}"
        raise Conflict(violations=[Violation(field="externalIdentifier", message=message)])
    return tables.problems.get(found.pop()) if found else None


def _stated(given: Document) -> Document:
    """What a sender may state: without id and href, and without what the hub keeps itself."""
    return {
        name: value for name, value in given.items() if name not in KEPT_BY_SERVER and name not in ("id", "href")
    }


def _stamped(document: Document, change: _Change, moved: bool) -> Document:
    """With the dates of this change. `lastUpdate` is the hub's own time, so that a client can read on from it."""
    stamped = {**document, "lastUpdate": micros_to_text(change.record_time)}
    if moved:
        occurred = micros_to_text(change.event_time)
        stamped["statusChangeDate"] = occurred
        if stamped["status"] == Status.RESOLVED:
            stamped["resolutionDate"] = occurred
        elif stamped["status"] != Status.CLOSED:
            stamped.pop("resolutionDate", None)
    return stamped


def _is_request(kind: EventType) -> bool:
    return kind is EventType.INFORMATION_REQUIRED


def _party_id(party: Document | None) -> str | None:
    """The id inside a v5 RelatedPartyRefOrPartyRoleRef."""
    if not party:
        return None
    named: str | None = (party.get("partyOrPartyRole") or {}).get("id")
    return named
