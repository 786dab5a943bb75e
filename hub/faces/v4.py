"""TMF656 v4 as a rendering of the v5 report: no HTTP, no SQL, and nothing lost on the way there and back.

A v4 document that comes in becomes v5; told which report it is an edit of (`base`), everything that v4 does not show
stays as it was.
"""

from collections.abc import Mapping
from typing import Any

from hub.faces.parts import OUTER, Filled, Members, Wrapped
from hub.model.problem import Document

Path = tuple[str, ...]


def _party_type(thing: Document) -> str:
    """A role is known by its party, or by what it says of itself; anything else is a party."""
    is_role = "partyId" in thing or "partyName" in thing or str(thing.get("@referredType", "")).endswith("Role")
    return "PartyRoleRef" if is_role else "PartyRef"


PARTY = Wrapped(
    member="partyOrPartyRole",
    v5_type="RelatedPartyRefOrPartyRoleRef",
    v4_type="RelatedParty",
    referred="Party",
    shown={"id": ""},
    type_of_new=_party_type,
    thing_types=frozenset({"PartyRef", "PartyRoleRef", "Party", "PartyRole", "Organization", "Individual"}),
)
ENTITY = Wrapped(member="entity", v5_type="RelatedEntity", v4_type="RelatedEntity", referred="Entity")
PLACE = Wrapped(member="place", v5_type="RelatedPlaceRefOrValue", v4_type="RelatedPlace")
WRAPPED = {
    "originatorParty": PARTY,
    "responsibleParty": PARTY,
    "relatedParty": PARTY,
    "firstAlert": ENTITY,
    "relatedEntity": ENTITY,
    "affectedLocation": PLACE,
}
PARTIES = tuple(name for name, shape in WRAPPED.items() if shape is PARTY)
KEPT_TYPES: Mapping[Path, Mapping[str, tuple[str, ...]]] = {
    (name, "@type"): {shape.v4_type: (shape.v4_type, shape.v5_type), shape.v5_type: ("",)}
    for name, shape in WRAPPED.items()
    if shape.v4_type != shape.v5_type
}
"""Where v4 shows another `@type` than is kept: {the type at v4: those that are shown so}. No type is empty."""

DEMANDED = {
    **{name: ("@referredType",) for name, shape in WRAPPED.items() if shape is PARTY},
    **{name: ("@referredType", "role") for name, shape in WRAPPED.items() if shape is ENTITY},
    "characteristic": ("name", "value"),
}
"""What v4 demands of the parts of a report beside their id."""

CHARACTERISTIC = Filled(shown={"value": None})
WITH_CHARACTERISTIC = Members(shapes={"characteristic": CHARACTERISTIC})
PROBLEM = Members(
    shapes={
        **WRAPPED,
        "characteristic": CHARACTERISTIC,
        "impactPattern": WITH_CHARACTERISTIC,
        "trackingRecord": WITH_CHARACTERISTIC,
    },
    hidden=frozenset({"errorMessage"}),
)


def outgoing(document: Document) -> Document:
    """A v5 report in v4."""
    return PROBLEM.outgoing(document)


def incoming(document: Document, base: Document | None = None) -> Document:
    """A v4 report in v5; `base` is the v5 report that it is an edit of."""
    return PROBLEM.incoming(document, base)


def wrapped(document: Document) -> Document:
    """A v5 report whose parties may stand flat, as in v4, with them as v5 has them: flat they can mean nothing else."""
    return document | {name: _wrapped(PARTY, document[name]) for name in PARTIES if name in document}


def wrapped_patch(patch: Document) -> Document:
    """A merge patch of a v5 report whose parties may stand flat: what it says is merged into the party itself."""
    return {
        name: PARTY.unfolded(value) if WRAPPED.get(name) is PARTY and _is_flat(PARTY, value) else value
        for name, value in patch.items()
    }


def _wrapped(shape: Wrapped, value: Any) -> Any:
    if isinstance(value, list):
        return [_wrapped(shape, each) for each in value]
    return shape.incoming(value, None) if _is_flat(shape, value) else value


def _is_flat(shape: Wrapped, value: Any) -> bool:
    return isinstance(value, dict) and shape.member not in value and "id" in value


def path(given: Path) -> Path:
    """Where v5 keeps what v4 has at a path: `relatedParty.id` is `relatedParty.partyOrPartyRole.id`."""
    wrapped = WRAPPED.get(given[0]) if given else None
    if wrapped is None or len(given) == 1 or given[1] in OUTER or given[1] == wrapped.member:
        return given
    return (given[0], wrapped.member, *given[1:])
