"""What a whole report looks like: what its sender may state, and what it must be before it is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.problems.changes import KEPT_BY_SERVER

NOT_STATED = KEPT_BY_SERVER | {"id", "href"}

CheckDocument = Callable[[Document], Sequence[Violation]]
"""Holds a whole report against the contract; gives every violation."""

Complete = Callable[[Document], Document]
"""Gives a report the `@type` of each part that was read without one."""


@dataclass(frozen=True, kw_only=True)
class Form:
    check: CheckDocument
    complete: Complete

    def refuse_invalid(self, document: Document, others: Sequence[Violation] = ()) -> None:
        violations = [*others, *self.check(document)]
        if violations:
            raise InvalidInput(violations=violations)


def stated_in(given: Document) -> Document:
    """What a sender may state: without id and href, and without what the hub keeps itself."""
    return {name: value for name, value in given.items() if name not in NOT_STATED}
