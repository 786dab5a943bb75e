"""By what figures are broken down, and where a report says it: customer, service, product, severity and so on."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import InvalidSettings, Violation
from hub.model.problem import Document

STEP = re.compile(r"([@\w]+)(?:\[([@\w]+)=([^\]]+)\])?")
PATH = re.compile(rf"{STEP.pattern}(?:\.{STEP.pattern})*")

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

Known = dict[tuple[str, ...], tuple[str, ...]]
"""What reports say, each once."""

SAYS = (str, int, float)
"""The types of what can be a text of a group; a tuple, for a union would be made anew at each look."""

Read = Callable[[Any], tuple[str, ...]]
"""Gives the texts that a path leads to from a value; () when it leads nowhere."""


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """Reads what a report says of each of NAMES."""

    readers: tuple[tuple[Read, ...], ...]

    def of(self, document: Document, source: str | None, known: Known) -> Values:
        """What many reports say is held once, in `known`."""
        report = {**document, "@source": source}
        found = [_said(report, readers) for readers in self.readers]
        return tuple([known.setdefault(one, one) for one in found])


def dimensions(paths: Mapping[str, Sequence[str]] | None = None) -> Dimensions:
    """The usual paths, and those that are given in their place. Raises InvalidSettings for one that is none."""
    given = {**DEFAULT_PATHS, **(paths or {})}
    return Dimensions(readers=tuple(tuple(reader(name, path) for path in given[name]) for name in NAMES))


def reader(name: str, path: str) -> Read:
    """Of a dotted path; `[member=value]` behind a name chooses among the entries of a list."""
    if not PATH.fullmatch(path):
        message = "is no path such as affectedService.id or relatedParty[role=customer].partyOrPartyRole.id"
        raise InvalidSettings(violations=[Violation(field=f"dimensions.{name}", value=path, message=message)])
    read: Read = _leaf
    for found in reversed(list(STEP.finditer(path))):
        choose = _member(found[2], _leaf) if found[2] else None
        read = _member(found[1], read, choose, found[3])
    return read


NOTHING = (UNKNOWN,)


def _said(report: Document, readers: tuple[Read, ...]) -> tuple[str, ...]:
    for read in readers:
        found = read(report)
        if found:
            return found if len(found) == 1 else tuple(sorted(set(found)))
    return NOTHING


def _leaf(value: Any) -> tuple[str, ...]:
    if type(value) is str:
        return (value,) if value else ()
    return (str(value),) if isinstance(value, SAYS) and value != "" else ()


def _member(name: str, inner: Read, choose: Read | None = None, wanted: str | None = None) -> Read:
    """Goes on from the member of an object; from each entry that fits where the member is a list."""

    def read(value: Any) -> tuple[str, ...]:
        found = value.get(name) if isinstance(value, dict) else None
        if found is None:
            return ()
        if not isinstance(found, list):
            return inner(found)
        entries = found if choose is None else [one for one in found if wanted in choose(one)]
        if len(entries) == 1:
            return inner(entries[0])
        return tuple([text for one in entries for text in inner(one)])

    return read
