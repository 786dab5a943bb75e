"""The names of R18.5, which clients of the v3 generation read and write, beside those of v4.

A report may have an attribute of its own under such a name: in it, and in its edits, the name means that attribute.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import InvalidInput, Violation
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

OTHER_NAMES = RENAMED | {new: old for old, new in RENAMED.items()}

SHOWN_TWICE = ("timeRaised", "timeChanged")
"""Names that are shown beside those of v4, so that a client sends both back, and changes one of them."""

CORRELATION = "correlationId"
"""In v4 an external identifier of this type."""

ORIGINATOR, RESPONSIBLE = "originatorParty", "responsibleParty"
"""R18.5 demands the one, which is shown as the other where a report has none."""

NAMES = frozenset({*RENAMED, CORRELATION})

ROLES = {"relatedEntity": "related", "firstAlert": "firstAlert"}
"""The role of a part that has none in R18.5 and needs one in v4."""

REFERRED = "Entity"

NESTED = "extensionInfo"

_FIRST = re.compile(r"^(\$?[./]?)(\w+)(?=[/.\[?]|$)")
_ASKED = re.compile(r"(?<=[?&;])(\w+)(?=[.=<>!])")
"""The first name of a path, and the first name of each condition behind a `?` in it."""


def own_names(shown: Document) -> frozenset[str]:
    """The names of R18.5 that a v4 report has for attributes of its own."""
    return NAMES & shown.keys()


def outgoing(document: Document) -> Document:
    """A v4 report with the names that clients of the v3 generation look for."""
    added = {old: document[RENAMED[old]] for old in SHOWN_TWICE if RENAMED[old] in document}
    if ORIGINATOR in document:
        added[RESPONSIBLE] = document[ORIGINATOR]
    return {**added, **document}


def incoming(document: Document, shown: Document | None = None) -> Document:
    """A report with names of R18.5 in v4's names.

    `shown` is the v4 report that it is an edit of: what `outgoing` added to it is taken away again.
    Raises InvalidInput where an attribute is given under both names and they say different things.
    """
    own = own_names(shown or {})
    present = {name: value for name, value in document.items() if name in own}
    given = {
        name: value for name, value in document.items() if name not in own and not _was_added(name, value, shown)
    }
    given = {name: value for name, value in given.items() if not _says_nothing(name, given, shown)}
    _refuse_contradictions(given)
    renamed = {RENAMED.get(name, name): value for name, value in given.items() if name != CORRELATION}
    if given.get(CORRELATION) is not None and _correlated(renamed) is None:
        renamed["externalIdentifier"] = _with_correlation(renamed.get("externalIdentifier"), given[CORRELATION])
    return present | {
        name: value if _has_nested((shown or {}).get(name)) else _with_roles(name, _nested(value))
        for name, value in renamed.items()
    }


def asked(document: Document, fields: Sequence[str]) -> Document:
    """A v4 report and what `fields` ask of it by names of R18.5, under these names."""
    added: Document = {}
    for first, *rest in (path.split(".") for path in fields):
        value = _valued(document, first)
        if value is not None and (first in NAMES or NESTED in rest):
            added[first] = _with_extension_info(value) if NESTED in rest else value
    return {**document, **added}


def patch(given: Document, shown: Document) -> Document:
    """A merge patch of the v4 report `shown` in v4's names, but for `correlationId`, as what is `editable` has it."""
    plain = incoming({name: value for name, value in given.items() if name != CORRELATION}, shown)
    return plain | {name: value for name, value in given.items() if name == CORRELATION}


def editable(shown: Document, *, by_paths: bool = False) -> Document:
    """A v4 report with the attribute of R18.5 that has no place of its own in v4.

    What is edited `by_paths` has the responsible party that is shown, too: a merge patch would merge another into it.
    """
    value = _correlated(shown)
    whole = shown if value is None or CORRELATION in shown else {**shown, CORRELATION: value}
    return {RESPONSIBLE: shown[ORIGINATOR], **whole} if by_paths and ORIGINATOR in shown else whole


def edited(document: Document, shown: Document) -> Document:
    """What became of `editable(shown)`, in v4's names."""
    if CORRELATION in shown:
        return incoming(document, shown)
    rest = {name: value for name, value in document.items() if name != CORRELATION}
    plain = incoming(rest, shown)
    value = document.get(CORRELATION)
    if value == _correlated(shown):
        return plain
    if _correlated(plain) not in (None, value, _correlated(shown)):
        raise InvalidInput(violations=[_contradiction(CORRELATION, value, "externalIdentifier")])
    identifiers = _with_correlation(plain.pop("externalIdentifier", None), value)
    return {**plain, "externalIdentifier": identifiers} if identifiers else plain


