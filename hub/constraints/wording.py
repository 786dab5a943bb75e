"""What a constraint says in words: its name, and why it was raised."""

from hub.constraints.episodes import Episode, Phase
from hub.constraints.findings import Type
from hub.constraints.profile import SECOND
from hub.constraints.sightings import Kind

MINUTES = 60 * SECOND
NOUNS = {Kind.RESOURCE: "resource", Kind.SERVICE: "service", Kind.REGION: "site", Kind.ALL: "all services"}


def name_of(episode: Episode) -> str:
    sure = "Failure" if episode.is_confirmed else "Suspected failure"
    short = "Shortage of capacity" if episode.is_confirmed else "Suspected shortage of capacity"
    if episode.type is Type.CAPACITY_SHORTAGE:
        return short
    return f"{sure} of {NOUNS[episode.key.kind]} {episode.key.value}"


def why(episode: Episode) -> str:
    """The evidence as sentences."""
    one = episode.evidence
    minutes = round(one.window / MINUTES)
    usual = f"{one.expected:.2g} are usual then; the probability of so many by chance is {_chance(one.chance)}"
    if episode.type is Type.CAPACITY_SHORTAGE:
        said = [f"{one.observed} reports in {minutes} minutes, where {usual}", _shared(one.share)]
    else:
        where = f"{NOUNS[episode.key.kind]} {episode.key.value}"
        said = [f"{one.observed} customers reported {where} within {minutes} minutes, where {usual}"]
        if one.surge > 1.2:
            said.append(f"That allows for {one.surge:.1f} times the usual demand on everything else")
        if one.is_named:
            said.append("A report names it as the cause")
        if episode.others:
            others = ", ".join(f"{NOUNS[other.kind]} {other.value}" for other in episode.others[:5])
            said.append(f"The same reports show on {others}")
    return ". ".join(sentence for sentence in said if sentence) + "."


def why_moved(episode: Episode) -> str:
    quiet = round(episode.evidence.window / MINUTES)
    match episode.phase:
        case Phase.EASING:
            return f"no more than usual for {quiet} minutes"
        case Phase.CLEARED:
            return f"no more than usual for {2 * quiet} minutes, or longer than one constraint lasts"
        case Phase.CONFIRMED:
            return "more than chance explains even where reports come in bursts"
        case _:
            return "more reports than chance explains"


def _shared(share: float | None) -> str:
    return "" if share is None else f"No one resource stands out: the most common has {share:.0%} of them"


def _chance(chance: float) -> str:
    return f"{chance:.1g}" if chance >= 1e-12 else "less than 1e-12"
