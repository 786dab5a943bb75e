"""Whose reports a caller sees and may leave behind: everybody's, or those alone that concern its party."""

from collections.abc import Sequence
from functools import lru_cache

from hub.errors import Forbidden, NotFound, Violation
from hub.model.problem import Document, Problem
from hub.query.ownership import concerning
from hub.query.predicate import predicate
from hub.query.syntax import Condition

PARTIES_KEPT = 4096
"""How many parties are kept with what they may see."""


def missing(problem_id: str) -> NotFound:
    """The answer for a report that is not there, and for one that the caller may not know of."""
    message = f"no service problem {problem_id}"
    return NotFound(violations=[Violation(field="id", value=problem_id, message=message)])


class Ownership:
    """What the caller of one party may see; `party` None is an operator, who sees all."""

    def __init__(self, party: str | None, paths: Sequence[str]) -> None:
        self.party = party
        self._paths = paths
        self.condition: Condition | None = None if party is None else concerning(party, paths)
        self._concerns = predicate(self.condition)

    def sees(self, document: Document) -> bool:
        """Whether the report with this document concerns the caller."""
        return self._concerns(document)

    def guard(self, problem: Problem) -> None:
        """Raises NotFound, as for a report that is not there, when the report is another party's."""
        if not self._concerns(problem.document):
            raise missing(problem.id)

    def accept(self, document: Document) -> None:
        """Raises Forbidden when a report would not concern the one who writes it: it would be lost to it."""
        if not self._concerns(document):
            names = " or ".join(self._paths)
            message = f"a report of yours must name your party {self.party} at {names}"
            raise Forbidden(violations=[Violation(field=self._paths[0], value=self.party, message=message)])


OF_ALL = Ownership(None, ())
"""What an operator sees."""


class Owners:
    """Gives the ownership of a party; dotted `paths` lead from a report to the ids of the parties it concerns."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._of_party = lru_cache(maxsize=PARTIES_KEPT)(lambda party: Ownership(party, tuple(paths)))

    def of(self, party: str | None) -> Ownership:
        return OF_ALL if party is None else self._of_party(party)
