"""The cases of an account by customer, service and so on: each figure of a group is made of its cases alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.reporting.cases import Case
from hub.reporting.dimensions import NAMES
from hub.reporting.views import View

OTHERS = "(others)"


def groups(view: View, name: str) -> dict[str, list[Case]]:
    """{value: its cases}, most first; beyond so many as are listed the rest stand together as OTHERS.

    A case with several values stands in the group of each, and once in OTHERS.
    """
    at = NAMES.index(name)
    found: dict[str, list[Case]] = {}
    for case in view.cases:
        for value in case.timeline.values[at]:
            found.setdefault(value, []).append(case)
    order = sorted(found, key=lambda value: (-len(found[value]), value))
    listed = {value: found[value] for value in order[: view.question.listed]}
    rest = {case.id: case for value in order[view.question.listed :] for case in found[value]}
    if rest:
        listed[OTHERS] = list(rest.values())
    return listed


def broken_down(view: View, names: Sequence[str]) -> Iterator[View]:
    """A view of each group; services are then not listed each for itself."""
    question = replace(view.question, listed=0)
    for name in names:
        for value, cases in groups(view, name).items():
            yield View(question=question, cases=cases, repeats=view.repeats, spans=view.spans, group=(name, value))
