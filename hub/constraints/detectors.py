"""All detectors over one stream of reports; by the time of the reports, whatever the clock on the wall says."""

from collections.abc import Iterable
from dataclasses import replace

from hub.constraints.demand import HOURS, Demand
from hub.constraints.episodes import Episode, Phase, aged, counted_until, joined, longest, moved, raised, takes
from hub.constraints.expected import Expectation, Expectations
from hub.constraints.failures import FailureWatch
from hub.constraints.findings import Finding, Rules
from hub.constraints.memory import Memory
from hub.constraints.profile import HOUR, Profile
from hub.constraints.shortage import DemandWatch
from hub.constraints.sightings import Key, Kind, Sighting
from hub.model.constraint import Type

SAME = 0.5
"""If so much of what a key shows belongs to an open constraint, it is the same one, seen from another side."""

ORDER = {kind: place for place, kind in enumerate(Kind)}


class Detectors:
    """Gives the constraints that each report changes. The same reports in the same order give the same ones."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._expectations = Expectations()
        self._profile = Profile()
        self._failures = FailureWatch(rules, self._profile)
        self._demand = Demand(rules)
        self._shortages = DemandWatch(rules, self._profile, self._demand)
        self._open: dict[tuple[Type, Key], Episode] = {}
        self.newest = 0
        self.suppressed: dict[tuple[Type, Key, int], Expectation] = {}
        """By what and in which hour: what was found and is expected; whoever reads it may empty it."""

    def learn(self, sighting: Sighting) -> None:
        """Know a report that is history: it makes what is usual, and raises nothing."""
        self._profile.add(sighting.at, sighting.keys)
        self._demand.add(sighting)
        self.newest = max(self.newest, sighting.at)
        self._hold(sighting)

    def take(self, sighting: Sighting) -> list[Episode]:
        """What a report changes: constraints that it raises, confirms or joins."""
        if not sighting.live or sighting.recorded - sighting.at > self._rules.lateness:
            self.learn(sighting)
            return []
        self._profile.add(sighting.at, sighting.keys)
        self._demand.add(sighting)
        ended = self.advance(sighting.at) if sighting.at > self.newest else []
        self.newest = max(self.newest, sighting.at)
        evidence = self._expectations.evidence(sighting)
        if not self._profile.knows(sighting.at, self._rules.warm_up):
            self._failures.hold(evidence, self.newest)
            return ended
        busy = self._demand.looked_at(sighting.at // HOUR)
        self._end(sighting.at)
        findings = self._failures.take(evidence, self.newest, busy)
        return [*ended, *self._shown(findings), *self._shown(self._shortages.take(sighting))]

    def also(self, sighting: Sighting) -> list[Episode]:
        """What a report that was counted shows when it comes to name another resource."""
        if not sighting.live or self.newest - sighting.at > self._rules.lateness:
            return []
        self._end(sighting.at)
        return self._shown(
            self._failures.look(self._expectations.evidence(sighting), self._demand.looked_at(sighting.at // HOUR))
        )

    def advance(self, now: int) -> list[Episode]:
        """The constraints that ease or are cleared by an instant."""
        changed = []
        for identity, episode in list(self._open.items()):
            after = aged(episode, now, self._rules)
            if after is not episode:
                changed.append(self._keep(after))
            if after.phase is Phase.CLEARED:
                del self._open[identity]
                self._count_from(after, counted_until(after, self._rules))
        return changed

    def expect(self, expectations: Expectations) -> None:
        self._expectations = expectations
        self._demand.expect(expectations)

    def remember(self) -> Memory:
        """What is usual, to be kept: with the reports of the latest hours a new start goes on by it."""
        reports, days, about = self._profile.remember()
        first, newest = self._demand.span()
        return Memory(
            first=first,
            newest=newest,
            at=self.newest,
            reports=reports,
            days=days,
            about=about,
            asked=self._demand.remember(),
        )

    def resume(self, memory: Memory) -> None:
        """Go on by what was kept; the reports since `held_from` that are in it have to be held then."""
        self.newest = memory.at
        self._profile.resume(memory)
        self._demand.resume(memory)

    def hold(self, sighting: Sighting) -> None:
        """Keep a report of the latest hours that was counted before."""
        self._demand.hold(sighting)
        self._hold(sighting)

    @property
    def held_from(self) -> int:
        """Since when reports are needed one by one, in microseconds."""
        return self.newest - self._rules.lateness - max(self._rules.windows[-1], (HOURS + 1) * HOUR)

    @property
    def ended_from(self) -> int:
        """Since when the begin of a constraint that is over tells what its reports are, in microseconds."""
        return self.held_from - self._rules.span

    def adopt(self, episodes: Iterable[Episode], ended: Iterable[Episode] = ()) -> None:
        """Go on with the constraints that are open; `ended` are those that began since `ended_from` and are over."""
        self._open = {one.identity: one for one in episodes}
        for one in ended:
            self._count_from(one, counted_until(one, self._rules))

    def _end(self, now: int) -> None:
        """Let the reports after the longest that an open constraint may last be evidence of another."""
        for one in self._open.values():
            if now > (last := longest(one, self._rules)):
                self._count_from(one, last)

    def _count_from(self, episode: Episode, at: int) -> None:
        if episode.type is Type.RESOURCE_FAILURE:
            others = (key for key in episode.others if (episode.type, key) not in self._open)
            self._failures.count_from((episode.key, *others), at)

    def _hold(self, sighting: Sighting) -> None:
        if sighting.at >= self.newest - self._rules.lateness - self._rules.windows[-1]:
            self._failures.hold(self._expectations.evidence(sighting), self.newest)

    def _shown(self, findings: list[Finding]) -> list[Episode]:
        """What the findings of one type, about one report, change."""
        grown = [(one, self._joined(one)) for one in findings]
        new = [
            one for one, known in grown if known is None and one.is_raised and not self._failures.is_counted(one)
        ]
        return [*(known for _, known in grown if known is not None), *self._found(new)]

    def _joined(self, finding: Finding) -> Episode | None:
        """The open constraint on the key of a finding, with its reports; None when there is none, or it is too long."""
        episode = self._open.get(finding.identity)
        if episode is None or not takes(episode, finding.at, self._rules):
            return None
        return self._keep(joined(episode, finding, self._rules))

    def _found(self, findings: list[Finding]) -> list[Episode]:
        """One failure shows on several keys, as a shortage does: the least likely is raised, the others explain it."""
        if not findings:
            return []
        first, *rest = sorted(findings, key=lambda one: (one.likelihood, ORDER[one.key.kind]))
        same = self._same(first)
        if same is None:
            return self._raise(first, [one.key for one in rest])
        keys = (*same.others, *(one.key for one in findings))
        return [self._keep(replace(same, others=tuple(dict.fromkeys(key for key in keys if key != same.key))))]

    def _same(self, finding: Finding) -> Episode | None:
        members = set(finding.members)
        for one in self._open.values():
            fits = one.type is finding.type and takes(one, finding.at, self._rules)
            if fits and len(members.intersection(one.members)) >= SAME * len(members):
                return one
        return None

    def _raise(self, finding: Finding, others: Iterable[Key] = ()) -> list[Episode]:
        expectation = self._expectations.of(finding)
        if expectation is not None:
            self.suppressed[*finding.identity, finding.at // HOUR] = expectation
            return []
        before = self._open.get(finding.identity)
        cleared = [] if before is None else [moved(before, Phase.CLEARED, finding.at)]
        return [*cleared, self._keep(raised(finding, others))]

    def _keep(self, episode: Episode) -> Episode:
        self._open[episode.identity] = episode
        return episode
