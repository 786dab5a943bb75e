"""Reads the store and makes accounts of it: as recorded at an instant, and what has changed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.memory import without_collector
from hub.reporting.account import Account, Notified, account, horizon
from hub.reporting.audiences.sight import Sight
from hub.reporting.dimensions import Dimensions
from hub.reporting.edits import explained
from hub.reporting.periods import previous
from hub.reporting.policies import Policies
from hub.reporting.restatement import Restatement, both, restatement
from hub.reporting.timelines import Seen, timelines
from hub.reporting.views import Question
from hub.store.histories import Sent
from hub.store.moment import at_one_moment
from hub.store.tables import Tables

EVERYTHING = Sight()


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """`dimensions` says where reports name their customer and so on, `policies` what was agreed."""

    dimensions: Dimensions
    policies: Policies

    def of(
        self,
        tables: Tables,
        question: Question,
        *,
        recorded: int,
        breakdowns: Sequence[str] = (),
        sight: Sight = EVERYTHING,
        tells_constraints: bool = True,
    ) -> Account:
        """The account as recorded at an instant: the same bytes whenever it is asked for.

        What `sight` does not show is taken away before anything is computed, and so are the constraints, which span
        customers, unless it `tells_constraints`.
        """
        with without_collector(), at_one_moment(tables.connection):
            seen = list(sight.of(timelines(tables.histories, horizon(question, recorded), self.dimensions)))
            return account(
                seen,
                question,
                recorded=recorded,
                policies=self.policies,
                breakdowns=breakdowns,
                notified=_notified(tables, question, recorded, sight, seen),
                tells_constraints=tells_constraints,
            )

    def restated(
        self,
        tables: Tables,
        question: Question,
        *,
        recorded: int,
        now: int,
        breakdowns: Sequence[str] = (),
        sight: Sight = EVERYTHING,
        tells_constraints: bool = True,
    ) -> Restatement:
        """How the account that was recorded then differs from what is known now, as of the same instant.

        Of late records those are told that are about reports or constraints of either account while they were seen, and
        of those about later times only what made theirs another one.
        """
        before, after = (
            self.of(
                tables,
                question,
                recorded=instant,
                breakdowns=breakdowns,
                sight=sight,
                tells_constraints=tells_constraints,
            )
            for instant in (recorded, now)
        )
        known, other = both(before, after)
        late = tables.histories.late(recorded=recorded, until=now, as_of=question.as_of)
        of_it = [one for one in late if one.problem_id in (known if one.event_time < question.as_of else other)]
        knowing = sight.knowing(tuple(row.values.values()) for one in (before, after) for row in one.rows)
        found = explained(tables.histories, of_it, recorded=recorded, dimensions=self.dimensions, sight=knowing)
        return restatement(before, after, (one for one in of_it if one.record_id in found.seen), found.edits)


def _notified(tables: Tables, question: Question, recorded: int, sight: Sight, seen: Sequence[Seen]) -> Notified:
    begin, end, before = question.begin, question.end, previous(question.period)
    kept_since = tables.histories.deliveries_kept_since()
    unregistered = tables.histories.unregistered(begin=begin, end=min(end, recorded + 1))
    return Notified(
        sent=sight.sent(_sent(tables, begin, end, recorded), seen),
        before=sight.sent(_sent(tables, before.begin, before.end, recorded), seen)
        if kept_since < before.begin
        else (),
        unregistered=sight.unregistered(unregistered, seen),
        is_kept=kept_since < begin,
    )


def _sent(tables: Tables, begin: int, end: int, recorded: int) -> list[Sent]:
    return list(as_recorded(tables.histories.deliveries(begin=begin, end=end, recorded=recorded), recorded))


def as_recorded(deliveries: Iterable[Sent], recorded: int) -> Iterable[Sent]:
    """What was settled later was under way."""
    for one in deliveries:
        is_later = one.settled_at is not None and one.settled_at > recorded
        yield one._replace(state="due", settled_at=None) if is_later else one
