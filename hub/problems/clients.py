"""What a client may do with a report: create it, patch it, delete it."""

from hub.errors import InvalidInput, Violation
from hub.model.problem import Document, Problem, Status
from hub.model.times import Clock, micros_to_text, to_micros
from hub.problems.acknowledgement import without_forged
from hub.problems.changes import KEPT_BY_SERVER, NOT_PATCHABLE, NOT_WRITABLE
from hub.problems.dates import dates_of_change, dates_of_new, is_as_created
from hub.problems.edits import Edit
from hub.problems.envelope import Letterhead
from hub.problems.form import Form, stated_in
from hub.problems.found import kept_of_constraint
from hub.problems.history import Change
from hub.problems.keeper import PLAIN, Keeper
from hub.problems.lifecycle import INITIAL, check_step
from hub.problems.links import repeated
from hub.problems.ownership import OF_ALL, Ownership, missing
from hub.problems.views import hidden_links, kept, shown
from hub.store.problems import Stored
from hub.store.tables import Tables


class ClientRules:
    def __init__(self, *, clock: Clock, form: Form, keeper: Keeper, letterhead: Letterhead) -> None:
        self._clock = clock
        self._form = form
        self._keeper = keeper
        self._letterhead = letterhead

    def create(
        self, tables: Tables, given: Document, *, actor: str | None = None, owner: Ownership = OF_ALL
    ) -> Problem:
        """Make a report of what a client sent; `actor` is who sent it.

        Raises IllegalTransition when it is to start in another state than the lifecycle begins with, InvalidInput
        when it does not fit the schema of its type or states dates that cannot be, and Forbidden when it does not
        concern its `owner`. The contract has been asked before.
        """
        _refuse_unwritable(given)
        if twice := repeated(given):
            raise InvalidInput(violations=twice)
        now = to_micros(self._clock())
        document = self._form.complete(without_forged(stated_in(given)))
        document["status"] = Status(document.get("status", INITIAL))
        check_step(None, document["status"])
        if document["@type"] != PLAIN or "@schemaLocation" in document:
            self._form.refuse_invalid(document)
        dates = dates_of_new(given, now)
        if dates.violations:
            raise InvalidInput(violations=dates.violations)
        owner.accept(document)
        change = Change(event_time=dates.moved, record_time=now, actor=actor, owner=owner)
        return self._keeper.insert(tables, document, change, started=dates.created).problem

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

        What the owner does not see of the report is not in what it edits, and stays as it is.

        Raises NotFound, IllegalTransition, InvalidInput for what is not patchable or leaves the report invalid,
        Forbidden when the report would no longer concern its `owner`, Conflict when one would be below itself, and
        what the edit raises.
        """
        stored = _found(tables, problem_id, owner)
        before = stored.problem
        hidden = hidden_links(tables, before.id, before.document, owner)
        seen = shown(before.document, owner, hidden)
        whole = {"id": before.id, "href": self._letterhead.href(before.id), **seen}
        edited = edit(whole)
        made = kept(before.document, seen, _with_kept(before.document, edited), hidden)
        now = to_micros(self._clock())
        dates = dates_of_change(before.document, edited, now)
        if dates.created is not None:
            made["creationDate"] = micros_to_text(dates.created)
            if is_as_created(before.document, edited):
                made["statusChangeDate"] = made["creationDate"]
        document = self._form.complete(made)
        self._form.refuse_invalid(
            document,
            [
                *_fixed_violations(whole, edited),
                *kept_of_constraint(before, edited),
                *dates.violations,
                *repeated(edited, whole),
            ],
        )
        owner.accept(document)
        check_step(before.status, Status(document["status"]))
        change = Change(event_time=dates.moved, record_time=now, actor=actor, owner=owner)
        return self._keeper.update(tables, stored, document, change)

    def delete(
        self, tables: Tables, problem_id: str, *, actor: str | None = None, owner: Ownership = OF_ALL
    ) -> None:
        """Remove a report; its history and its events stay, and no report here refers to it any more.

        Raises NotFound, also for what is not the owner's.
        """
        stored = _found(tables, problem_id, owner)
        now = to_micros(self._clock())
        change = Change(event_time=now, record_time=now, actor=actor, owner=owner)
        self._keeper.delete(tables, stored, change)


def _refuse_unwritable(given: Document) -> None:
    violations = [
        Violation(field=name, value=given[name], message="is written by the hub alone")
        for name in NOT_WRITABLE
        if given.get(name) is not None
    ]
    if violations:
        raise InvalidInput(violations=violations)


def _fixed_violations(shown: Document, edited: Document) -> list[Violation]:
    """A client may send back what it has read, but not change what is fixed."""
    violations = [
        Violation(field=name, value=edited.get(name), message="cannot be changed after creation")
        for name in ("id", "href", *NOT_PATCHABLE, *NOT_WRITABLE)
        if edited.get(name) != shown.get(name)
    ]
    if edited.get("status") is None:
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
