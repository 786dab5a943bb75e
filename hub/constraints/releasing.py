"""Releases the members of a constraint that explains nothing, for it was false or was cancelled."""

from hub.model.caller import Caller
from hub.model.problem import Problem
from hub.model.task import TaskKind
from hub.problems.links import CHILDREN, ids_in
from hub.problems.tasks import TaskRules
from hub.store.tables import Tables


def release(tables: Tables, tasks: TaskRules, constraint: Problem, caller: Caller) -> None:
    """Take the reports that are still here out from below it, by a `problemUngroup` task of the caller's."""
    members = [one for one in ids_in(constraint.document, CHILDREN) if tables.problems.get(one)]
    if members:
        task = {"parentProblem": {"id": constraint.id}, "childProblem": [{"id": one} for one in members]}
        tasks.perform(tables, task, kind=TaskKind.UNGROUP, caller=caller)
