"""What a backtest tells: how much was raised a week, and how much of what was put in was found."""

from collections.abc import Sequence

from hub.constraints.backtest import MINUTE, Found, Replayed, replay
from hub.constraints.backtest_bursts import bursts
from hub.constraints.backtest_surges import surges
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules, Type
from hub.constraints.profile import HOUR
from hub.constraints.sightings import GROUPS, Kind, Sighting
from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.model.times import micros_to_text


def account_of(
    stream: Sequence[Sighting], rules: Rules, expectations: Expectations, *, count: int, seed: int
) -> Document:
    """`count` bursts and surges are put in; 0 is none. Raises InvalidInput where the stream is too short for that."""
    clean = replay(stream, rules, expectations)
    if count and not clean.weeks:
        message = "needs a stream that is longer than [constraints] warm_up"
        raise InvalidInput(violations=[Violation(field="bursts", value=count, message=message)])
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
