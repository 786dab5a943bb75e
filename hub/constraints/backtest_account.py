"""What a backtest tells: how much was raised a week, and how much of what was put in was found."""

from collections.abc import Sequence

from hub.constraints.backtest import MINUTE, Found, Replayed, replay
from hub.constraints.backtest_bursts import BURST, bursts, starts
from hub.constraints.backtest_surges import surges
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules
from hub.constraints.profile import DAY, HOUR
from hub.constraints.sightings import GROUPS, Kind, Sighting
from hub.errors import InvalidInput, Violation
from hub.model.constraint import Type
from hub.model.problem import Document
from hub.model.times import micros_to_text


def account_of(
    stream: Sequence[Sighting], rules: Rules, expectations: Expectations, *, count: int, seed: int
) -> Document:
    """`count` bursts and surges are put in; 0 is none. Raises InvalidInput where the stream is too short for that."""
    clean = replay(stream, rules, expectations)
    if not clean.weeks:
        raise _too_short(
            stream, f"over more than {_days(rules.warm_up)} ([constraints] warm_up), which are only learnt"
        )
    if count and not starts(stream, rules):
        raise _too_short(
            stream,
            f"between the first {_days(rules.warm_up)} ([constraints] warm_up) and the last {BURST // MINUTE} minutes, "
            "in which bursts begin",
        )
    found: dict[str, Found] = {}
    if count:
        if any(key.kind is Kind.RESOURCE for one in stream for key in one.keys):
            for reports in (4, 10):
                put = bursts(stream, rules, reports=reports, count=count, seed=seed, within=15 * MINUTE)
                found[f"{reports} reports in 30 min"] = put
        for kind in (Kind.ALL, *sorted(GROUPS)):
            put = surges(stream, rules, factor=3, count=count, seed=seed, within=2 * HOUR, kind=kind)
            if put.tried:
                found[f"demand x3 for 4 h on {'everything' if kind is Kind.ALL else f'one {kind}'}"] = put
    return {
        "reports": clean.reports,
        "begin": micros_to_text(clean.begin),
        "end": micros_to_text(clean.end),
        "weeks": clean.weeks,
        "raised": {kind.value: _raised(clean, kind) for kind in Type},
        "alarmHoursPerWeek": clean.alarm_hours_per_week(),
        "expected": clean.expected,
        "found": [{"what": what, **_view(one)} for what, one in found.items()],
    }


def _too_short(stream: Sequence[Sighting], needed: str) -> InvalidInput:
    covered = f"there are {len(stream)}"
    if stream:
        covered += f", over {_days(max(one.at for one in stream) - min(one.at for one in stream))}"
    return InvalidInput(violations=[Violation(field="log", message=f"needs reports {needed}; {covered}")])


def _days(length: int) -> str:
    return f"{length / DAY:.4g} days"


def _raised(clean: Replayed, kind: Type) -> Document:
    found = [one for one in clean.raised if one.type is kind]
    return {
        "count": len(found),
        "confirmed": sum(one.is_confirmed for one in found),
        "perWeek": clean.per_week(kind),
        "confirmedPerWeek": clean.per_week(kind, confirmed=True),
    }


def _view(one: Found) -> Document:
    return {
        "tried": one.tried,
        "found": one.found,
        "share": one.share,
        "interval": one.interval,
        "inTime": one.in_time,
        "minutes": one.minutes,
    }
