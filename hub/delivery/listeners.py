"""The active listeners in memory, found by event type: which events each wants, and how it is addressed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from hub.faces import EVENT_TYPES
from hub.model.event import EventType
from hub.model.subscription import Order, Subscription, SubscriptionState
from hub.query.ownership import IN_EVENT, both, concerning
from hub.query.predicate import Predicate, predicate
from hub.query.syntax import Condition
from hub.store.subscriptions import Registered
from hub.subscriptions.registration import ParseQuery
from hub.subscriptions.secrets import SecretBox


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A registration made ready: its query read, its secret open.

    It is told in the form of its `face`, of which `fields` are sent; `types` are the event types that it can want.
    """

    seq: int
    id: str
    url: str
    secret: bytes
    order: Order
    from_event: int
    active: bool
    face: str
    fields: tuple[str, ...]
    types: frozenset[str]
    wants: Predicate | None


class Listeners:
    """`by_type` has the candidates for an event; `by_seq` finds the listener of a delivery.

    `version` is that of the registrations they were made of; -1 for none.
    """

    def __init__(self, listeners: Iterable[Listener] = (), *, version: int = -1) -> None:
        self.version = version
        self.by_seq = {listener.seq: listener for listener in listeners}
        self.by_type: dict[EventType, list[Listener]] = {kind: [] for kind in EventType}
        for listener in self.by_seq.values():
            for kind in EventType:
                if kind in listener.types:
                    self.by_type[kind].append(listener)


MakeListener = Callable[[Registered], Listener]


def make_listeners(
    registered: Iterable[Registered],
    *,
    version: int,
    known: Mapping[int, Listener] = MappingProxyType({}),
    make: MakeListener,
) -> Listeners:
    """`known` are the listeners made before: of a registration only the state can change."""
    listeners = []
    for one in registered:
        active = one.subscription.state is SubscriptionState.ACTIVE
        listener = known.get(one.seq) or make(one)
        listeners.append(listener if listener.active is active else replace(listener, active=active))
    return Listeners(listeners, version=version)


def make_listener(
    one: Registered, *, parse_query: ParseQuery, secrets: SecretBox, party_paths: Sequence[str]
) -> Listener:
    """`party_paths` say where a report names the parties that it concerns.

    Raises InvalidSettings when the secret does not open.
    """
    subscription = one.subscription
    query = parse_query(subscription.face, subscription.query)
    types = EVENT_TYPES[subscription.face]
    condition = _condition(subscription, query.condition, party_paths)
    return Listener(
        seq=one.seq,
        id=subscription.id,
        url=subscription.url,
        secret=secrets.open(subscription.secret),
        order=subscription.order,
        from_event=one.from_event,
        active=subscription.state is SubscriptionState.ACTIVE,
        face=subscription.face,
        fields=query.fields,
        types=types if query.event_types is None else types & query.event_types,
        wants=predicate(condition) if condition else None,
    )


def _condition(
    subscription: Subscription, asked: Condition | None, party_paths: Sequence[str]
) -> Condition | None:
    """What was asked, and for a party that the report concerns it."""
    if subscription.party is None:
        return asked
    return both(concerning(subscription.party, party_paths, inside=IN_EVENT), asked)


def is_wanted(listener: Listener, seq: int, document: Callable[[], Mapping[str, Any]]) -> bool:
    """Whether a listener is told of an event; the event is only parsed when the listener asks about its content."""
    if seq <= listener.from_event:
        return False
    return listener.wants is None or listener.wants(document())
