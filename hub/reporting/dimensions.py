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

NOT_SEEN = "not seen"
"""The group of the reports that say it, but nothing that the audience may see."""

UNNAMED = frozenset({UNKNOWN, NOT_SEEN})
"""The groups that are nothing in particular: two reports of one of them need not be about the same."""

CUSTOMER, SERVICE, PRODUCT, SEVERITY = "customer", "service", "product", "severity"
REGION, SOURCE, PARTY, CAUSE, RESOURCE = "region", "source", "responsibleParty", "cause", "resource"

PARTIES = (CUSTOMER, PARTY)
"""The dimensions whose values are parties."""

OF_A_PARTY = frozenset({SERVICE, PRODUCT, REGION, CAUSE, RESOURCE})
"""The dimensions whose values may belong to one party and be nobody else's business."""

SEVERAL = frozenset({CUSTOMER, SERVICE, RESOURCE, PRODUCT, REGION})
"""Of these a report may have several: it then stands in the group of each, and the groups do not add up to all."""

DEFAULT_PATHS: Mapping[str, tuple[str, ...]] = {
    CUSTOMER: ("relatedParty[role=customer].partyOrPartyRole.id", "originatorParty.partyOrPartyRole.id"),
    SERVICE: ("affectedService.id",),
    PRODUCT: ("relatedEntity.entity[@referredType=Product].id", "characteristic[name=product].value"),
    SEVERITY: ("priority",),
    REGION: ("affectedLocation.place.name", "affectedLocation.place.id"),
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

Path = tuple[str, Read]
"""The member of the report that a path begins with, and what reads the rest of it from there."""

FROM = "@source"


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """Reads what a report says of each of NAMES."""

    readers: tuple[tuple[Path, ...], ...]

    def of(self, document: Document, source: str | None, known: Known) -> Values:
        """What many reports say is held once, in `known`."""
        report = {**document, FROM: source}
        found = [_said(report, paths) for paths in self.readers]
        return tuple([known.setdefault(one, one) for one in found])

    def attributes_of(self, name: str) -> frozenset[str]:
        """The attributes of a report that say it."""
        return frozenset(first for first, _ in self.readers[NAMES.index(name)])


def dimensions(paths: Mapping[str, Sequence[str]] | None = None) -> Dimensions:
    """The usual paths, and those that are given in their place. Raises InvalidSettings for one that is none."""
    given = {**DEFAULT_PATHS, **(paths or {})}
    return Dimensions(readers=tuple(tuple(reader(name, path) for path in given[name]) for name in NAMES))


def reader(name: str, path: str) -> Path:
    """Of a dotted path; `[member=value]` behind a name chooses among the objects that it holds."""
    if not PATH.fullmatch(path):
        message = "is no path such as affectedService.id or relatedParty[role=customer].partyOrPartyRole.id"
        raise InvalidSettings(violations=[Violation(field=f"dimensions.{name}", value=path, message=message)])
    first, *others = STEP.finditer(path)
    read: Read = _texts
    for step in reversed(others):
        inner = _held(step, read)
        read = _text_of(step[1]) if inner is _texts else _member(step[1], inner)
    return first[1], _held(first, read)


NOTHING = (UNKNOWN,)


def _said(report: Document, paths: tuple[Path, ...]) -> tuple[str, ...]:
    for name, read in paths:
        value = report.get(name)
        if value is not None:
            found = read(value)
            if found:
                return found if len(found) == 1 else tuple(sorted(set(found)))
    return NOTHING


def _texts(value: Any) -> tuple[str, ...]:
    """A value as it is written, and those of a list."""
    if type(value) is str:
        return (value,) if value else ()
    if isinstance(value, list):
        return tuple([text for one in value if not isinstance(one, list) for text in _texts(one)])
    return (str(value),) if isinstance(value, SAYS) else ()


def _member(name: str, inner: Read) -> Read:
    """Goes on from the member of an object."""

    def read(value: Any) -> tuple[str, ...]:
        found = value.get(name) if isinstance(value, dict) else None
        return () if found is None else inner(found)

    return read


def _text_of(name: str) -> Read:
    """The texts of the member of an object, where a path ends: most reports are read by it many times."""

    def read(value: Any) -> tuple[str, ...]:
        found = value.get(name) if isinstance(value, dict) else None
        if type(found) is str:
            return (found,) if found else ()
        return () if found is None else _texts(found)

    return read


def _held(step: re.Match[str], inner: Read) -> Read:
    """Goes on from what the member of a step holds."""
    fits = _choice(step)
    return inner if inner is _texts and fits is None else _entries(inner, fits)


def _entries(inner: Read, fits: Callable[[Any], bool] | None = None) -> Read:
    """Goes on from the entries of a list that fit, and from what is no list where it fits itself."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            return inner(value) if fits is None or fits(value) else ()
        if len(value) == 1:
            return inner(value[0]) if fits is None or fits(value[0]) else ()
        entries = value if fits is None else [one for one in value if fits(one)]
        return tuple([text for one in entries for text in inner(one)])

    return read


def _choice(step: re.Match[str]) -> Callable[[Any], bool] | None:
    """Whether an entry is among those that `[member=value]` chooses; None where it is not said."""
    member, wanted = step[2], step[3]
    if member is None:
        return None
    read = _member(member, _texts)

    def fits(entry: Any) -> bool:
        return (type(entry) is dict and entry.get(member) == wanted) or wanted in read(entry)

    return fits
