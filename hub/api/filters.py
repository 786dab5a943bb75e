"""Filters that can never hold are refused: a status that does not exist, a priority that is no number, no date."""

from collections.abc import Callable, Iterator, Mapping

from hub.errors import InvalidInput, Violation
from hub.model.event import PROBLEM_EVENTS
from hub.model.problem import Status
from hub.model.task import TaskState
from hub.query.syntax import Comparison, Condition
from hub.query.values import instant_in, number_in

Path = tuple[str, ...]
Complaint = Callable[[str], str | None]
"""What is wrong with a value; None when nothing is."""


def _one_of(words: tuple[str, ...]) -> Complaint:
    return lambda value: None if value in words else f"{value!r} is none of {', '.join(words)}"


def _number(value: str) -> str | None:
    return None if number_in(value) is not None else f"{value!r} is not a number"


def _instant(value: str) -> str | None:
    return None if instant_in(value) is not None else f"{value!r} is not a time with its zone (RFC 3339)"


PROBLEM_KINDS: Mapping[Path, Complaint] = {
    ("status",): _one_of(tuple(Status)),
    ("priority",): _number,
    ("affectedNumberOfServices",): _number,
    ("creationDate",): _instant,
    ("lastUpdate",): _instant,
    ("statusChangeDate",): _instant,
    ("resolutionDate",): _instant,
}
TASK_KINDS: Mapping[Path, Complaint] = {("state",): _one_of(tuple(TaskState))}
RECORD_KINDS: Mapping[Path, Complaint] = {
    ("eventType",): _one_of(PROBLEM_EVENTS),
    ("eventTime",): _instant,
    ("recordTime",): _instant,
    ("id",): lambda value: None,
    ("serviceProblem", "id"): lambda value: None,
}
"""The history is filtered by these and nothing else."""


def refuse_impossible(condition: Condition | None, kinds: Mapping[Path, Complaint], *, only: bool = False) -> None:
    """Raises InvalidInput with every value that its attribute cannot have; `only` refuses other attributes, too."""
    violations = [
        Violation(field=".".join(comparison.path), value=value, message=complaint)
        for comparison in comparisons_of(condition)
        for value in comparison.values
        if (complaint := _complaint(comparison.path, value, kinds, only=only))
    ]
    if violations:
        raise InvalidInput(violations=violations)


def _complaint(path: Path, value: str, kinds: Mapping[Path, Complaint], *, only: bool) -> str | None:
    if path in kinds:
        return kinds[path](value)
    return f"is no filter here; these are: {', '.join('.'.join(known) for known in kinds)}" if only else None


def comparisons_of(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from comparisons_of(part)
