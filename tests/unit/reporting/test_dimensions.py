"""Where a report says by what figures are broken down: in v5, as the hub keeps it, also of what came in at v4."""

from typing import Any

import pytest

from hub.faces import v4
from hub.reporting.dimensions import DEFAULT_PATHS, NAMES, UNKNOWN, dimensions
from tests.rooms import check_document, report


def party(name: str, role: str) -> dict[str, Any]:
    thing = {"@type": "PartyRef", "id": name, "@referredType": "Organization"}
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": thing}


def place(**thing: str) -> dict[str, Any]:
    return {"@type": "RelatedPlaceRefOrValue", "role": "outage", "place": {"@type": "PlaceRef", **thing}}


def entity(name: str, kind: str) -> dict[str, Any]:
    thing = {"@type": "EntityRef", "id": name, "@referredType": kind}
    return {"@type": "RelatedEntity", "role": "sold", "entity": thing}


WHOLE = report(
    priority=3,
    originatorParty=party("desk", "supplier"),
    responsibleParty=party("carrier", "carrier"),
    relatedParty=[party("owner", "owner"), party("ACME", "customer")],
    affectedService=[{"@type": "ServiceRef", "id": "VPN-7"}],
    affectedResource=[{"@type": "ResourceRef", "id": "port-1"}],
    affectedLocation=[place(id="p-1", name="north"), place(id="p-2", name="east")],
    relatedEntity=[entity("order-1", "ProductOrder"), entity("prod-1", "Product")],
    characteristic=[{"@type": "Characteristic", "name": "product", "value": "prod-2"}],
    rootCauseService=[{"@type": "ServiceRef", "id": "CORE-1"}],
    rootCauseResource=[{"@type": "ResourceRef", "id": "olt-7"}],
    originatingSystem="rt-office",
)
SAID = {
    "customer": ("ACME",),
    "service": ("VPN-7",),
    "product": ("prod-1",),
    "severity": ("3",),
    "region": ("east", "north"),
    "source": ("rt",),
    "responsibleParty": ("carrier",),
    "cause": ("CORE-1",),
    "resource": ("olt-7",),
}


def read(document: dict[str, Any], source: str | None = "rt") -> dict[str, tuple[str, ...]]:
    return dict(zip(NAMES, dimensions().of(document, source, {}), strict=True))


def test_a_report_that_the_contract_accepts_says_each() -> None:
    assert check_document()(WHOLE) == []
    assert read(WHOLE) == SAID


def test_one_that_was_made_at_v4_says_the_same() -> None:
    assert read(v4.incoming(v4.outgoing(WHOLE))) == SAID


@pytest.mark.parametrize("name", NAMES)
def test_each_of_the_paths_leads_to_something(name: str) -> None:
    for path in DEFAULT_PATHS[name]:
        said = dimensions({name: [path]}).of(WHOLE, "rt", {})[NAMES.index(name)]
        assert said != (UNKNOWN,), path


def test_a_place_without_a_name_is_called_by_its_id() -> None:
    assert read(report(affectedLocation=[place(id="p-1")]))["region"] == ("p-1",)


def test_of_an_object_that_stands_alone_the_choice_is_held_against_itself() -> None:
    assert read(report(relatedEntity=[entity("order-1", "ProductOrder")]))["product"] == (UNKNOWN,)
