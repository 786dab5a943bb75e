"""Which open reports are about to miss their target."""

from collections.abc import Iterator
from itertools import pairwise

from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.views import View

JEOPARDY = Definition(
    id="jeopardy",
    name="Jeopardy",
    meaning="How much of the agreed time the open reports have used up.",
    formula="open reports by 100 · time on the clock of the agreement / target",
    source="eTOM 1.3.8.5 (jeopardy)",
    cohort=Cohort.OPEN_AT_END,
    unit=Unit.COUNT,
    numerator="open reports in the band",
    denominator="open reports with a target",
    policy="A band begins above its lower edge and ends with its upper one: exactly the target is not over.",
)


def jeopardy(view: View) -> Iterator[Figure]:
    edges = view.question.jeopardy
    bands: list[list[str]] = [[] for _ in range(len(edges) + 1)]
    without: list[str] = []
    for case in view.open_at_end:
        if case.target is None or case.by_policy is None:
            without.append(case.id)
        else:
            shown = 100 * case.by_policy.shown
            bands[sum(shown > edge * case.target for edge in edges)].append(case.id)
    whole = sum(map(len, bands))
    policy = {} if view.question.clock is None else {"clock": view.judged_by()}
    for name, rows in zip(names(edges), bands, strict=True):
        yield view.figure(
            JEOPARDY,
            len(rows),
            whole,
            part=name,
            numerator=len(rows),
            denominator=whole,
            rows=tuple(rows),
            excluded={"noTarget": without},
            policy=policy,
            by_agreement=True,
        )


def names(edges: tuple[int, ...]) -> list[str]:
    between = [f"{low}–{high} %" for low, high in pairwise(edges)]
    return [f"≤ {edges[0]} %", *between, f"> {edges[-1]} %"]
