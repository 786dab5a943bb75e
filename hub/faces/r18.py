"""The names of R18.5, which clients of the v3 generation read and write, beside those of v4."""

from typing import Any

from hub.faces.parts import same
from hub.model.problem import Document

RENAMED = {
    "timeRaised": "creationDate",
    "timeChanged": "lastUpdate",
    "associatedTroubleTicket": "troubleTicket",
    "associatedSLAViolation": "slaViolation",
    "comment": "note",
    "extensionInfo": "characteristic",
    "relatedObject": "relatedEntity",
    "impactPatterns": "impactPattern",
}
"""{name in R18.5: name in v4}, where the value is the same."""

CORRELATION = "correlationId"
"""In v4 an external identifier of this type."""

NAMES = frozenset({*RENAMED, CORRELATION})

ROLES = {"relatedEntity": "related", "firstAlert": "firstAlert"}
"""The role of a part that has none in R18.5 and needs one in v4."""

REFERRED = "Entity"


def outgoing(document: Document) -> Document:
    """A v4 report with the names that clients of the v3 generation look for."""
    added = {old: document[RENAMED[old]] for old in ("timeRaised", "timeChanged") if RENAMED[old] in document}
    if "originatorParty" in document:
        added["responsibleParty"] = document["originatorParty"]
    return {**added, **document}


def incoming(document: Document, shown: Document | None = None) -> Document:
    """A report with names of R18.5 in v4's names; where both are given, v4's holds.

    `shown` is the v4 report that it is an edit of: what `outgoing` added to it is taken away again.
    """
    given = {name: value for name, value in document.items() if not _was_added(name, value, shown)}
    renamed = {RENAMED.get(name, name): value for name, value in given.items() if name != CORRELATION}
    renamed |= {name: value for name, value in given.items() if name in renamed}
    if CORRELATION in given and "externalIdentifier" not in renamed:
        renamed["externalIdentifier"] = _correlation(given[CORRELATION])
    return {name: _with_roles(name, _nested(value)) for name, value in renamed.items()}


def path(given: tuple[str, ...]) -> tuple[str, ...]:
    """The path in v4's names."""
    if given[:1] == (CORRELATION,):
        return ("externalIdentifier", "id")
    return tuple(RENAMED.get(step, step) if place == 0 else _inner(step) for place, step in enumerate(given))


def operation(given: Document) -> Document:
    """An operation of a JSON patch, with its pointers in v4's names."""
    return {name: _pointer(value) if name in ("path", "from") else value for name, value in given.items()}


def _pointer(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("/"):
        return value
    first, *rest = value[1:].split("/")
    return "/".join(("", RENAMED.get(first, first), *map(_inner, rest)))


def _was_added(name: str, value: Any, shown: Document | None) -> bool:
    if shown is None or name in shown:
        return False
    added = outgoing(shown)
    return name in added and same(value, added[name])


def _correlation(value: Any) -> Any:
    return [{"id": value, "externalIdentifierType": CORRELATION}] if isinstance(value, str) else value


def _inner(step: str) -> str:
    return "characteristic" if step == "extensionInfo" else step


def _nested(value: Any) -> Any:
    """A part, or a list of parts, whose `extensionInfo` is its `characteristic`."""
    if isinstance(value, list):
        return [_nested(each) for each in value]
    if not isinstance(value, dict) or "extensionInfo" not in value or "characteristic" in value:
        return value
    return {_inner(name): each for name, each in value.items()}


def _with_roles(name: str, value: Any) -> Any:
    if name not in ROLES:
        return value
    if isinstance(value, list):
        return [_with_roles(name, each) for each in value]
    return {"role": ROLES[name], "@referredType": REFERRED, **value} if isinstance(value, dict) else value
