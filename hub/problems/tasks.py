"""What a task does with the reports that it names: all of it in one transaction, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.errors import Conflict, Violation
from hub.model.caller import Caller
from hub.model.ids import NewId
from hub.model.problem import Document
from hub.model.task import Task, TaskKind, TaskState
from hub.model.times import Clock, micros_to_text, to_micros
from hub.problems.acknowledgement import entry_of, is_acknowledged, noted, said_in
from hub.problems.envelope import Letterhead
from hub.problems.form import Complete
from hub.problems.history import Change
from hub.problems.keeper import Keeper
from hub.problems.links import (
    CHILDREN,
    PARENTS,
    above,
    ids_in,
    reference,
    with_references,
    without_references,
)
from hub.problems.ownership import OF_ALL, Ownership
from hub.problems.references import Named, References
from hub.problems.task_events import ASKED_FOR, MOVED, task_event
from hub.store.tables import Tables

UNCHANGED = "unchanged"
RESULTS = {
    TaskKind.ACKNOWLEDGEMENT: "acknowledged",
    TaskKind.UNACKNOWLEDGEMENT: "unacknowledged",
    TaskKind.GROUP: "grouped",
    TaskKind.UNGROUP: "ungrouped",
}
OUTPUT = {TaskKind.ACKNOWLEDGEMENT: "ackProblem", TaskKind.UNACKNOWLEDGEMENT: "unackProblem"}
"""Where an acknowledging task lists the reports that are now as it wants them."""

KEPT_BY_SERVER = frozenset({"id", "href", "state", "outcome", *OUTPUT.values()})
"""Attributes that the hub writes; what a client says of them is not read."""

GROUPING = (TaskKind.GROUP, TaskKind.UNGROUP)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A task at work: the reports that it names, the parent first where it has one, and who asks."""

    tables: Tables
    task: Task
    named: tuple[Named, ...]
    actor: str
    owner: Ownership

    @property
    def parent(self) -> Named:
        return self.named[0]

    @property
    def subjects(self) -> tuple[Named, ...]:
        """The reports that have an outcome each."""
        return self.named[1:] if self.task.kind in GROUPING else self.named


