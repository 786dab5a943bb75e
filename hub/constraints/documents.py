"""A constraint as a TMF656 report of its own type, and back."""

from collections.abc import Collection, Mapping
from typing import Any

from hub.constraints.episodes import Episode, Phase
from hub.constraints.findings import Finding
from hub.constraints.sightings import EVERYTHING, Key, Kind, sighting_of
from hub.constraints.topology import NONE
from hub.constraints.wording import name_of, why, why_moved
from hub.model.constraint import CATEGORIES, CATEGORY, KEPT_VALUES, VERDICT, values_of
from hub.model.problem import CONSTRAINT, Document, Status
from hub.model.times import from_text, micros_to_text, to_micros
from hub.problems.links import CHILDREN, ids_in

DETECTOR = "2"
"""The version of the detectors, which each constraint names."""

STATUS = {
    Phase.SUSPECTED: Status.ACKNOWLEDGED,
    Phase.CONFIRMED: Status.IN_PROGRESS,
    Phase.EASING: Status.IN_PROGRESS,
    Phase.CLEARED: Status.RESOLVED,
    Phase.REVIEWED: Status.CLOSED,
}
PEOPLE_MAY = ("name", "description", "priority")
"""Attributes that people may write instead of the hub."""

BROKEN = (KeyError, ValueError, TypeError, AttributeError)
"""What comes of reading a constraint that does not say what it has to."""

OPEN = frozenset({Status.ACKNOWLEDGED, Status.IN_PROGRESS})
REFERENCES = {
    Kind.RESOURCE: ("affectedResource", "ResourceRef"),
    Kind.SERVICE: ("affectedService", "ServiceRef"),
    Kind.GROUP: ("affectedResource", "ResourceRef"),
}


def document_of(
    episode: Episode, *, system: str, verdict: Mapping[str, Any], user_minutes: float | None = None
) -> Document:
    """`system` is what calls itself the originator; `verdict` is what was said of it before.

    `user_minutes` are those of its members so far, None where these name no number of users.
    """
    one = episode.evidence
    party = {"@type": "PartyRef", "id": system, "@referredType": "Organization"}
    values = {
        "phase": episode.phase,
        "keyKind": episode.key.kind,
        "key": episode.key.value,
        "firstReport": micros_to_text(episode.begin),
        "found": micros_to_text(episode.found),
        "lastActive": micros_to_text(episode.active),
        "confirmed": episode.is_confirmed,
        "reports": len(episode.members),
        "customers": len(episode.parties),
        "userMinutes": user_minutes,
        "observed": one.observed,
        "expected": one.expected,
        "probability": one.chance,
        "dispersedProbability": one.dispersed,
        "windowSeconds": one.window / 1e6,
        "windowEnd": micros_to_text(one.at),
        "demandFactor": one.surge,
        "topShare": one.share,
        "keysLookedAt": one.looked,
        "namedAsCause": one.is_named,
        "alsoSeenOn": [f"{other.kind}:{other.value}" for other in episode.others],
        "detector": DETECTOR,
        **verdict,
    }
    return {
        "@type": CONSTRAINT,
        "@baseType": "ServiceProblem",
        "category": CATEGORY + episode.type,
        "name": name_of(episode),
        "description": why(episode),
        "reason": f"{episode.type} on {episode.key.kind} {episode.key.value}",
        "priority": 2 if episode.is_confirmed else 4,
        "statusChangeReason": why_moved(episode),
        "originatorParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "originator",
            "partyOrPartyRole": party,
        },
        "affectedNumberOfServices": len(episode.parties),
        **_subject(episode.key, named=one.is_named),
        "characteristic": [
            {"@type": "Characteristic", "name": name, "value": value}
            for name, value in values.items()
            if value is not None
        ],
    }


def _subject(key: Key, *, named: bool) -> Document:
    if key.kind is Kind.REGION:
        place = {"@type": "PlaceRef", "id": key.value}
        return {"affectedLocation": [{"@type": "RelatedPlaceRefOrValue", "place": place}]}
    if key.kind not in REFERENCES:
        return {}
    attribute, kind = REFERENCES[key.kind]
    reference = {"@type": kind, "id": key.value}
    if key.kind is Kind.GROUP:
        reference["@referredType"] = "ResourceGroup"
    cause = {"rootCauseResource": [reference]} if named and key.kind is Kind.RESOURCE else {}
    return {attribute: [reference]} | cause


def with_others(document: Document, before: Document) -> Document:
    """The document that the hub writes, with what people have added to the one before, and have written in its place.

    What differs from what the hub would have written then is theirs, and not written again.
    """
    others = [one for one in before.get("characteristic") or () if one.get("name") not in KEPT_VALUES]
    merged = {**document, "characteristic": [*document["characteristic"], *others]}
    try:
        written = document_of(episode_of(before, ()), system="", verdict={})
    except BROKEN:
        return merged
    theirs = {name for name in PEOPLE_MAY if before.get(name) != written.get(name)}
    return {name: value for name, value in merged.items() if name not in theirs}


def key_in(document: Document) -> Key:
    """What a constraint is about, also where its characteristics do not say so any more."""
    values = values_of(document)
    try:
        return Key(Kind(values["keyKind"]), str(values["key"]))
    except (KeyError, ValueError):
        said = sighting_of("", document, NONE, at=0, recorded=0).keys
        return said[0] if said else EVERYTHING


def phase_in(document: Document) -> Phase:
    """The same of its phase."""
    try:
        return Phase(values_of(document)["phase"])
    except (KeyError, ValueError):
        phases = {status: phase for phase, status in STATUS.items() if phase is not Phase.EASING}
        return phases.get(Status(document["status"]), Phase.CLEARED)


def verdict_in(document: Document) -> dict[str, Any]:
    values = values_of(document)
    return {name: values[name] for name in VERDICT if name in values}


def episode_of(document: Document, parties: Collection[str]) -> Episode:
    """The constraint that a report of ours tells of; `parties` are the customers of its members."""
    values = values_of(document)
    kind, key = CATEGORIES[document["category"]], Key(Kind(values["keyKind"]), values["key"])
    members = tuple(ids_in(document, CHILDREN))
    confirmed = bool(values["confirmed"])
    window, at = round(values["windowSeconds"] * 1e6), _micros(values["windowEnd"])
    evidence = Finding(
        type=kind,
        key=key,
        at=at,
        begin=at - window,
        window=window,
        observed=values["observed"],
        expected=values["expected"],
        chance=values["probability"],
        dispersed=values["dispersedProbability"],
        members=members,
        parties=frozenset(parties),
        surge=values["demandFactor"],
        share=values.get("topShare"),
        is_named=bool(values["namedAsCause"]),
        looked=values.get("keysLookedAt", 1),
        is_raised=True,
        is_confirmed=confirmed,
    )
    return Episode(
        type=kind,
        key=key,
        begin=_micros(values["firstReport"]),
        found=_micros(values["found"]),
        active=_micros(values["lastActive"]),
        moved=_micros(document["statusChangeDate"]),
        phase=Phase(values["phase"]),
        evidence=evidence,
        members=members,
        parties=frozenset(parties),
        others=tuple(_key(one) for one in values["alsoSeenOn"]),
        is_confirmed=confirmed,
    )


def _key(text: str) -> Key:
    kind, _, value = text.partition(":")
    return Key(Kind(kind), value)


def _micros(text: str) -> int:
    return to_micros(from_text(text))
