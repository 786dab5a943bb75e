"""An order for a management report: all that decides what will stand in it, but for the history itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.model.times import micros_to_text
from hub.reporting.audiences.definition import Format, ReportDefinition, definition_of


@dataclass(frozen=True, kw_only=True)
class Order:
    """`recorded` is until when the history is read, in microseconds; `zone` None is that of the audience.

    The definition is that of the moment of the order, so that the report stays what it was when the definition changes.
    """

    definition: ReportDefinition
    period: str
    recorded: int
    formats: tuple[Format, ...]
    zone: str | None = None
    scope: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole_scope(self) -> dict[str, str]:
        """What the definition narrows wins: a run takes away and never adds."""
        return {**self.scope, **self.definition.scope}

    @property
    def recorded_text(self) -> str:
        return micros_to_text(self.recorded)

    def to_text(self) -> str:
        """As it is kept."""
        return orjson.dumps(
            {
                "definition": self.definition.document(),
                "period": self.period,
                "recorded": self.recorded,
                "formats": [str(one) for one in self.formats],
                "zone": self.zone,
                "scope": dict(self.scope),
            }
        ).decode()


def order_from(text: str) -> Order:
    """Of a text that was kept."""
    parts: dict[str, Any] = orjson.loads(text)
    return Order(
        definition=definition_of(parts["definition"]),
        period=parts["period"],
        recorded=parts["recorded"],
        formats=tuple(Format(one) for one in parts["formats"]),
        zone=parts["zone"],
        scope=parts["scope"],
    )
