"""By what figures are broken down, and where a report says it: customer, service, product, severity and so on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import InvalidSettings, Violation
from hub.model.problem import Document

STEP = re.compile(r"([@\w]+)(?:\[([@\w.]+)=([^\]]+)\])?")
PATH = re.compile(rf"{STEP.pattern}(?:\.{STEP.pattern})*")

Step = tuple[str, tuple[str, ...], str]
"""(member, where an entry says what it is, what it has to say there); ("relatedParty", ("role",), "customer")"""

UNKNOWN = "unknown"
"""The group of the reports that do not say it."""

CUSTOMER, SERVICE, PRODUCT, SEVERITY = "customer", "service", "product", "severity"
REGION, SOURCE, PARTY, CAUSE, RESOURCE = "region", "source", "responsibleParty", "cause", "resource"

SEVERAL = frozenset({SERVICE, RESOURCE, PRODUCT, REGION})
"""Of these a report may have several: it then stands in the group of each, and the groups do not add up to all."""

DEFAULT_PATHS: Mapping[str, tuple[str, ...]] = {
    CUSTOMER: ("relatedParty[role=customer].partyOrPartyRole.id", "originatorParty.partyOrPartyRole.id"),
    SERVICE: ("affectedService.id",),
    PRODUCT: ("relatedEntity[@referredType=Product].id", "characteristic[name=product].value"),
    SEVERITY: ("priority",),
    REGION: ("affectedLocation.name", "affectedLocation.id"),
    SOURCE: ("@source", "originatingSystem"),
    PARTY: ("responsibleParty.partyOrPartyRole.id",),
    CAUSE: ("rootCauseService.id", "rootCauseResource.id", "reason"),
    RESOURCE: ("rootCauseResource.id", "affectedResource.id"),
}
"""Where each stands in a v5 report; of several paths the first that leads to something counts. `@source` is the name
of the trouble system that the report came from."""

NAMES = tuple(DEFAULT_PATHS)

Values = tuple[tuple[str, ...], ...]
"""For each of NAMES what a report says, sorted; (UNKNOWN,) where it says nothing."""


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """Reads what a report says of each of NAMES."""

    paths: tuple[tuple[tuple[Step, ...], ...], ...]

    def of(self, document: Document, source: str | None) -> Values:
        report = {**document, "@source": source}
        return tuple(_said(report, paths) for paths in self.paths)


def dimensions(paths: Mapping[str, Sequence[str]] | None = None) -> Dimensions:
    """The usual paths, and those that are given in their place. Raises InvalidSettings for one that is none."""
    given = {**DEFAULT_PATHS, **(paths or {})}
    return Dimensions(paths=tuple(tuple(steps(name, path) for path in given[name]) for name in NAMES))


def steps(name: str, path: str) -> tuple[Step, ...]:
    """A dotted path; `[member=value]` behind a name chooses among the entries of a list."""
    if not PATH.fullmatch(path):
        message = "is no path such as affectedService.id or relatedParty[role=customer].partyOrPartyRole.id"
        raise InvalidSettings(violations=[Violation(field=f"dimensions.{name}", value=path, message=message)])
    return tuple((found[1], tuple((found[2] or "").split(".")), found[3] or "") for found in STEP.finditer(path))


def _said(report: Document, paths: tuple[tuple[Step, ...], ...]) -> tuple[str, ...]:
    for path in paths:
        found = _at(report, path)
        if found:
            return tuple(sorted(set(found))) if len(found) > 1 else (found[0],)
    return (UNKNOWN,)


def _at(value: Any, path: tuple[Step, ...]) -> list[str]:
    if not path:
        return [str(value)] if isinstance(value, str | int | float) and value != "" else []
    name, where, wanted = path[0]
    inner = value.get(name) if isinstance(value, dict) else None
    if inner is None:
        return []
    if not isinstance(inner, list):
        return _at(inner, path[1:])
    return [
        text
        for one in inner
        if not wanted or wanted in _at(one, tuple((step, ("",), "") for step in where))
        for text in _at(one, path[1:])
    ]
