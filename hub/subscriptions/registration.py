"""The rules of a registration at the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.model.ids import NewId
from hub.model.subscription import Subscription
from hub.model.times import Clock, to_micros
from hub.query.hub_query import HubQuery
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.secrets import SecretBox, new_secret, parse_secret

UNREGISTERED = "unregistered"
"""The outcome of a delivery whose listener went away before it was made."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a listener asks for; checked, but not yet kept."""

    callback: str
    url: str
    query: str | None
    parsed: HubQuery
    secret: str


class Registrations:
    """Registers and unregisters listeners.

    Checking may look up the callback's name, so it runs before the transaction, never in it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        new_id: NewId,
        parse_query: Callable[[str | None], HubQuery],
        policy: CallbackPolicy,
        secrets: SecretBox,
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._parse_query = parse_query
        self._policy = policy
        self._secrets = secrets

    def check(self, given: dict[str, Any]) -> Request:
        """Raises InvalidInput with everything that is wrong with callback, query and secret."""
        violations = self._policy.resolve_violations(given["callback"])
        query = given.get("query") or None
        secret = given.get("secret") or new_secret()
        parsed = None
        try:
            parsed = self._parse_query(query)
        except InvalidInput as error:
            violations.extend(error.violations)
        try:
            parse_secret(secret)
        except ValueError as error:
            violations.append(Violation(field="secret", message=str(error)))
        if violations or parsed is None:
            raise InvalidInput(violations=violations)
        callback = given["callback"]
        return Request(
            callback=callback, url=self._policy.normalised(callback), query=query, parsed=parsed, secret=secret
        )

    def register(self, tables: Tables, request: Request) -> Subscription:
        """Raises Conflict when the same callback is registered with the same query."""
        present = tables.subscriptions.same(request.url, request.parsed.normalised)
        if present is not None:
            message = f"{request.callback} is registered with the same query as subscription {present}"
            raise Conflict(violations=[Violation(field="callback", value=request.callback, message=message)])
        subscription = Subscription(
            id=self._new_id(),
            callback=request.callback,
            url=request.url,
            created=to_micros(self._clock()),
            query=request.query,
            normalised_query=request.parsed.normalised,
            secret=self._secrets.seal(parse_secret(request.secret)),
        )
        tables.subscriptions.insert(subscription, from_event=tables.events.last())
        return subscription

    def unregister(self, tables: Tables, subscription_id: str) -> None:
        """End a registration; what it has not been told is closed as `unregistered`. Raises NotFound."""
        now = to_micros(self._clock())
        seq = tables.subscriptions.end(subscription_id, now=now)
        if seq is None:
            message = f"no subscription {subscription_id}"
            raise NotFound(violations=[Violation(field="id", value=subscription_id, message=message)])
        tables.deliveries.abandon(seq, now=now, outcome=UNREGISTERED)
