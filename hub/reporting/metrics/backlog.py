"""What was open at the begin, what came and went, what is open at the end; and how old it is."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hub.reporting.calendars import DAY
from hub.reporting.cases import Case
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import HOUR, Figure
from hub.reporting.timelines import OPEN
from hub.reporting.views import View, ids

BACKLOG = Definition(
    id="backlog",
    name="Backlog",
    meaning="How many reports were open at the begin and at the end, and what lies between.",
    formula="open at the end = open at the begin + opened + reopened − restored − withdrawn",
    source="ISO/IEC 20000-1 (workload)",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.COUNT,
    numerator="",
    denominator="",
    policy="A report that is restored twice counts twice, and its reopening once.",
)
AGEING = Definition(
    id="ageing",
    name="Age of open reports",
    meaning="How many of the open reports are how old.",
    formula="open reports by now − opening",
    source="ISO/IEC 20000-1 (workload)",
    cohort=Cohort.OPEN_AT_END,
    unit=Unit.COUNT,
    numerator="open reports of this age",
    denominator="open reports",
    policy="A band begins with its lower edge and ends before its upper one.",
)


def open_at(cases: Sequence[Case], instant: int) -> list[str]:
    """The reports that were open just before an instant."""
    return [case.id for case in cases if case.opened < instant and _was_open(case, instant)]


def _was_open(case: Case, instant: int) -> bool:
    begins = case.timeline.begins
    if begins[-1] < instant:
        return case.is_open
    return case.timeline.states[bisect_left(begins, instant) - 1] in OPEN


def backlog(view: View) -> Iterator[Figure]:
    begin, end = view.question.begin, view.question.end
    cases = view.cases
    turns = [(case.id, case.turns) for case in cases]
    parts = {
        "begin": open_at(cases, begin),
        "opened": [case.id for case in cases if begin <= case.opened < end],
        "reopened": [one for one, turn in turns for at in turn.reopened if begin <= at < end],
        "restored": [one for one, turn in turns for at in turn.restored if begin <= at < end],
        "withdrawn": [one for one, turn in turns for at in turn.gone if begin <= at < end],
        "end": open_at(cases, end),
    }
    count = {name: len(rows) for name, rows in parts.items()}
    balance = count["begin"] + count["opened"] + count["reopened"] - count["restored"] - count["withdrawn"]
    for name, rows in parts.items():
        details = {"balance": balance} if name == "end" else {}
        yield view.figure(BACKLOG, len(rows), len(rows), part=name, rows=tuple(rows), details=details)


def ageing(view: View) -> Iterator[Figure]:
    edges = view.question.ages
    bands: list[list[Case]] = [[] for _ in range(len(edges) + 1)]
    for case in view.open_at_end:
        bands[sum(case.gross >= edge for edge in edges)].append(case)
    whole = len(view.open_at_end)
    for name, cases in zip(names(edges), bands, strict=True):
        yield view.figure(
            AGEING, len(cases), whole, part=name, numerator=len(cases), denominator=whole, rows=ids(cases)
        )


def names(edges: tuple[int, ...]) -> list[str]:
    words = [_age(edge) for edge in edges]
    return [
        f"< {words[0]}",
        *(f"{low}–{high}" for low, high in pairwise(words)),
        f"≥ {words[-1]}",
    ]


def _age(micros: int) -> str:
    return f"{micros // DAY} d" if micros % DAY == 0 and micros > DAY else f"{micros / HOUR:g} h"
