"""Writes constraints as reports of the hub, over the same rules and events as any other, and attaches their members."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hub.constraints.documents import BROKEN, OPEN, STATUS, document_of, episode_of, verdict_in, with_others
from hub.constraints.episodes import Episode, Phase
from hub.constraints.members import member_of, user_minutes
from hub.constraints.releasing import release
from hub.constraints.sightings import sighting_of
from hub.constraints.topology import NONE
from hub.model.caller import Caller
from hub.model.problem import Document, Problem
from hub.model.task import TaskKind
from hub.model.times import micros_to_text
from hub.problems.links import CHILDREN, PARENTS, ids_in
from hub.problems.sources import Observation, SourceRules
from hub.problems.tasks import TaskRules
from hub.query.syntax import Comparison, Operator
from hub.store.constraints import SOURCE
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.constraints")

ENDED_MOST, HISTORY = 10_000, 1_000

CALLER = Caller(name="hub:constraints", scopes=frozenset())
"""Who groups and releases the members, as the history says."""


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """`system` is the name of this hub."""

    sources: SourceRules
    tasks: TaskRules
    system: str

    def publish(self, tables: Tables, episodes: Iterable[Episode]) -> list[Problem]:
        """Keep what each constraint has become; gives the reports. What people have ended stays as they left it."""
        return [report for one in episodes if (report := self._publish(tables, one)) is not None]

    def _publish(self, tables: Tables, episode: Episode) -> Problem | None:
        stored = tables.problems.get_by_source(SOURCE, episode.name)
        before = stored.problem.document if stored else {}
        if stored and stored.problem.status not in OPEN:
            return None
        verdict = verdict_in(before)
        felt = _user_minutes(tables, episode)
        document = document_of(episode, system=self.system, verdict=verdict, user_minutes=felt)
        report = self._keep(tables, episode, with_others(document, before))
        self._attach(tables, report, episode.members)
        if episode.phase is Phase.CLEARED and verdict:
            over = _reviewed(episode)
            reviewed = document_of(over, system=self.system, verdict=verdict, user_minutes=felt)
            report = self._keep(tables, over, with_others(reviewed, report.document))
        return report

    def _keep(self, tables: Tables, episode: Episode, document: Document) -> Problem:
        observation = Observation(
            source=SOURCE,
            key=episode.name,
            document=document,
            status=STATUS[episode.phase],
            source_status=episode.phase,
            event_time=_known_at(episode),
            started=episode.begin,
        )
        return self.sources.upsert(tables, observation)

    def _attach(self, tables: Tables, report: Problem, members: Collection[str]) -> None:
        """Put the members that are not there yet, and are still here, below the constraint."""
        there = set(ids_in(report.document, CHILDREN))
        new = [
            one
            for one in members
            if one not in there and tables.problems.get(one) and not _was_taken_out(tables, one, report.id)
        ]
        if not new:
            return
        task: dict[str, Any] = {
            "parentProblem": {"id": report.id},
            "childProblem": [{"id": one} for one in new],
        }
        self.tasks.perform(tables, task, kind=TaskKind.GROUP, caller=CALLER)

    def release_members(self, tables: Tables, constraints: Iterable[Problem]) -> None:
        """Of constraints that somebody has cancelled."""
        for one in constraints:
            release(tables, self.tasks, one, CALLER)


def open_episodes(tables: Tables) -> list[Episode]:
    """The constraints that the store has, and are not over; one that was reopened by hand ends by its reports again."""
    open_ones = [(one.id, one.document, _parties(tables, one.document)) for one in tables.constraints.open()]
    return [
        replace(one, phase=Phase.EASING) if one.phase in (Phase.CLEARED, Phase.REVIEWED) else one
        for one in _episodes(open_ones)
    ]


def ended_episodes(tables: Tables, since: int) -> list[Episode]:
    """The constraints that began since an instant, in microseconds, and are over."""
    found = tables.constraints.page({"since": micros_to_text(since)}, offset=0, limit=ENDED_MOST)
    return list(_episodes((one, document, ()) for one, document in found if document["status"] not in OPEN))


def _episodes(found: Iterable[tuple[str, Document, Collection[str]]]) -> Iterator[Episode]:
    """Of (id, document, customers); one that cannot be read is passed over, and said."""
    for constraint_id, document, parties in found:
        try:
            yield episode_of(document, parties)
        except BROKEN as error:
            log.warning("constraint.unreadable", constraint=constraint_id, error=repr(error))


def _was_taken_out(tables: Tables, member: str, constraint: str) -> bool:
    """Whether the history of a report says that it was below a constraint and is no more: somebody ungrouped it."""
    of_it = Comparison(path=("serviceProblem", "id"), operator=Operator.EQ, values=(member,))
    changes = [one.changes.get(PARENTS) or {} for one in tables.records.page(of_it, limit=HISTORY).rows]
    return any(constraint in ids_in(each, "from") and constraint not in ids_in(each, "to") for each in changes)


def _parties(tables: Tables, document: Document) -> set[str]:
    members = (tables.problems.get(one) for one in ids_in(document, CHILDREN))
    found = (one.problem for one in members if one)
    return {sighting_of(one.id, one.document, NONE, at=0, recorded=0).party for one in found}


def _known_at(episode: Episode) -> int:
    """The instant of the latest that is known of it, in microseconds."""
    return max(episode.moved, episode.active)


def _user_minutes(tables: Tables, episode: Episode) -> float | None:
    """Of its members, as far as they are open until then."""
    until = _known_at(episode)
    members = (member_of(one, document, until) for one, document in tables.constraints.members(episode.members))
    return user_minutes(one for one in members if one)


def _reviewed(episode: Episode) -> Episode:
    return replace(episode, phase=Phase.REVIEWED)
