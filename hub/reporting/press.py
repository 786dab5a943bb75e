"""Makes management reports: from what is asked for to an order that can be carried out again, and to the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from hub.errors import InvalidInput, NotFound, Violation
from hub.reporting.accounts import Accounts
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import ReportDefinition, hidden_from, wrong_with
from hub.reporting.audiences.sight import Sight
from hub.reporting.dimensions import CUSTOMER, PARTIES
from hub.reporting.order import Order
from hub.reporting.periods import Period, period
from hub.reporting.policy_file import Agreed
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport
from hub.reporting.views import Question
from hub.store.tables import Tables


class SeenBy(TypedDict):
    breakdowns: Sequence[str]
    sight: Sight
    tells_constraints: bool


@dataclass(frozen=True, kw_only=True)
class Press:
    """`definitions` are those of the configuration; others are kept in the store."""

    agreed: Agreed
    audiences: Mapping[str, Audience]
    definitions: Mapping[str, ReportDefinition]

    def as_seen_by(self, definition: ReportDefinition, audience: str | None) -> ReportDefinition:
        """The report as another audience would get it: without what that one does not see. Raises InvalidInput."""
        if audience is None or audience == definition.audience:
            return definition
        other = self.audience(audience, "as")
        return replace(
            definition,
            audience=audience,
            metrics=tuple(one for one in definition.metrics if one in other.metrics),
            breakdowns=tuple(one for one in definition.breakdowns if one in other.breakdowns),
        )

    def audience(self, name: str, field: str = "audience") -> Audience:
        """Raises InvalidInput."""
        if name not in self.audiences:
            message = f"{name} is no audience; there are {', '.join(sorted(self.audiences)) or 'none'}"
            raise InvalidInput(violations=[Violation(field=field, value=name, message=message)])
        return self.audiences[name]

    def why_not(self, definition: ReportDefinition) -> str | None:
        """Why no report can be made by a definition: the audiences are others now; None where it can."""
        wrong = wrong_with(definition, self.audiences)
        return "; ".join(one.sentence() for one in wrong) or None

    def checked(self, order: Order) -> Order:
        """The order. Raises InvalidInput for what its audience does not see, and for a period that is none."""
        wrong = wrong_with(replace(order.definition, scope={}, schedule=None), self.audiences)
        if wrong:
            raise InvalidInput(violations=wrong)
        hidden = hidden_from(self._narrowed(order), order.definition)
        if hidden:
            scope = ", ".join(f"{name}:{value}" for name, value in order.whole_scope.items())
            message = f"must be empty: constraints span customers ({', '.join(hidden)})"
            raise InvalidInput(violations=[Violation(field="scope", value=scope, message=message)])
        span = self._period(order)
        if span.begin >= order.recorded:
            message = f"begins after {order.recorded_text}, until when the history is read"
            raise InvalidInput(violations=[Violation(field="period", value=order.period, message=message)])
        return order

    def made(self, tables: Tables, order: Order) -> ManagementReport:
        """The same report whenever it is asked for. Raises InvalidInput."""
        audience = self._narrowed(order)
        told = Told(
            audience=audience,
            definition=order.definition,
            scope=order.whole_scope,
            restates="" if order.restates is None else order.restates.report,
        )
        span = self._period(order)
        hours = (
            self.agreed.service_hours if audience.calendar is None else self.agreed.calendars[audience.calendar]
        )
        configured = Question(
            period=span,
            as_of=min(span.end, order.first_recorded),
            service_hours=hours,
            maintenance=self.agreed.maintenance,
            notify_within=self.agreed.notify_within,
        )
        question = order.definition.policy.of(configured)
        accounts = Accounts(dimensions=self.agreed.dimensions, policies=self.agreed.policies)
        seen: SeenBy = {
            "breakdowns": told.breakdowns,
            "sight": audience.sight(),
            "tells_constraints": audience.sees_constraints,
        }
        if order.restates is None:
            return compose(accounts.of(tables, question, recorded=order.recorded, **seen), told)
        found = accounts.restated(tables, question, recorded=order.first_recorded, now=order.recorded, **seen)
        return compose(found.after, told, found)

    def party(self, order: Order) -> str | None:
        """The one party for which a report is, and which may be told of it; None for operators alone."""
        audience = self.audiences.get(order.definition.audience)
        if audience is None:
            return None
        return order.whole_scope.get(audience.one) if audience.one in PARTIES else audience.party

    def customer(self, order: Order) -> str | None:
        """The one customer that a report is about, by its scope or its audience; None of any, and of several."""
        audience = self.audiences.get(order.definition.audience)
        seen = {**(audience.only if audience else {}), **{name: {one} for name, one in order.whole_scope.items()}}
        customers = seen.get(CUSTOMER, ())
        return next(iter(customers)) if len(customers) == 1 else None

    def recipients(self, order: Order) -> tuple[str, ...]:
        """The e-mail addresses to which a report is sent."""
        audience = self.audiences.get(order.definition.audience)
        return order.definition.recipients or (audience.recipients if audience else ())

    def _narrowed(self, order: Order) -> Audience:
        return self.audience(order.definition.audience).narrowed(order.whole_scope)

    def _period(self, order: Order) -> Period:
        return period(order.period, order.zone or self.zone(order.definition), now=order.first_recorded)

    def zone(self, definition: ReportDefinition) -> str:
        """The zone of its periods, where nobody asks for another. Raises InvalidInput."""
        return definition.zone or self.audience(definition.audience).zone


def no_definition(name: str) -> NotFound:
    return NotFound(violations=[Violation(field="name", value=name, message=f"no report definition {name}")])
