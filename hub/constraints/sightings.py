"""A sighting: a new report as the detectors see it, and where a report says what it is about."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from hub.constraints.topology import Topology
from hub.model.problem import Document

CUSTOMER = "customer"


class Kind(StrEnum):
    """What reports may have in common, the most specific first."""

    RESOURCE = "resource"
    SERVICE = "service"
    GROUP = "resourceGroup"
    REGION = "region"
    ALL = "all"


class Key(NamedTuple):
    kind: Kind
    value: str


GROUPS = frozenset({Kind.SERVICE, Kind.GROUP, Kind.REGION})
"""What many resources belong to, and demand may be beyond the capacity of."""

EVERYTHING = Key(Kind.ALL, "all")
"""What all reports have in common."""


class Sighting(NamedTuple):
    """A report: `at` is when it was opened at its source, `recorded` when the hub learnt of it, in microseconds.

    `party` tells reports of one customer from those of another; it is the report's own id where no customer is named.
    `named` are the resources that the report itself says are the cause. `live` is False for what was back-filled.
    """

    problem_id: str
    at: int
    recorded: int
    keys: tuple[Key, ...]
    party: str
    named: frozenset[Key] = frozenset()
    live: bool = True


def sighting_of(
    problem_id: str, document: Document, topology: Topology, *, at: int, recorded: int, live: bool = True
) -> Sighting:
    """What a v5 report says of itself, with what stands behind its resources by the topology."""
    causes = list(_ids(document, "rootCauseResource"))
    keys = resources_of([*causes, *_ids(document, "affectedResource")], topology)
    keys += [Key(Kind.SERVICE, one) for one in dict.fromkeys(_ids(document, "affectedService"))]
    keys += [Key(Kind.REGION, one) for one in dict.fromkeys(_ids(document, "affectedLocation"))]
    return Sighting(
        problem_id=problem_id,
        at=min(at, recorded),
        recorded=recorded,
        keys=tuple(keys),
        party=customer_of(document) or problem_id,
        named=frozenset(Key(Kind.RESOURCE, one) for one in causes),
        live=live,
    )


def resources_of(ids: Iterable[str], topology: Topology) -> list[Key]:
    """Resources, what they hang on, and the groups of all these."""
    resources = dict.fromkeys(ids)
    resources |= dict.fromkeys(parent for one in list(resources) if (parent := topology.parent(one)))
    groups = dict.fromkeys(group for one in resources if (group := topology.group(one)))
    return [*(Key(Kind.RESOURCE, one) for one in resources), *(Key(Kind.GROUP, one) for one in groups)]


def _ids(document: Document, name: str) -> Iterator[str]:
    """Of each reference, or of the place inside it, what it is called by."""
    for one in document.get(name) or ():
        target = one.get("place") or one
        if found := target.get("id") or target.get("name"):
            yield str(found)


def customer_of(document: Document) -> str | None:
    """The customer that a report names. Who only reported it, such as a desk for many customers, is none."""
    parties = (*(document.get("relatedParty") or ()), document.get("originatorParty") or {})
    return next((found for one in parties if one.get("role") == CUSTOMER and (found := _party(one))), None)


def originator_of(document: Document) -> str | None:
    return _party(document.get("originatorParty") or {})


def _party(related: Document) -> str | None:
    found: Any = (related.get("partyOrPartyRole") or {}).get("id")
    return str(found) if found else None
