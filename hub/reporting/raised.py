"""A constraint as figures see it: what the hub found in the reports of others, as it was known at an instant."""

from dataclasses import dataclass

from hub.model.constraint import CATEGORIES, Type, Verdict, values_of
from hub.model.problem import Document
from hub.model.times import from_text, to_micros
from hub.problems.links import CHILDREN, ids_in
from hub.store import constraints


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraint:
    """`type` is None of one that the detectors did not raise, which no figure counts. `opened` is microseconds.

    `verdict` is None until somebody has said one; `members` are the reports that hang below it. So many customers were
    `observed` in its window, where so many are `expected`.
    """

    id: str
    opened: int
    type: Type | None
    verdict: Verdict | None
    members: tuple[str, ...]
    observed: float
    expected: float

    @property
    def explains(self) -> tuple[str, ...]:
        """The reports that it explains: none where somebody said that it was false."""
        return () if self.verdict is Verdict.FALSE else self.members


def constraint_of(problem_id: str, source: str | None, report: Document, first: int) -> Constraint:
    """`first` is when the first thing that is known of it came to pass. Characteristics may be what people wrote."""
    values = values_of(report)
    created, verdict = report.get("creationDate"), values.get("verdict")
    return Constraint(
        id=problem_id,
        opened=to_micros(from_text(created)) if created else first,
        type=CATEGORIES.get(report.get("category", "")) if source == constraints.SOURCE else None,
        verdict=next((one for one in Verdict if one == verdict), None),
        members=tuple(ids_in(report, CHILDREN)),
        observed=_number(values.get("observed")),
        expected=_number(values.get("expected")),
    )


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0
