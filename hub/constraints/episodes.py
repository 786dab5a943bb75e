"""The life of a constraint: suspected, confirmed, easing, cleared; and reviewed, which a person says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from hub.constraints.findings import Finding, Rules
from hub.constraints.sightings import Key
from hub.model.constraint import Type

MOST = 1000
"""So many reports are attached to one constraint; later ones are counted only."""


class Phase(StrEnum):
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    EASING = "easing"
    CLEARED = "cleared"
    REVIEWED = "reviewed"


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One constraint: what raised it, what it came to, and the reports that belong to it.

    `begin` is its first report, `found` when it was raised, `active` its last report that was more than usual, `moved`
    when it came into its phase, in microseconds. `evidence` is its strongest finding. `others` are the keys that show
    the same reports. `joined` counts the reports, `members` names them.
    """

    type: Type
    key: Key
    begin: int
    found: int
    active: int
    moved: int
    phase: Phase
    evidence: Finding
    members: tuple[str, ...]
    parties: frozenset[str]
    others: tuple[Key, ...] = ()
    is_confirmed: bool = False

    @property
    def identity(self) -> tuple[Type, Key]:
        return self.type, self.key

    @property
    def name(self) -> str:
        """What tells it from every other, by the millisecond that a report tells."""
        return f"{self.type}:{self.key.kind}:{self.key.value}:{self.begin // 1000}"


def raised(finding: Finding, others: Iterable[Key] = ()) -> Episode:
    return Episode(
        type=finding.type,
        key=finding.key,
        begin=finding.begin,
        found=finding.at,
        active=finding.at,
        moved=finding.at,
        phase=Phase.CONFIRMED if finding.is_confirmed else Phase.SUSPECTED,
        evidence=finding,
        members=finding.members[-MOST:],
        parties=finding.parties,
        others=tuple(others),
        is_confirmed=finding.is_confirmed,
    )


def joined(episode: Episode, finding: Finding, rules: Rules) -> Episode:
    """With the reports of a later finding on the same key; one that is more than usual keeps it from easing."""
    known = set(episode.members)
    members = (*episode.members, *(one for one in finding.members if one not in known))[:MOST]
    active = max(episode.active, finding.at) if finding.is_unusual(rules) else episode.active
    so_far = episode.evidence
    stronger = (finding.is_confirmed, -finding.likelihood) > (so_far.is_confirmed, -so_far.likelihood)
    confirmed = episode.is_confirmed or finding.is_confirmed
    grown = replace(
        episode,
        active=active,
        members=members,
        parties=episode.parties | finding.parties,
        evidence=finding if stronger else episode.evidence,
        is_confirmed=confirmed,
    )
    return aged(grown, max(finding.at, episode.moved), rules) if active > episode.active or confirmed else grown


def aged(episode: Episode, now: int, rules: Rules) -> Episode:
    """In the phase of an instant: quiet for one window it eases, for two it is cleared, and for good."""
    if episode.phase in (Phase.CLEARED, Phase.REVIEWED):
        return episode
    window = episode.evidence.window
    if now > episode.active + 2 * window or now > episode.begin + rules.span + 2 * window:
        return moved(episode, Phase.CLEARED, now)
    if now > episode.active + window:
        return moved(episode, Phase.EASING, now)
    return moved(episode, Phase.CONFIRMED if episode.is_confirmed else Phase.SUSPECTED, now)


def moved(episode: Episode, phase: Phase, at: int) -> Episode:
    return episode if phase is episode.phase else replace(episode, phase=phase, moved=at)


def takes(episode: Episode, at: int, rules: Rules) -> bool:
    """Whether a report of an instant may still belong to it: its span is bounded."""
    return episode.phase is not Phase.CLEARED and at <= longest(episode, rules)


def longest(episode: Episode, rules: Rules) -> int:
    """Until when its reports may come, in microseconds.

    The span of a shortage begins with its window, of up to two hours, and is no shorter than two of these.
    """
    shortage = episode.type is Type.CAPACITY_SHORTAGE
    return episode.begin + (max(rules.span, 2 * episode.evidence.window) if shortage else rules.span)


def counted_until(episode: Episode, rules: Rules) -> int:
    """Until when the reports on its keys are its own, in microseconds: later ones begin another constraint."""
    return min(longest(episode, rules), episode.active + 2 * episode.evidence.window)
