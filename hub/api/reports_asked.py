"""What a caller asks a management report for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.model.job import Job
from hub.model.times import from_text, micros_to_text, to_micros
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.dimensions import NAMES
from hub.reporting.figures import MINUTE
from hub.reporting.order import Order, Restates, order_from
from hub.reporting.periods import EARLIEST, FORMS, meant
from hub.reporting.press import Press

FIXED = ("definition", "period", "zone", "scope")
"""What a report that restates another one has from that one."""

AHEAD = MINUTE
"""By so much clocks may differ: what lies ahead by no more is now, in microseconds."""


def order_asked(press: Press, definition: ReportDefinition, asked: Mapping[str, Any], *, now: int) -> Order:
    """`asked` has perhaps `period`, `zone`, `scope`, `formats`, `recordedUntil`, `send`. Raises InvalidInput."""
    recorded = _recorded(asked, now)
    order = Order(
        definition=definition,
        period=_period(press, definition, asked, recorded),
        recorded=recorded,
        formats=_formats(asked, definition.formats),
        zone=asked.get("zone"),
        scope=_scope(definition, asked.get("scope") or {}),
        sent=bool(asked.get("send")),
    )
    return press.checked(order)


def order_restating(press: Press, report: Job, asked: Mapping[str, Any], *, now: int) -> Order:
    """The report once more, and what has changed; `asked` has perhaps `formats`, `recordedUntil`, `send`.

    Raises InvalidInput.
    """
    message = f"is that of report {report.asked.id}, which is restated"
    wrong = [Violation(field=name, value=asked[name], message=message) for name in FIXED if asked.get(name)]
    if wrong:
        raise InvalidInput(violations=wrong)
    before = order_from(report.asked.query or "")
    recorded = _recorded(asked, now)
    if recorded <= before.recorded:
        message = (
            f"must be later than {before.recorded_text}, until when report {report.asked.id} read the history"
        )
        raise InvalidInput(
            violations=[Violation(field="recordedUntil", value=micros_to_text(recorded), message=message)]
        )
    order = replace(
        before,
        recorded=recorded,
        formats=_formats(asked, before.formats),
        sent=bool(asked.get("send")),
        due=None,
        restates=Restates(report.asked.id, before.recorded),
    )
    return press.checked(order)


def _period(press: Press, definition: ReportDefinition, asked: Mapping[str, Any], recorded: int) -> str:
    """What is asked for, else what the definition means when the history is read. Raises InvalidInput."""
    period: str | None = asked.get("period")
    if period is not None:
        return period
    if definition.period is None:
        message = f"is missing; one is written as {FORMS}"
        raise InvalidInput(violations=[Violation(field="period", message=message)])
    return meant(definition.period, asked.get("zone") or press.zone(definition), now=recorded)


def _recorded(asked: Mapping[str, Any], now: int) -> int:
    """Raises InvalidInput: what lies ahead is not recorded yet."""
    text = asked.get("recordedUntil")
    if not text:
        return now
    instant = from_text(text)
    if instant.date() < EARLIEST:
        message = f"must not lie before {EARLIEST}"
    elif (recorded := to_micros(instant)) > now + AHEAD:
        message = f"lies ahead, and it is {micros_to_text(now)}: what comes is not recorded yet"
    else:
        return min(now, recorded)
    raise InvalidInput(violations=[Violation(field="recordedUntil", value=text, message=message)])


def _formats(asked: Mapping[str, Any], usual: Sequence[Format]) -> tuple[Format, ...]:
    return tuple(dict.fromkeys(format_in(one) for one in asked.get("formats") or usual))


def format_in(text: str) -> Format:
    """Raises InvalidInput."""
    try:
        return Format(text)
    except ValueError as error:
        message = f"must be one of {', '.join(Format)}"
        raise InvalidInput(violations=[Violation(field="format", value=text, message=message)]) from error


def scope_in(texts: Sequence[str]) -> dict[str, str]:
    """Of texts such as customer:ACME. Raises InvalidInput."""
    wrong = [
        Violation(field="scope", value=text, message="must be a dimension and its value, such as customer:ACME")
        for text in texts
        if not text.partition(":")[2]
    ]
    if wrong:
        raise InvalidInput(violations=wrong)
    pairs = [(name, value) for name, _, value in (text.partition(":") for text in texts)]
    first = dict(reversed(pairs))
    wrong = [
        Violation(field=f"scope.{name}", value=value, message=f"is named twice: {first[name]} before")
        for name, value in pairs
        if value != first[name]
    ]
    if wrong:
        raise InvalidInput(violations=wrong)
    return first


def _scope(definition: ReportDefinition, scope: Mapping[str, str]) -> dict[str, str]:
    """What a run is narrowed to besides what its definition says; the two must not contradict each other."""
    wrong = [
        Violation(field=f"scope.{name}", value=value, message=f"is no dimension; these are: {', '.join(NAMES)}")
        for name, value in scope.items()
        if name not in NAMES
    ]
    wrong += [
        Violation(
            field=f"scope.{name}",
            value=value,
            message=f"is {definition.scope[name]} in each report of the definition {definition.name}",
        )
        for name, value in scope.items()
        if definition.scope.get(name, value) != value
    ]
    if wrong:
        raise InvalidInput(violations=wrong)
    return dict(scope)
