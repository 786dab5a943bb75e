"""The rules of a registration at the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.faces import V5
from hub.model.caller import LOCAL, Caller
from hub.model.delivery import UNREGISTERED
from hub.model.ids import NewId
from hub.model.subscription import Subscription
from hub.model.times import Clock, to_micros
from hub.query.hub_query import HubQuery
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.secrets import SecretBox, new_secret, parse_secret

ParseQuery = Callable[[str, str | None], HubQuery]
"""Reads the query of a registration in the language of a face, which it names first."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a listener asks for; checked, but not yet kept."""

    callback: str
    url: str
    query: str | None
    parsed: HubQuery
    secret: str
    face: str


class Registrations:
    """Registers and unregisters listeners.

    Checking may look up the callback's name, so it runs before the transaction, never in it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        new_id: NewId,
        parse_query: ParseQuery,
        policy: CallbackPolicy,
        secrets: SecretBox,
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._parse_query = parse_query
        self._policy = policy
        self._secrets = secrets

    def check(self, given: dict[str, Any], *, face: str = V5) -> Request:
        """What was given at the face. Raises InvalidInput with everything wrong with callback, query and secret."""
        violations = self._policy.resolve_violations(given["callback"])
        query = given.get("query") or None
        secret = given.get("secret") or new_secret()
        parsed = None
        try:
            parsed = self._parse_query(face, query)
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
            callback=callback,
            url=self._policy.normalised(callback),
            query=query,
            parsed=parsed,
            secret=secret,
            face=face,
        )

    def register(self, tables: Tables, request: Request, *, caller: Caller = LOCAL) -> Subscription:
        """Keep a registration, which is told of the reports that its caller sees.

        Raises Conflict when the same callback is registered with the same query at the same face for the same party.
        """
        subscription = Subscription(
            id=self._new_id(),
            callback=request.callback,
            url=request.url,
            created=to_micros(self._clock()),
            query=request.query,
            normalised_query=request.parsed.normalised,
            secret=self._secrets.seal(parse_secret(request.secret)),
            face=request.face,
            owner=caller.name,
            party=caller.party,
        )
        present = tables.subscriptions.same(subscription)
        if present is not None:
            message = f"{request.callback} is registered with the same query as subscription {present}"
            raise Conflict(violations=[Violation(field="callback", value=request.callback, message=message)])
        tables.subscriptions.insert(subscription, from_event=tables.events.last())
        return subscription

    def unregister(self, tables: Tables, subscription_id: str, *, caller: Caller = LOCAL) -> None:
        """End a registration; what it has not been told is closed as `unregistered`.

        Raises NotFound; to a caller with a party there are none but those of this party.
        """
        now = to_micros(self._clock())
        seq = tables.subscriptions.end(subscription_id, now=now, actor=caller.name, party=caller.party)
        if seq is None:
            message = f"no subscription {subscription_id}"
            raise NotFound(violations=[Violation(field="id", value=subscription_id, message=message)])
        tables.deliveries.abandon(seq, now=now, outcome=UNREGISTERED)
