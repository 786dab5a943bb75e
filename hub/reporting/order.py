"""An order for a management report: all that decides what will stand in it, but for the history itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from hub.model.job import ContentType, JobKind, NewJob
from hub.model.times import micros_to_text
from hub.reporting.audiences.definition import Format, ReportDefinition, definition_of


class Restates(NamedTuple):
    """The id of a report, and until when it read the history, in microseconds."""

    report: str
    recorded: int


@dataclass(frozen=True, kw_only=True)
class Order:
    """`recorded` is until when the history is read, in microseconds; `zone` None is that of the definition.

    With `restates` it tells what has changed since that report was recorded.
    `due` is the turn of the schedule that it is made for, in microseconds; None of what somebody asked for. Only what
    is `sent` goes to the recipients by mail.

    The definition is that of the moment of the order, so that the report stays what it was when the definition changes.
    """

    definition: ReportDefinition
    period: str
    recorded: int
    formats: tuple[Format, ...]
    zone: str | None = None
    scope: Mapping[str, str] = field(default_factory=dict)
    due: int | None = None
    sent: bool = False
    restates: Restates | None = None

    @property
    def whole_scope(self) -> dict[str, str]:
        """What the definition narrows wins, where an older order contradicts it."""
        return {**self.scope, **self.definition.scope}

    @property
    def first_recorded(self) -> int:
        """Until when the report, or the one that it restates, read the history: what it is as of."""
        return self.recorded if self.restates is None else self.restates.recorded

    @property
    def recorded_text(self) -> str:
        return micros_to_text(self.recorded)

    def job(self, report_id: str, *, created: int, actor: str, customer: str | None) -> NewJob:
        """The job that carries it out, for the one who asks for it; with the `customer` that it is about it goes."""
        return NewJob(
            id=report_id,
            kind=JobKind.REPORT,
            content_type=ContentType.SEVERAL,
            created=created,
            ready=True,
            actor=actor,
            party=customer,
            query=self.to_text(),
        )

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
                "due": self.due,
                "sent": self.sent,
                "restates": None if self.restates is None else [self.restates.report, self.restates.recorded],
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
        due=parts.get("due"),
        sent=parts.get("sent", False),
        restates=Restates(*parts["restates"]) if parts.get("restates") else None,
    )
