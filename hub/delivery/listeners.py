"""The active listeners in memory, found by event type: which events each wants, and how it is addressed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from hub.model.event import EventType
from hub.model.subscription import Order, SubscriptionState
from hub.query.hub_query import HubQuery
from hub.query.predicate import Predicate, predicate
from hub.store.subscriptions import Registered
from hub.subscriptions.secrets import SecretBox


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A registration made ready: its condition compiled, its secret open.

    `fields` cut what it is sent; `types` are the event types that it can want, None for all.
    """

    seq: int
    id: str
    url: str
    secret: bytes
    order: Order
    from_event: int
    active: bool
    fields: tuple[str, ...]
    types: frozenset[str] | None
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
                if listener.types is None or kind in listener.types:
                    self.by_type[kind].append(listener)


def make_listeners(
    registered: Iterable[Registered],
    *,
    version: int,
    known: Mapping[int, Listener] = MappingProxyType({}),
    parse_query: Callable[[str | None], HubQuery],
    secrets: SecretBox,
) -> Listeners:
    """`known` are the listeners made before: of a registration only the state can change."""
    listeners = []
    for one in registered:
        active = one.subscription.state is SubscriptionState.ACTIVE
        listener = known.get(one.seq) or _listener(one, parse_query(one.subscription.query), secrets)
        listeners.append(listener if listener.active is active else replace(listener, active=active))
    return Listeners(listeners, version=version)


def _listener(one: Registered, query: HubQuery, secrets: SecretBox) -> Listener:
    subscription = one.subscription
    return Listener(
        seq=one.seq,
        id=subscription.id,
        url=subscription.url,
        secret=secrets.open(subscription.secret),
        order=subscription.order,
        from_event=one.from_event,
        active=subscription.state is SubscriptionState.ACTIVE,
        fields=query.fields,
        types=query.event_types,
        wants=predicate(query.condition) if query.condition else None,
    )


def is_wanted(listener: Listener, seq: int, document: Callable[[], Mapping[str, Any]]) -> bool:
    """Whether a listener is told of an event; the event is only parsed when the listener asks about its content."""
    if seq <= listener.from_event:
        return False
    return listener.wants is None or listener.wants(document())
