"""What people say of constraints: true, false or unknown; and how precise the detectors are by that."""

from collections.abc import Iterable
from typing import Any

from hub.constraints.documents import OPEN
from hub.constraints.episodes import Phase
from hub.constraints.releasing import release
from hub.errors import Conflict, NotFound, Violation
from hub.model.caller import Caller
from hub.model.constraint import CATEGORIES, Verdict, values_of
from hub.model.problem import Document, Problem, Status, is_constraint
from hub.model.times import Clock, micros_to_text, to_micros
from hub.problems.history import Change
from hub.problems.keeper import Keeper
from hub.problems.tasks import TaskRules
from hub.store.constraints import SOURCE
from hub.store.problems import Stored
from hub.store.tables import Tables

ENDED = frozenset({Status.CANCELLED, Status.REJECTED})


class Reviewing:
    def __init__(self, *, clock: Clock, keeper: Keeper, tasks: TaskRules) -> None:
        self._clock = clock
        self._keeper = keeper
        self._tasks = tasks

    def review(
        self, tables: Tables, constraint_id: str, *, verdict: Verdict, note: str | None, caller: Caller
    ) -> Problem:
        """Keep what a person says of a constraint; one that is over is reviewed by that, and closed.

        One that is open and false is cancelled; otherwise the verdict waits until it is over. What is false explains
        nothing: its members are released, and no later verdict brings them back.
        Raises NotFound, and Conflict where it was ended by other means.
        """
        stored = known_constraint(tables, constraint_id)
        before = stored.problem
        if before.status in ENDED:
            message = f"is {before.status} and not reviewed any more"
            raise Conflict(violations=[Violation(field="id", value=constraint_id, message=message)])
        now = to_micros(self._clock())
        said = {
            "verdict": verdict,
            "verdictBy": caller.name,
            "verdictTime": micros_to_text(now),
            "verdictNote": note,
        }
        status = _status_after(before.status, verdict)
        over = {} if status in OPEN else {"phase": Phase.REVIEWED}
        document = {**before.document, "status": status}
        document["characteristic"] = _with(before.document, said | over)
        if status is not before.status:
            document["statusChangeReason"] = f"reviewed: {verdict}"
        change = Change(event_time=now, record_time=now, actor=caller.name)
        report = self._keeper.update(tables, stored, document, change)
        if verdict is not Verdict.FALSE:
            return report
        release(tables, self._tasks, report, caller)
        return known_constraint(tables, constraint_id).problem


def _status_after(status: Status, verdict: Verdict) -> Status:
    if status in OPEN:
        return Status.CANCELLED if verdict is Verdict.FALSE else status
    return Status.CLOSED


def _with(document: Document, values: dict[str, Any]) -> list[Document]:
    """The characteristics of a constraint with these in place of what they said before; None takes one away."""
    others = [one for one in document.get("characteristic") or () if one["name"] not in values]
    new = [{"@type": "Characteristic", "name": name, "value": value} for name, value in values.items()]
    return [*others, *(one for one in new if one["value"] is not None)]


def known_constraint(tables: Tables, constraint_id: str) -> Stored:
    """Raises NotFound."""
    stored = tables.problems.get(constraint_id)
    if stored is None or stored.problem.source != SOURCE or not is_constraint(stored.problem.document):
        message = f"no constraint {constraint_id}"
        raise NotFound(violations=[Violation(field="id", value=constraint_id, message=message)])
    return stored


def refuted(constraint: Document) -> bool:
    """Whether somebody said that it was false: it then explains no report."""
    return bool(values_of(constraint).get("verdict") == Verdict.FALSE)


def precision(constraints: Iterable[Document]) -> Document:
    """How many were true of those that somebody knew to be true or false; None of none."""
    said = [values_of(one).get("verdict") for one in constraints]
    true, false = said.count(Verdict.TRUE), said.count(Verdict.FALSE)
    return {
        "true": true,
        "false": false,
        "unknown": said.count(Verdict.UNKNOWN),
        "notReviewed": said.count(None),
        "precision": true / (true + false) if true + false else None,
    }


def by_type(constraints: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {kind.value: [] for kind in CATEGORIES.values()}
    for one in constraints:
        found[CATEGORIES[one["category"]]].append(one)
    return found
