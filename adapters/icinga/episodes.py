"""Tells one problem of an object from its next, and an end from a loss of memory: by when it was last well."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """What a list says of the problems that were known, as {object: when it was last well before the problem}.

    `going` go on, or have begun. `told` are to be reported: these, and those that have ended. Of `unsure`, {object:
    since when}, Icinga does not know what we know: it was started anew, and has not checked them again.
    """

    going: Mapping[str, float]
    told: Mapping[str, float]
    unsure: Mapping[str, str]

    @property
    def cursor(self) -> dict[str, Any]:
        return {"episodes": dict(self.going), "unsure": dict(self.unsure)}


def followed(
    rows: Iterable[Row], cursor: Mapping[str, Any], *, now: datetime, patience: timedelta, soft: bool = False
) -> Episodes:
    """The episodes after a list; one begins in a soft state only where `soft` says so.

    `cursor` is that of the list before. An object that is well without having been well after its problem began
    for us has a state from before that: it is waited for, as long as `patience` says.
    """
    known: Mapping[str, float] = cursor.get("episodes", {})
    since: Mapping[str, str] = cursor.get("unsure", {})
    going: dict[str, float] = {}
    ended: dict[str, float] = {}
    unsure: dict[str, str] = {}
    for row in rows:
        attributes = row["attrs"]
        name = attributes["__name"]
        well = last_well(attributes)
        if _is_problem(attributes):
            if well <= known.get(name, -1.0):
                going[name] = known[name]
            elif soft or attributes["state_type"] == 1:
                going[name] = well
        elif name in known and well > known[name]:
            ended[name] = known[name]
        elif name in known and now - datetime.fromisoformat(since.get(name, now.isoformat())) < patience:
            going[name] = known[name]
            unsure[name] = since.get(name, now.isoformat())
    told = {name: going[name] for name in going if name not in unsure} | ended
    return Episodes(going=going, told=told, unsure=unsure)


def last_well(attributes: Mapping[str, Any]) -> float:
    """When a check last found the object well, in seconds since 1970; 0.0 when none ever did."""
    return float(attributes["last_state_up"] if "last_state_up" in attributes else attributes["last_state_ok"])


def _is_problem(attributes: Mapping[str, Any]) -> bool:
    """Before its first check a service is neither well nor a problem, though its state is 3."""
    return bool(attributes["last_check_result"]) and attributes["state"] != 0
