"""When what goes wrong in a soak: drawn from its seed before it begins, so that a run can be had again."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

KILL_EVERY, RESTART_EVERY, STORM_EVERY, OUTAGE_EVERY = 12.0, 30.0, 2.5, 10.0
BOTH = 0.3
"""In how many of the cases both hubs are ended at once."""


class What(StrEnum):
    """To hubs; to listeners; and what an operator, or a listener that says 410, does."""

    KILL = "kill"
    RESTART = "restart"
    STORM = "storm"
    OUTAGE = "outage"
    CALM = "calm"
    PAUSE = "pause"
    RESUME = "resume"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Incident:
    """At `time`, in seconds from the begin, `what` happens to those with these numbers."""

    time: float
    what: What
    targets: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Three lines of incidents, which go on beside one another."""

    hubs: list[Incident]
    listeners: list[Incident]
    operator: list[Incident]


def plan(dice: Random, *, seconds: float, hubs: int, listeners: int, paused: int, leaving: int) -> Plan:
    """`paused` and `leaving` are the numbers of the listeners that an operator pauses, and that answers 410."""
    return Plan(
        hubs=_ends(dice, seconds, hubs),
        listeners=_moods(dice, seconds, listeners),
        operator=[
            Incident(time=0.2 * seconds, what=What.PAUSE, targets=(paused,)),
            Incident(time=0.35 * seconds, what=What.GONE, targets=(leaving,)),
            Incident(time=0.6 * seconds, what=What.RESUME, targets=(paused,)),
        ],
    )


def _ends(dice: Random, seconds: float, hubs: int) -> list[Incident]:
    """The first of all kills every hub, so that even the shortest run on the slowest machine has one."""
    everyone = tuple(range(hubs))
    kills = [
        Incident(time=time, what=What.KILL, targets=_some(dice, everyone))
        for time in _spread(dice, seconds, KILL_EVERY, least=1)
    ]
    restarts = [
        Incident(time=time, what=What.RESTART, targets=_some(dice, everyone))
        for time in _spread(dice, seconds, RESTART_EVERY, least=1)
    ]
    first = min(kills[0].time, restarts[0].time)
    return [Incident(time=first, what=What.KILL, targets=everyone), *_by_time([*kills[1:], *restarts])]


def _some(dice: Random, everyone: tuple[int, ...]) -> tuple[int, ...]:
    return everyone if dice.random() < BOTH else (dice.choice(everyone),)


def _moods(dice: Random, seconds: float, listeners: int) -> list[Incident]:
    found = []
    for what, every, longest in ((What.STORM, STORM_EVERY, 5.0), (What.OUTAGE, OUTAGE_EVERY, 4.0)):
        for time in _spread(dice, seconds, every, least=1):
            targets = (dice.randrange(listeners),)
            found.append(Incident(time=time, what=what, targets=targets))
            end = min(seconds, time + dice.uniform(0.5, longest))
            found.append(Incident(time=end, what=What.CALM, targets=targets))
    return _by_time(found)


def _spread(dice: Random, seconds: float, every: float, *, least: int) -> list[float]:
    """One moment in each of as many equal parts of the run as it has room for."""
    number = max(least, round(seconds / every))
    part = seconds / number
    return [(place + dice.random()) * part for place in range(number)]


def _by_time(incidents: list[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda incident: incident.time)