def path(given: tuple[str, ...]) -> tuple[str, ...]:
    """The path in v4's names."""
    if given[:1] == (CORRELATION,):
        return ("externalIdentifier", "id")
    return tuple(RENAMED.get(step, step) if place == 0 else _inner(step) for place, step in enumerate(given))


def operation(given: Document, shown: Document) -> Document:
    """An operation of a JSON patch of the v4 report `shown`, with its pointers in v4's names."""
    own = own_names(shown)
    return {name: _pointer(value, own) if name in ("path", "from") else value for name, value in given.items()}


def _pointer(value: Any, own: frozenset[str]) -> Any:
    if not isinstance(value, str):
        return value
    names = {old: new for old, new in RENAMED.items() if old not in own}
    return _FIRST.sub(lambda found: found[1] + names.get(found[2], found[2]), _inside(value, names), count=1)


def _valued(document: Document, name: str) -> Any:
    """What a v4 report has under a name of either version."""
    if name in document:
        return document[name]
    return _correlated(document) if name == CORRELATION else document.get(RENAMED.get(name, name))


def _was_added(name: str, value: Any, shown: Document | None) -> bool:
    if shown is None or name in shown:
        return False
    added = outgoing(shown)
    return name in added and same(value, added[name])


def _says_nothing(name: str, given: Document, shown: Document | None) -> bool:
    """Whether an attribute that is given under its other name, too, is null and new, or came as it was shown."""
    if OTHER_NAMES.get(name) not in given:
        return False
    if shown is None:
        return given[name] is None
    return OTHER_NAMES[name] in SHOWN_TWICE and name in shown and same(given[name], shown[name])


def _refuse_contradictions(given: Document) -> None:
    """Raises InvalidInput for each name of R18.5 that says another thing than its name in v4 does."""
    violations = [
        _contradiction(old, value, RENAMED[old])
        for old, value in given.items()
        if RENAMED.get(old) in given and not same(value, given[RENAMED[old]])
    ]
    if given.get(CORRELATION) is not None and _correlated(given) not in (None, given[CORRELATION]):
        violations.append(_contradiction(CORRELATION, given[CORRELATION], "externalIdentifier"))
    if violations:
        raise InvalidInput(violations=violations)


def _contradiction(old: str, value: Any, new: str) -> Violation:
    message = f"says another thing than {new}, which is the same attribute; leave one of them out"
    return Violation(field=old, value=value, message=message)


def _inside(pointer: str, names: Mapping[str, str]) -> str:
    """The path with v4's names behind the first one, and in its conditions."""
    steps = _ASKED.sub(lambda found: names.get(found[1], found[1]), pointer).split("/")
    return "/".join((*steps[:2], *map(_inner, steps[2:])))


def _identifiers(document: Document) -> list[Any]:
    identifiers = document.get("externalIdentifier")
    return identifiers if isinstance(identifiers, list) else []


def _is_correlation(identifier: Any) -> bool:
    return isinstance(identifier, dict) and identifier.get("externalIdentifierType") == CORRELATION


def _correlated(document: Document) -> Any:
    """The `correlationId` of a v4 report; None when it has none."""
    return next((one.get("id") for one in _identifiers(document) if _is_correlation(one)), None)


def _with_correlation(identifiers: Any, value: Any) -> Any:
    """The identifiers with this `correlationId` in the place of the one that they have; without one for None."""
    present = _identifiers({"externalIdentifier": identifiers})
    place = next((place for place, one in enumerate(present) if _is_correlation(one)), len(present))
    new = [] if value is None else [{"externalIdentifierType": CORRELATION, **_at(present, place), "id": value}]
    return [*present[:place], *new, *present[place + 1 :]]


def _at(identifiers: list[Any], place: int) -> Document:
    found: Document = identifiers[place] if place < len(identifiers) else {}
    return found


def _with_extension_info(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_extension_info(each) for each in value]
    if isinstance(value, dict) and "characteristic" in value:
        return {NESTED: value["characteristic"], **value}
    return value


def _inner(step: str) -> str:
    return "characteristic" if step == NESTED else step


def _has_nested(value: Any) -> bool:
    """Whether a part, or one of a list of parts, has an `extensionInfo` of its own."""
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, dict) and NESTED in part for part in parts)


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
    if not isinstance(value, dict):
        return value
    said = {key: each for key, each in value.items() if each is not None or key not in ("role", "@referredType")}
    return {"role": ROLES[name], "@referredType": REFERRED, **said}
