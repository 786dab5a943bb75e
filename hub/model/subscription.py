"""A registration at the hub: who is told, where, and of what."""

from dataclasses import dataclass, field
from enum import StrEnum

from hub.model.options import NO_OPTIONS, DeliveryOptions


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class Order(StrEnum):
    """What waits for what: events of one report, all events of the subscription, or nothing."""

    REPORT = "report"
    SUBSCRIPTION = "subscription"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One listener.

    `callback` is the URL as registered, `url` the same in the one spelling that is called and compared. `query` is
    the text as registered, `normalised_query` the same query in one spelling, by which duplicates are found.
    `secret` is the shared signing key in force as stored: encrypted, as are its other `credentials`. `face` names the
    version of the API at which it was registered, in whose form it is told; `owner` is the caller who registered it,
    `party` the id of the party whose reports alone it is told of, None for all.
    """

    id: str
    callback: str
    url: str
    created: int
    query: str | None = None
    normalised_query: str = ""
    secret: bytes = field(default=b"", repr=False)
    order: Order = Order.REPORT
    state: SubscriptionState = SubscriptionState.ACTIVE
    state_reason: str | None = None
    face: str = "v5"
    owner: str | None = None
    party: str | None = None
    options: DeliveryOptions = NO_OPTIONS
    list: str | None = None
    credentials: bytes | None = field(default=None, repr=False)
