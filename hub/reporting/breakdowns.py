"""The cases of an account by customer, service and so on: each figure of a group is made of its cases alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.reporting.cases import Case
from hub.reporting.catalogue import OF_REPORTS
from hub.reporting.dimensions import CUSTOMER, NAMES, SERVICE
from hub.reporting.figures import Figure, Key
from hub.reporting.metrics.degradation import ALL, BY_SERVICE
from hub.reporting.views import View

OTHERS = "(others)"

LINES = (CUSTOMER, SERVICE)
"""The dimensions by which time is counted: a report that names two of them is degraded time of each."""

Groups = dict[str, tuple[list[Case], frozenset[str]]]
"""{name of a group: its cases, and the values that it is about}"""


def groups(view: View, name: str) -> Groups:
    """Most cases first; beyond so many as are listed the rest stand together as OTHERS.

    A case with several values stands in the group of each, and once in OTHERS.
    """
    at = NAMES.index(name)
    found: dict[str, list[Case]] = {}
    for case in view.cases:
        for value in case.timeline.values[at]:
            found.setdefault(value, []).append(case)
    order = sorted(found, key=lambda value: (-len(found[value]), value))
    listed = {value: (found[value], frozenset({value})) for value in order[: view.question.listed]}
    others = frozenset(order[view.question.listed :])
    if others:
        rest = [case for case in view.cases if not others.isdisjoint(case.timeline.values[at])]
        listed[OTHERS] = rest, others
    return listed


def broken_down(view: View, names: Sequence[str], figures: Sequence[Figure]) -> Iterator[Figure]:
    """The figures of each group; services are then not listed each for itself. `figures` are those of the view itself,
    which a group of all of its cases has, too."""
    question = replace(view.question, listed=0)
    of_all: dict[Key, Figure] = {}
    for one in figures:
        if one.part == ALL or one.metric not in BY_SERVICE:
            of_all.setdefault(one.key, one)  # a service may be called like ALL, which stands before it
    for name in names:
        for value, (cases, values) in groups(view, name).items():
            group = name, value
            part = replace(view, question=question, cases=cases, group=group)
            part = _narrowed(part, name, values) if name in LINES else part
            if part.cases == view.cases:
                yield from (replace(one, group=group) for one in of_all.values())
                continue
            for metric in OF_REPORTS:
                yield from metric(part)


def _narrowed(group: View, name: str, values: frozenset[str]) -> View:
    """Of a customer or a service what its cases are to it alone, also those that name another one besides."""
    at = NAMES.index(name)
    if all(values.issuperset(case.timeline.values[at]) for case in group.cases):
        return group
    cases = [_of(case, at, values) for case in group.cases]
    return replace(group, cases=cases, repeats=group.repeats.apart(), spans=group.spans.apart())


def _of(case: Case, at: int, values: frozenset[str]) -> Case:
    said = list(case.timeline.values)
    if values.issuperset(said[at]):
        return case
    said[at] = tuple([value for value in said[at] if value in values])
    return replace(case, timeline=case.timeline._replace(values=tuple(said)))
