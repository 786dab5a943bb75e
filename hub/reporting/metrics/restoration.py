"""How long it took to restore the service: gross, net of the states that stop the clock, in business hours."""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter

from hub.reporting.cases import Case
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.metrics.durations import durations, survived
from hub.reporting.policies import Clock
from hub.reporting.statistics.survival import Step, survival
from hub.reporting.views import View, ids


def _definition(clock: Clock, name: str, meaning: str, formula: str, policy: str) -> Definition:
    return Definition(
        id=f"timeToRestore{clock.capitalize()}",
        name=name,
        meaning=meaning,
        formula=formula,
        source="ITU-T M.1016 (mean time to restore); ETSI EG 202 057-1 (the fastest 80 % and 95 %)",
        cohort=Cohort.RESTORED,
        unit=Unit.HOURS,
        numerator="sum of the times to restore",
        denominator="restored reports",
        policy=policy,
    )


BY_CLOCK = {
    Clock.GROSS: _definition(
        Clock.GROSS,
        "Time to restore, gross",
        "From the opening to the last restoration, whatever happened between.",
        "last restoration that no reopening follows − opening",
        "A reopened report is counted once, until it was restored at last.",
    ),
    Clock.NET: _definition(
        Clock.NET,
        "Time to restore, net",
        "The time in which the clock of the agreement ran.",
        "Σ length of the open states that do not stop the clock, until the last restoration",
        "The time between a restoration and a reopening is not counted.",
    ),
    Clock.BUSINESS: _definition(
        Clock.BUSINESS,
        "Time to restore, business hours",
        "The same, in the opening hours of the calendar of the agreement.",
        "Σ opening hours within the open states that do not stop the clock, until the last restoration",
        "Opening hours are local, holidays are closed.",
    ),
}
SHOWN: Mapping[Clock, Callable[[Case], int]] = {clock: attrgetter(clock.value) for clock in BY_CLOCK}
"""What each clock shows of a case."""

FIRST_RESOLUTION_TIME = Definition(
    id="firstResolutionTime",
    name="First resolution time",
    meaning="From the opening to the first restoration, even if the report was opened again.",
    formula="first restoration − opening",
    source="shown beside the time to restore, never in its place",
    cohort=Cohort.RESTORED,
    unit=Unit.HOURS,
    numerator="sum of the first resolution times",
    denominator="restored reports",
)
TIME_TO_RESTORE_CENSORED = Definition(
    id="timeToRestoreCensored",
    name="Time to restore, open reports included",
    meaning="Within which time so many percent are restored, when those that are still open are not left out.",
    formula="least t with S(t) ≤ 1 − q, S by Kaplan and Meier; open reports are censored at their net time so far",
    source="E. L. Kaplan, P. Meier, 1958",
    cohort=Cohort.OPENED,
    unit=Unit.HOURS,
    numerator="",
    denominator="",
    policy="Net time. Not reached when too few are restored to say.",
)


def restoration(view: View) -> Iterator[Figure]:
    rows = view.restored_ids
    excluded = {**view.invalid, "open": ids([case for case in view.opened if case.is_open])}
    for clock, definition in BY_CLOCK.items():
        found = list(map(SHOWN[clock], view.restored))
        yield from durations(
            view, definition, found, rows, excluded=excluded, by_agreement=clock is not Clock.GROSS
        )
    firsts = [case.first_time for case in view.restored if case.first_time is not None]
    yield from durations(view, FIRST_RESOLUTION_TIME, firsts, rows, excluded=excluded)
    yield from censored(view)


def restored_after(view: View) -> list[Step]:
    """(net duration, part of the reports opened in the period that is not restored by then) at each step."""
    ended = [case.net for case in view.opened if case.restored is not None]
    return survival(ended, [case.net for case in view.opened if case.restored is None])


def censored(view: View) -> Iterator[Figure]:
    still_open = len([case for case in view.opened if case.restored is None])
    details = {"restored": len(view.opened) - still_open, "open": still_open}
    yield from survived(view, TIME_TO_RESTORE_CENSORED, restored_after(view), details=details, by_agreement=True)
