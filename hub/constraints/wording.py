"""What a constraint says in words: its name, and why it was raised."""

from hub.constraints.episodes import Episode, Phase
from hub.constraints.findings import Finding
from hub.constraints.profile import SECOND
from hub.constraints.sightings import EVERYTHING, Key, Kind
from hub.model.constraint import Type

MINUTES = 60 * SECOND
NOUNS = {
    Kind.RESOURCE: "resource",
    Kind.SERVICE: "service",
    Kind.GROUP: "resource group",
    Kind.REGION: "site",
    Kind.ALL: "all services",
}


def name_of(episode: Episode) -> str:
    if episode.type is Type.CAPACITY_SHORTAGE:
        short = "Shortage of capacity" if episode.is_confirmed else "Suspected shortage of capacity"
        return short if episode.key == EVERYTHING else f"{short}, or outage, of {_named(episode.key)}"
    sure = "Failure" if episode.is_confirmed else "Suspected failure"
    return f"{sure} of {_named(episode.key)}"


def why(episode: Episode) -> str:
    """The evidence as sentences."""
    one = episode.evidence
    short = episode.type is Type.CAPACITY_SHORTAGE
    said = [
        f"{one.observed} customers reported {_named(episode.key)} within {_span(one.window)}, where "
        f"{one.expected:.2g} are usual then; the probability of so many by chance is "
        f"{_chance(one.dispersed if short else one.chance)}"
    ]
    if short:
        said += _shortage(one)
        if episode.key != EVERYTHING:
            said.append(f"Counts cannot tell whether {_named(episode.key)} is short of capacity or out as a whole")
    elif one.surge > 1.2:
        said.append(f"That allows for {one.surge:.1f} times the usual demand on everything else")
    if one.is_named:
        said.append("A report names it as the cause")
    if episode.others:
        said.append(f"The same reports show on {', '.join(map(_named, episode.others[:5]))}")
    return ". ".join(said) + "."


def _shortage(one: Finding) -> list[str]:
    said = []
    if one.looked > 1:
        said.append(
            f"It is one of {one.looked} services, groups and sites that were looked at, which is allowed for"
        )
    if one.share is not None:
        said.append(f"No one resource stands out: what most have in common has {one.share:.0%} of them")
    return said


def _named(key: Key) -> str:
    return NOUNS[key.kind] if key == EVERYTHING else f"{NOUNS[key.kind]} {key.value}"


def why_moved(episode: Episode) -> str:
    quiet = episode.evidence.window
    match episode.phase:
        case Phase.EASING:
            return f"no more than usual for {_span(quiet)}"
        case Phase.CLEARED:
            return f"no more than usual for {_span(2 * quiet)}, or longer than one constraint lasts"
        case Phase.CONFIRMED:
            return "more than chance explains even where reports come in bursts"
        case _:
            return "more reports than chance explains"


def _span(window: int) -> str:
    """Of microseconds."""
    if window < 2 * MINUTES:
        return f"{round(window / SECOND)} seconds"
    return f"{round(window / MINUTES)} minutes"


def _chance(chance: float) -> str:
    return f"{chance:.1g}" if chance >= 1e-12 else "less than 1e-12"
