"""What a registration wants: which events it is told of, whether or not it was there when they happened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from hub.errors import InvalidInput, InvalidSettings, Unsupported
from hub.faces import EVENT_TYPES
from hub.model.event import BY_NAME, Event
from hub.model.subscription import Subscription
from hub.query.event_document import event_document
from hub.query.hub_query import HubQuery
from hub.query.matching.matcher import Matcher
from hub.query.ownership import told_to
from hub.query.syntax import Condition, both
from hub.store.subscriptions import Registered
from hub.subscriptions.registration import ParseQuery


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Events of these types that fit the condition, if there is one."""

    types: frozenset[str]
    condition: Condition | None


MakeWanted = Callable[[Subscription], Wanted]


def wanted_by(subscription: Subscription, *, parse_query: ParseQuery, party_paths: Sequence[str]) -> Wanted:
    """`party_paths` say where a report names the parties that it concerns.

    Raises InvalidSettings when the query asks for what the settings knew once.
    """
    query = _query(subscription, parse_query)
    types, condition = EVENT_TYPES[subscription.face], query.condition
    if subscription.party is not None:
        condition = both(told_to(subscription.party, party_paths), condition)
    return Wanted(
        types=types - BY_NAME if query.event_types is None else types & query.event_types, condition=condition
    )


def _query(subscription: Subscription, parse_query: ParseQuery) -> HubQuery:
    try:
        return parse_query(subscription.face, subscription.query)
    except (InvalidInput, Unsupported) as error:
        message = f"the query of subscription {subscription.id} cannot be read any more: {error.message}"
        raise InvalidSettings(message) from error


class Interests:
    """Finds, among registrations, those that want an event. What cannot be read any more wants nothing."""

    def __init__(self, make: MakeWanted) -> None:
        self._make = make
        self._matcher = Matcher()
        self.unread: set[int] = set()

    def add(self, one: Registered) -> None:
        try:
            wanted = self._make(one.subscription)
        except InvalidSettings:
            self.unread.add(one.seq)
        else:
            self._matcher.add(one.seq, wanted.types, wanted.condition)

    def of(self, event: Event) -> Sequence[int]:
        """The row numbers of those that want it, ascending."""
        return self._matcher.matching(event.type, partial(event_document, event.body, event.party))
