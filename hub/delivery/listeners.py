"""The listeners in memory: which events each wants, and how it is addressed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.delivery.proof import NO_PROOF, Proof, proof_of
from hub.delivery.schedule import Schedules
from hub.errors import InvalidInput, InvalidSettings, Unsupported
from hub.faces import EVENT_TYPES
from hub.model.event import BY_NAME, EventType
from hub.model.options import NO_OPTIONS, DeliveryOptions
from hub.model.subscription import Order, Subscription, SubscriptionState
from hub.problems.ownership import OF_ALL, Ownership
from hub.query.hub_query import HubQuery
from hub.query.matching.matcher import Matcher
from hub.query.ownership import told_to
from hub.query.syntax import Condition, both
from hub.store.subscriptions import Registered, Subscriptions
from hub.subscriptions.kept_credentials import open_credentials
from hub.subscriptions.registration import ParseQuery
from hub.subscriptions.secrets import SecretBox


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A registration made ready: its query read, its credentials open.

    It is told of events of these `types` that fit the condition, if there is one; in the form of its `face`, of which
    `fields` are sent. What the `owner` does not see is not in them. `sealed` is what the `proof` was made of.
    """

    seq: int
    id: str
    url: str
    order: Order
    from_event: int
    active: bool
    face: str
    fields: tuple[str, ...]
    types: frozenset[str]
    condition: Condition | None
    owner: Ownership = OF_ALL
    options: DeliveryOptions = NO_OPTIONS
    proof: Proof = NO_PROOF
    kept: Subscription | None = None
    """The registration that it was made of, in whatever state."""

    @property
    def callback(self) -> str:
        """Its address as it was registered."""
        return self.url if self.kept is None else self.kept.callback

    @property
    def is_bounded(self) -> bool:
        return self.options.expires_at is not None or self.options.max_events is not None


class Listeners:
    """All who are registered, in `by_seq` by their row number; `version` is that of the registrations, -1 for none.

    They change between turns only, for a turn reads them on another thread.
    """

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self.version = -1
        self.by_seq: dict[int, Listener] = {}
        self._matcher = Matcher()
        for listener in listeners:
            self.put(listener)

    def put(self, listener: Listener) -> None:
        """A new one, or one that was there and has changed."""
        before = self.by_seq.get(listener.seq)
        if before is not None and _wishes(before) != _wishes(listener):
            self._matcher.remove(listener.seq)
            before = None
        if before is None:
            self._matcher.add(listener.seq, listener.types, listener.condition)
        self.by_seq[listener.seq] = listener

    def drop(self, seq: int) -> None:
        if self.by_seq.pop(seq, None) is not None:
            self._matcher.remove(seq)

    def wants(self, kind: EventType) -> bool:
        """Whether anybody may be told of events of this type."""
        return self._matcher.has(kind)

    def of(self, kind: EventType, seq: int, document: Callable[[], Mapping[str, Any]]) -> Iterator[Listener]:
        """Who is told of the event in row `seq`, oldest registration first.

        The event is only parsed when somebody asks about its content.
        """
        for number in self._matcher.matching(kind, document):
            listener = self.by_seq[number]
            if seq > listener.from_event:
                yield listener


def _wishes(listener: Listener) -> tuple[frozenset[str], Condition | None]:
    return listener.types, listener.condition


MakeListener = Callable[[Registered], Listener]


Renewal = tuple[Listener | None, Listener]
"""A listener as it was, None for a new one, and as it is."""


def read_listeners(listeners: Listeners, subscriptions: Subscriptions, make: MakeListener) -> list[Renewal]:
    """Bring the listeners up to date with the registrations; gives those that came or changed.

    What `make` raises leaves the listeners as they were.
    """
    version = subscriptions.version()  # first: a change between the two is seen as one to come
    present, ended = subscriptions.changed_since(listeners.version)
    renewals = [(before := listeners.by_seq.get(one.seq), _renewed(before, one, make)) for one in present]
    for _, listener in renewals:
        listeners.put(listener)
    for seq in ended:
        listeners.drop(seq)
    listeners.version = version
    return renewals


def own_waits(schedules: Schedules, listeners: Listeners) -> list[tuple[int, list[int]]]:
    """(row number, longest waits in microseconds) of each listener that has a schedule of its own."""
    return [
        (listener.seq, schedules.of(listener.options.schedule).longest_micros())
        for listener in listeners.by_seq.values()
        if listener.options.schedule is not None
    ]


def _renewed(listener: Listener | None, one: Registered, make: MakeListener) -> Listener:
    """A listener of which only the state has changed needs not be made again."""
    subscription = one.subscription
    if listener is None or listener.kept is None or _stateless(listener.kept) != _stateless(subscription):
        return make(one)
    active = subscription.state is SubscriptionState.ACTIVE
    return listener if listener.active is active else replace(listener, active=active)


def _stateless(subscription: Subscription) -> Subscription:
    return replace(subscription, state=SubscriptionState.ACTIVE, state_reason=None)


def make_listener(
    one: Registered, *, parse_query: ParseQuery, secrets: SecretBox, party_paths: Sequence[str]
) -> Listener:
    """`party_paths` say where a report names the parties that it concerns.

    Raises InvalidSettings when the secret does not open, or when the query asks for what the settings knew once.
    """
    subscription = one.subscription
    query = _query(subscription, parse_query)
    types = EVENT_TYPES[subscription.face]
    return Listener(
        seq=one.seq,
        id=subscription.id,
        url=subscription.url,
        proof=proof_of(open_credentials(secrets, subscription)),
        order=subscription.order,
        from_event=one.from_event,
        active=subscription.state is SubscriptionState.ACTIVE,
        face=subscription.face,
        fields=query.fields,
        types=types - BY_NAME if query.event_types is None else types & query.event_types,
        condition=_condition(subscription, query.condition, party_paths),
        owner=OF_ALL if subscription.party is None else Ownership(subscription.party, party_paths),
        options=subscription.options,
        kept=subscription,
    )


def _query(subscription: Subscription, parse_query: ParseQuery) -> HubQuery:
    try:
        return parse_query(subscription.face, subscription.query)
    except (InvalidInput, Unsupported) as error:
        message = f"the query of subscription {subscription.id} cannot be read any more: {error.message}"
        raise InvalidSettings(message) from error


def _condition(
    subscription: Subscription, asked: Condition | None, party_paths: Sequence[str]
) -> Condition | None:
    """What was asked, and for a party that the report concerns it, or that the task is its own."""
    if subscription.party is None:
        return asked
    return both(told_to(subscription.party, party_paths), asked)
