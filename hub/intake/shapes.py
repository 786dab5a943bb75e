"""What a mapping may fill in: the attributes of a report, and the form of each of their sub-resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any

Members = dict[str, Any]
"""The members of one sub-resource as a mapping found them, to be made into it; those without a value are absent."""


class Kind(Enum):
    """What one rule may give."""

    TEXT = auto()
    STATUS = auto()
    PRIORITY = auto()
    COUNT = auto()
    ANY = auto()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A sub-resource: its members, those it cannot do without, and the JSON they make, in which they may be used up."""

    build: Callable[[Members], dict[str, Any]]
    members: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Many:
    """A list of sub-resources of one shape."""

    shape: Shape


Target = Kind | Shape | Many


def _plain(resource_type: str, members: str, required: str = "id") -> Shape:
    """A sub-resource whose JSON is its members and its type."""

    def typed(found: Members) -> dict[str, Any]:
        found["@type"] = resource_type
        return found

    return Shape(
        build=typed,
        members=frozenset(members.split()),
        required=frozenset(required.split()),
    )


def _reference(found: Members, resource_type: str) -> dict[str, Any]:
    if "referredType" in found:
        found["@referredType"] = found.pop("referredType")
    found["@type"] = resource_type
    return found


def _party(found: Members) -> dict[str, Any]:
    role = found.pop("role")
    reference = _reference(found, "PartyRef")
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": reference}


def _place(found: Members) -> dict[str, Any]:
    role = found.pop("role")
    return {"@type": "RelatedPlaceRefOrValue", "role": role, "place": _reference(found, "PlaceRef")}


_RELATED = frozenset({"id", "name", "href", "role", "referredType"})
PARTY = Shape(build=_party, members=_RELATED, required=frozenset({"id", "role"}))
PLACE = Shape(build=_place, members=_RELATED, required=frozenset({"id", "role"}))

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "status": Kind.STATUS,
        "priority": Kind.PRIORITY,
        "name": Kind.TEXT,
        "description": Kind.TEXT,
        "reason": Kind.TEXT,
        "category": Kind.TEXT,
        "originatingSystem": Kind.TEXT,
        "statusChangeReason": Kind.TEXT,
        "impactImportanceFactor": Kind.TEXT,
        "problemEscalation": Kind.TEXT,
        "affectedNumberOfServices": Kind.COUNT,
        "originatorParty": PARTY,
        "responsibleParty": PARTY,
        "relatedParty": Many(shape=PARTY),
        "affectedLocation": Many(shape=PLACE),
        "affectedService": Many(shape=_plain("ServiceRef", "id name href")),
        "affectedResource": Many(shape=_plain("ResourceRef", "id name href")),
        "rootCauseService": Many(shape=_plain("ServiceRef", "id name href")),
        "rootCauseResource": Many(shape=_plain("ResourceRef", "id name href")),
        "troubleTicket": Many(shape=_plain("TroubleTicketRef", "id name href")),
        "slaViolation": Many(shape=_plain("SLAViolationRef", "id name href")),
        "underlyingAlarm": Many(shape=_plain("ResourceAlarmRef", "id name href")),
        "externalIdentifier": Many(shape=_plain("ExternalIdentifier", "id owner externalIdentifierType")),
        "note": Many(shape=_plain("Note", "id author date text", "text")),
        "characteristic": Many(shape=_plain("Characteristic", "id name value valueType", "name value")),
    }
)
MANDATORY = ("status", "priority", "name", "description", "reason", "category", "originatorParty")
"""What every mapping says: without these there is no report."""
