"""What a caller asks a management report for."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.model.times import from_text, to_micros
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.dimensions import NAMES
from hub.reporting.order import Order
from hub.reporting.periods import FORMS
from hub.reporting.press import Press


def order_asked(press: Press, definition: ReportDefinition, asked: Mapping[str, Any], *, now: int) -> Order:
    """`asked` has `period`, and perhaps `zone`, `scope`, `formats`, `recordedUntil`. Raises InvalidInput."""
    if not asked.get("period"):
        raise InvalidInput(
            violations=[Violation(field="period", message=f"is missing; one is written as {FORMS}")]
        )
    recorded = min(now, to_micros(from_text(asked["recordedUntil"]))) if asked.get("recordedUntil") else now
    formats = tuple(dict.fromkeys(format_in(one) for one in asked.get("formats") or definition.formats))
    order = Order(
        definition=definition,
        period=asked["period"],
        recorded=recorded,
        formats=formats,
        zone=asked.get("zone"),
        scope=_known(asked.get("scope") or {}),
    )
    return press.checked(order)


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
    return _known({name: value for name, _, value in (text.partition(":") for text in texts)})


def _known(scope: Mapping[str, str]) -> dict[str, str]:
    wrong = [
        Violation(field=f"scope.{name}", value=value, message=f"is no dimension; these are: {', '.join(NAMES)}")
        for name, value in scope.items()
        if name not in NAMES
    ]
    if wrong:
        raise InvalidInput(violations=wrong)
    return dict(scope)
