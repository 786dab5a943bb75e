"""Makes management reports: from what is asked for to an order that can be carried out again, and to the document."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.errors import InvalidInput, NotFound, Violation
from hub.reporting.accounts import Accounts
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import ReportDefinition, wrong_with
from hub.reporting.order import Order
from hub.reporting.periods import Period, period
from hub.reporting.policy_file import Agreed
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport
from hub.reporting.views import Question
from hub.store.tables import Tables


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
            message = f"is no audience; there are {', '.join(sorted(self.audiences)) or 'none'}"
            raise InvalidInput(violations=[Violation(field=field, value=name, message=message)])
        return self.audiences[name]

    def checked(self, order: Order) -> Order:
        """The order. Raises InvalidInput for what its audience does not see, and for a period that is none."""
        wrong = wrong_with(replace(order.definition, scope={}), self.audiences)
        if wrong:
            raise InvalidInput(violations=wrong)
        self._narrowed(order)
        span = self._period(order)
        if span.begin >= order.recorded:
            message = f"begins after {order.recorded_text}, until when the history is read"
            raise InvalidInput(violations=[Violation(field="period", value=order.period, message=message)])
        return order

    def made(self, tables: Tables, order: Order) -> ManagementReport:
        """The same report whenever it is asked for. Raises InvalidInput."""
        audience = self._narrowed(order)
        told = Told(audience=audience, definition=order.definition, scope=order.whole_scope)
        span = self._period(order)
        hours = (
            self.agreed.service_hours if audience.calendar is None else self.agreed.calendars[audience.calendar]
        )
        question = Question(
            period=span,
            as_of=min(span.end, order.recorded),
            service_hours=hours,
            maintenance=self.agreed.maintenance,
            notify_within=self.agreed.notify_within,
        )
        accounts = Accounts(dimensions=self.agreed.dimensions, policies=self.agreed.policies)
        account = accounts.of(
            tables, question, recorded=order.recorded, breakdowns=told.breakdowns, sight=audience.sight()
        )
        return compose(account, told)

    def _narrowed(self, order: Order) -> Audience:
        return self.audience(order.definition.audience).narrowed(order.whole_scope)

    def _period(self, order: Order) -> Period:
        zone = order.zone or self.audience(order.definition.audience).zone
        return period(order.period, zone, now=order.recorded)


def no_definition(name: str) -> NotFound:
    return NotFound(violations=[Violation(field="name", value=name, message=f"no report definition {name}")])
