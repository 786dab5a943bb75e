"""What a metric looks at: the cases of one group, the period, and what was chosen for the account as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hub.model.intervals import Interval
from hub.reporting.calendars import ALWAYS, DAY, Calendar
from hub.reporting.cases import Case
from hub.reporting.definitions import Definition
from hub.reporting.figures import HOUR, Figure, Number, Rows, present
from hub.reporting.outages import Outage
from hub.reporting.periods import Period
from hub.reporting.policies import SERVICE_AT, Clock
from hub.reporting.repeats import Repeats
from hub.reporting.spans import Spans

AGES = (4 * HOUR, 24 * HOUR, 3 * DAY, 7 * DAY, 30 * DAY)
JEOPARDY = (50, 75, 90, 100)
PERCENTILES = (50, 80, 95)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked; `as_of` and the bands are microseconds, `jeopardy` is percent of the target.

    `maintenance` is {service: merged intervals in which it was down by agreement}; `service_hours` says when a service
    is to be available. `clock` judges the targets to restore, None for the one that was agreed. `listed` is how many
    services, causes, … are shown each for itself.
    """

    period: Period
    as_of: int
    service_hours: Calendar = ALWAYS
    maintenance: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    clock: Clock | None = None
    ages: tuple[int, ...] = AGES
    jeopardy: tuple[int, ...] = JEOPARDY
    percentiles: tuple[int, ...] = PERCENTILES
    notify_within: int = 300_000_000
    listed: int = 50
    seed: int = 1

    @property
    def spans(self) -> Spans:
        return Spans(
            begin=self.begin,
            end=self.end,
            as_of=self.as_of,
            hours=self.service_hours,
            maintenance=self.maintenance,
        )

    @property
    def begin(self) -> int:
        return self.period.begin

    @property
    def end(self) -> int:
        """The end of what can be seen of the period."""
        return min(self.period.end, self.as_of)


@dataclass(frozen=True, kw_only=True)
class View:
    """The cases of one group of an account, () being all of them."""

    question: Question
    cases: Sequence[Case]
    repeats: Repeats
    spans: Spans
    group: tuple[str, ...] = ()

    @cached_property
    def opened(self) -> list[Case]:
        """The valid reports that were opened in the period."""
        begin, end = self.question.begin, self.question.end
        return [case for case in self.cases if case.is_valid and begin <= case.opened < end]

    @cached_property
    def restored(self) -> list[Case]:
        """The valid reports whose last restoration lies in the period."""
        begin, end = self.question.begin, self.question.end
        return [case for case in self.cases if case.restored is not None and begin <= case.restored < end]

    @cached_property
    def open_at_end(self) -> list[Case]:
        return [case for case in self.cases if case.is_open]

    @cached_property
    def invalid(self) -> dict[str, Rows]:
        """{cancelled or rejected: ids} of the reports opened in the period, which are in no time and no share."""
        begin, end = self.question.begin, self.question.end
        found: dict[str, list[str]] = {}
        for case in self.cases:
            if not case.is_valid and begin <= case.opened < end:
                found.setdefault(str(case.timeline.state), []).append(case.id)
        return {state: tuple(those) for state, those in found.items()}

    @cached_property
    def in_period(self) -> list[Case]:
        """The reports that were open in the period."""
        return self.spans.inside(self.cases)

    @cached_property
    def outages(self) -> dict[str, list[Outage]]:
        """{service: the valid reports about it that were open in the period}, the parts cut to the period."""
        found: dict[str, list[Outage]] = {}
        outage_of = self.spans.outage
        for case in self.in_period:
            outage = outage_of(case)
            if outage is not None:
                for service in case.timeline.values[SERVICE_AT]:
                    if service in found:
                        found[service].append(outage)
                    else:
                        found[service] = [outage]
        return found

    @cached_property
    def opened_ids(self) -> Rows:
        return ids(self.opened)

    @cached_property
    def restored_ids(self) -> Rows:
        return ids(self.restored)

    @cached_property
    def agreements(self) -> str:
        """The agreements by which the cases of the view are judged."""
        return "; ".join(sorted({case.policy.label for case in self.cases}))

    def judged_by(self, clock: Clock | None = None) -> str:
        """The clock of a verdict as a figure names it; None for the one that was asked for."""
        chosen = clock or self.question.clock
        return "of the agreement" if chosen is None else str(chosen)

    def figure(
        self,
        definition: Definition,
        value: Number | None,
        n: int,
        *,
        rows: Rows | None = None,
        excluded: Mapping[str, Sequence[str]] | None = None,
        policy: Mapping[str, str] | None = None,
        by_agreement: bool = False,
        why: str = "none",
        **parts: Any,
    ) -> Figure:
        chosen = {"cohort": str(definition.cohort), **(policy or {})}
        if by_agreement:
            chosen["agreement"] = self.agreements
        return Figure(
            metric=definition.id,
            unit=definition.unit,
            value=value,
            n=n,
            group=self.group,
            policy=chosen,
            excluded=present(excluded or {}),
            rows=rows or (),
            why="" if value is not None else why,
            **parts,
        )


def ids(cases: Sequence[Case]) -> Rows:
    return tuple([case.id for case in cases])


def split(cases: Sequence[Case], marks: Iterable[object]) -> tuple[list[str], list[str]]:
    """The ids of the cases that are marked, and of the others; there is a mark, true or not, for each case."""
    marked: list[str] = []
    others: list[str] = []
    for case, mark in zip(cases, marks, strict=True):
        (marked if mark else others).append(case.id)
    return marked, others