class TaskRules:
    """`complete` gives the document of each kind of task the `@type` of its parts."""

    def __init__(
        self,
        *,
        keeper: Keeper,
        clock: Clock,
        new_id: NewId,
        complete: Mapping[TaskKind, Complete],
        letterhead: Letterhead,
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._new_id = new_id
        self._complete = complete
        self._letterhead = letterhead
        self._references = References(letterhead.base_url)

    def perform(
        self, tables: Tables, given: Document, *, kind: TaskKind, caller: Caller, owner: Ownership = OF_ALL
    ) -> Task:
        """Do what a task asks for, and keep it with its outcome.

        Raises InvalidInput for a reference that names no report of its owner or one twice, and Conflict when a
        report would come to be below itself.
        """
        named = self._references.named(tables, _places(kind, given), owner=owner)
        task = Task(
            id=self._new_id(),
            kind=kind,
            document=self._asked(kind, given, named),
            created=to_micros(self._clock()),
            actor=caller.name,
            party=caller.party,
        )
        seq = tables.tasks.insert(task)
        self._tell(tables, seq, task, ASKED_FOR, 1, len(named))
        work = _Work(tables=tables, task=task, named=named, actor=caller.name, owner=owner)
        outcomes = self._outcomes(work)
        done = replace(task, document={**task.document, "state": TaskState.DONE, **outcomes})
        tables.tasks.update(done)
        self._tell(tables, seq, done, MOVED, 2, len(named))
        return done

    def _asked(self, kind: TaskKind, given: Document, named: tuple[Named, ...]) -> Document:
        """The task as it begins, with whole references to the reports that it names."""
        stated = {name: value for name, value in given.items() if name not in KEPT_BY_SERVER}
        if stated.get("trackingRecord"):
            stated["trackingRecord"] = said_in(stated)
        references = [{"@type": "ServiceProblemRef", **one.given, **self._address(one)} for one in named]
        if kind in GROUPING:
            stated |= {"parentProblem": references[0], "childProblem": references[1:]}
        else:
            stated |= {"problem": references}
        return self._complete[kind]({**stated, "state": TaskState.ACKNOWLEDGED})

    def _outcomes(self, work: _Work) -> Document:
        """The attributes that the task gains by being done."""
        kind = work.task.kind
        match kind:
            case TaskKind.GROUP:
                changed = self._group(work)
            case TaskKind.UNGROUP:
                changed = self._ungroup(work)
            case TaskKind.ACKNOWLEDGEMENT | TaskKind.UNACKNOWLEDGEMENT:
                changed = self._note(work)
        outcome = [
            {
                "@type": "ProblemOutcome",
                **self._address(one),
                "result": RESULTS[kind] if one.id in changed else UNCHANGED,
            }
            for one in work.subjects
        ]
        listed = {OUTPUT[kind]: [self._reference(one) for one in work.subjects]} if kind in OUTPUT else {}
        return {**listed, "outcome": outcome}

    def _note(self, work: _Work) -> set[str]:
        """Write into each report that its handler has taken note, or takes it back; gives those that changed."""
        acknowledged = work.task.kind is TaskKind.ACKNOWLEDGEMENT
        entry = entry_of(
            work.task,
            at=micros_to_text(work.task.created),
            href=self._letterhead.task_href(work.task),
            system=self._letterhead.reporting_system,
        )
        changed = [one for one in work.subjects if is_acknowledged(one.stored.problem.document) != acknowledged]
        for one in changed:
            self._change(work, one, noted(one.stored.problem.document, entry))
        return {one.id for one in changed}

    def _group(self, work: _Work) -> set[str]:
        """Put each child under the parent, on both sides; gives those that were not there."""
        parents = above(work.tables, ids_in(work.parent.stored.problem.document, PARENTS))
        circles = [one for one in work.subjects if one.id in parents]
        if circles:
            message = f"is above {work.parent.id}, and cannot be below it too"
            raise Conflict(
                violations=[Violation(field=f"{one.place}.id", value=one.id, message=message) for one in circles]
            )
        parent = self._reference(work.parent)
        grouped = with_references(
            work.parent.stored.problem.document, CHILDREN, [self._reference(one) for one in work.subjects]
        )
        return self._relink(
            work,
            grouped,
            {one.id: with_references(one.stored.problem.document, PARENTS, [parent]) for one in work.subjects},
        )

    def _ungroup(self, work: _Work) -> set[str]:
        """Take each child away from the parent, on both sides; gives those that were there."""
        children = {one.id for one in work.subjects}
        left = without_references(work.parent.stored.problem.document, CHILDREN, children)
        return self._relink(
            work,
            left,
            {
                one.id: without_references(one.stored.problem.document, PARENTS, {work.parent.id})
                for one in work.subjects
            },
        )

    def _relink(self, work: _Work, parent: Document, children: Mapping[str, Document]) -> set[str]:
        """Keep both sides; gives the children whose link is new, or gone, on either."""
        before = work.parent.stored.problem.document
        moved = set(ids_in(before, CHILDREN)) ^ set(ids_in(parent, CHILDREN))
        if parent is not before:
            self._change(work, work.parent, parent)
        for one in work.subjects:
            if children[one.id] is not one.stored.problem.document:
                self._change(work, one, children[one.id])
                moved.add(one.id)
        return moved

    def _change(self, work: _Work, one: Named, document: Document) -> None:
        at = work.task.created
        change = Change(event_time=at, record_time=at, actor=work.actor, owner=work.owner)
        self._keeper.write(work.tables, one.stored, document, change)

    def _address(self, one: Named) -> Document:
        return {"id": one.id, "href": self._letterhead.href(one.id)}

    def _reference(self, one: Named) -> Document:
        return reference(**self._address(one))

    def _tell(self, tables: Tables, seq: int, task: Task, happened: str, sequence: int, reports: int) -> None:
        event = task_event(
            happened,
            task,
            sequence=sequence,
            event_id=self._new_id(),
            reports=reports,
            letterhead=self._letterhead,
        )
        # Events of one subject keep their order; the numbers of tasks lie below those of reports.
        tables.events.append(event, problem=-seq)


def _places(kind: TaskKind, given: Document) -> list[tuple[str, Document]]:
    """(place, reference) of every report that a task names, the parent first."""
    if kind in GROUPING:
        children = [(f"childProblem[{place}]", one) for place, one in enumerate(given["childProblem"])]
        return [("parentProblem", given["parentProblem"]), *children]
    return [(f"problem[{place}]", one) for place, one in enumerate(given["problem"])]
