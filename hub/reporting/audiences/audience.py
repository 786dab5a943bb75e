"""An audience of management reports: whose reports it sees, and what of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hub.errors import InvalidInput, Violation
from hub.reporting.audiences.sight import Sight
from hub.reporting.catalogue import OF_CONSTRAINTS
from hub.reporting.dimensions import CUSTOMER

Only = Mapping[str, frozenset[str]]
"""{dimension: the values that are seen}; a report is seen that has one of them in each."""


class Language(StrEnum):
    ENGLISH = "en"
    GERMAN = "de"


@dataclass(frozen=True, kw_only=True)
class Audience:
    """`one` is the dimension of which each run must name one value, as a customer's statement names the customer.

    `metrics` and `breakdowns` are what it may see, `hidden` the dimensions of which it learns nothing. With `rows` the
    reports behind the figures are listed. Figures about fewer than `smallest` reports are withheld, and so many others
    that they cannot be worked out. `calendar` says in which hours services are to be available, None as agreed.
    `party` is the one whose registrations at the hub are told when a report is ready, besides those of operators; where
    `one` is a dimension of parties, that is the party that the run names.
    What is `brief` is one page on paper.
    No text of a report, such as its description or notes, is in any management report.
    """

    name: str
    title: str
    purpose: str = ""
    only: Only = field(default_factory=dict)
    one: str | None = None
    metrics: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    rows: bool = True
    smallest: int = 0
    language: Language = Language.ENGLISH
    zone: str = "UTC"
    calendar: str | None = None
    recipients: tuple[str, ...] = ()
    party: str | None = None
    brief: bool = False
    asked: frozenset[str] = frozenset()
    """The dimensions that a scope narrows, and not the audience itself."""

    def narrowed(self, scope: Mapping[str, str]) -> "Audience":
        """The audience for one customer, service and so on; a scope takes away and never adds.

        Raises InvalidInput for a value that the audience does not see, and without the one that it must name.
        """
        if self.one is not None and self.one not in scope:
            message = f"must name one {self.one}: audience {self.name} sees the reports of one only"
            raise InvalidInput(violations=[Violation(field=f"scope.{self.one}", message=message)])
        wrong = [
            Violation(field=f"scope.{name}", value=value, message=f"audience {self.name} does not see it")
            for name, value in scope.items()
            if name in self.hidden or (name in self.only and value not in self.only[name])
        ]
        if wrong:
            raise InvalidInput(violations=wrong)
        return replace(
            self,
            only={**self.only, **{name: frozenset({value}) for name, value in scope.items()}},
            asked=self.asked | (scope.keys() - self.only.keys() - {self.one}),
        )

    @property
    def sees_constraints(self) -> bool:
        """Constraints span customers: only who sees every report, and whose it is, is told of them."""
        return not self.only and self.one is None and CUSTOMER not in self.hidden

    def may_see(self, metric: str) -> bool:
        return metric not in OF_CONSTRAINTS or self.sees_constraints

    def sight(self) -> Sight:
        return Sight(self.only, to_all=CUSTOMER in self.asked)

    @property
    def knows_listeners(self) -> bool:
        """Whether the listeners of what it sees may be named: it may know of them all, or sees its own alone."""
        if CUSTOMER in self.hidden or self.smallest:
            return False
        itself = self.only.keys() - self.asked
        return not itself or CUSTOMER in itself
