"""The rules of a registration at the hub."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.faces import V5
from hub.model.caller import LOCAL, Caller
from hub.model.credentials import Credentials, OAuthClient, SignatureKind, SigningKey, TlsIdentity
from hub.model.delivery import UNREGISTERED
from hub.model.ids import NewId
from hub.model.options import NO_OPTIONS, DeliveryOptions
from hub.model.recovery import NewRecovery, RecoveryKind
from hub.model.subscription import Order, Subscription
from hub.model.times import Clock, to_micros
from hub.query.hub_query import HubQuery
from hub.store.lines import BATCH
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.credentials import MEMBERS, Asked, read_credentials
from hub.subscriptions.credentials_view import secured
from hub.subscriptions.delivery_options import ORDER, read_options, read_order
from hub.subscriptions.handshake import Answered, Consent, Handshake
from hub.subscriptions.kept_credentials import seal_credentials
from hub.subscriptions.secrets import SecretBox, new_secret, parse_secret
from hub.subscriptions.signing_keys import new_private_key

T = TypeVar("T")

ParseQuery = Callable[[str, str | None], HubQuery]
"""Reads the query of a registration in the language of a face, which it names first."""

UNASKED = Consent(
    ask=lambda url, headers, tls: Answered(headers={}, why="nobody asks"), mode=Handshake.OFF, origin=""
)
"""Registers everybody without asking."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a listener asks for; checked, but not yet kept. `secret` is that of signatures of the kind v1."""

    callback: str
    url: str
    query: str | None
    parsed: HubQuery
    secret: str | None
    face: str
    credentials: Credentials
    options: DeliveryOptions = NO_OPTIONS
    order: Order = Order.REPORT
    list: str | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """A listener that is registered already: where it is, and the certificates that it and the hub show each other."""

    url: str
    tls: TlsIdentity


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
        consent: Consent = UNASKED,
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._parse_query = parse_query
        self._policy = policy
        self._secrets = secrets
        self._consent = consent

    def check(self, given: dict[str, Any], *, face: str = V5, known: Known | None = None) -> Request:
        """What was given at the face. Raises InvalidInput with everything wrong with callback, query and delivery.

        Where listeners have to consent, this one is asked when all else is right: one that is `known`, and still at
        the same host, with the certificates that it knows where none are given.
        """
        violations = self._policy.resolve_violations(given["callback"])
        query = given.get("query") or None
        parsed = _collected(violations, lambda: self._parse_query(face, query))
        options = _collected(violations, lambda: self._options(given))
        order = _collected(violations, lambda: _order(given))
        asked = _collected(violations, lambda: self._asked(given))
        secret = None if asked is None else _collected(violations, lambda: _secret(given, asked))
        if violations or parsed is None or asked is None or options is None or order is None:
            raise InvalidInput(violations=violations)
        url = self._policy.normalised(given["callback"])
        options = replace(
            options,
            signatures=tuple(kind.value for kind in asked.kinds),
            rate_limit=_slower(options.rate_limit, self._consent.rate(url, asked.tls or _known_tls(known, url))),
        )
        credentials = _credentials(asked, secret)
        return Request(
            callback=given["callback"],
            url=url,
            query=query,
            parsed=parsed,
            secret=secret,
            face=face,
            credentials=credentials,
            order=order,
            options=secured(options, credentials),
        )

    def _options(self, given: dict[str, Any]) -> DeliveryOptions:
        return read_options(given.get("delivery") or {}, now=self._clock(), others=(*MEMBERS, ORDER))

    def _asked(self, given: dict[str, Any]) -> Asked:
        delivery = given.get("delivery") or {}
        secure = given["callback"].lower().startswith("https:")
        asked = read_credentials(delivery, secure=secure, now=to_micros(self._clock()))
        if isinstance(asked.auth, OAuthClient):
            found = self._policy.resolve_violations(asked.auth.token_url)
            if found:
                place = "delivery.auth.tokenUrl"
                raise InvalidInput(violations=[replace(one, field=place, value=None) for one in found])
            return replace(
                asked, auth=replace(asked.auth, token_url=self._policy.normalised(asked.auth.token_url))
            )
        return asked

    def register(
        self, tables: Tables, request: Request, *, caller: Caller = LOCAL, from_event: int | None = None
    ) -> Subscription:
        """Keep a registration, which is told of the reports that its caller sees.

        It is told of what comes behind the event in row `from_event`; None stands for the latest one.

        Raises Conflict when the same callback is registered with the same query at the same face for the same party.
        """
        secret, credentials = seal_credentials(self._secrets, request.credentials)
        subscription = Subscription(
            id=self._new_id(),
            callback=request.callback,
            url=request.url,
            created=to_micros(self._clock()),
            query=request.query,
            normalised_query=request.parsed.normalised,
            secret=secret,
            credentials=credentials,
            options=request.options,
            face=request.face,
            owner=caller.name,
            party=caller.party,
            order=request.order,
            list=request.list,
        )
        present = tables.subscriptions.same(subscription)
        if present is not None:
            message = f"{request.callback} is registered with the same query as subscription {present}"
            raise Conflict(violations=[Violation(field="callback", value=request.callback, message=message)])
        last = tables.events.last() if from_event is None else from_event
        tables.subscriptions.insert(subscription, from_event=last)
        return subscription

    def unregister(self, tables: Tables, subscription_id: str, *, caller: Caller = LOCAL) -> None:
        """End a registration; what it has not been told is closed as `unregistered`, the rest of very much later.

        Raises NotFound; to a caller with a party there are none but those of this party.
        """
        now = to_micros(self._clock())
        seq = tables.subscriptions.end(subscription_id, now=now, actor=caller.name, party=caller.party)
        if seq is None:
            message = f"no subscription {subscription_id}"
            raise NotFound(violations=[Violation(field="id", value=subscription_id, message=message)])
        if tables.lines.abandon(seq, now=now, outcome=UNREGISTERED, limit=BATCH) < BATCH:
            return
        rest = NewRecovery(
            id=self._new_id(),
            kind=RecoveryKind.UNREGISTER,
            subscription=seq,
            created=now,
            actor=caller.name,
            expected=tables.lines.count_open(seq),
        )
        tables.recoveries.insert(rest)


def _order(given: dict[str, Any]) -> Order:
    """Our own word in the wrong place is refused, lest a listener rely on an order that it does not have."""
    if ORDER in given:
        violation = Violation(
            field=ORDER, value=given[ORDER], message="is not known here; is `delivery.order` meant?"
        )
        raise InvalidInput(violations=[violation])
    return read_order(given.get("delivery"))


def _known_tls(known: Known | None, url: str) -> TlsIdentity | None:
    """A certificate is for one listener: it is not shown to another host."""
    return known.tls if known is not None and urlsplit(known.url).netloc == urlsplit(url).netloc else None


def _slower(wanted: float | None, allowed: float | None) -> float | None:
    """The smaller of what a listener was registered for and what it consents to; None is no bound."""
    return min((rate for rate in (wanted, allowed) if rate is not None), default=None)


def _collected(violations: list[Violation], read: Callable[[], T]) -> T | None:
    """What was read; None when it is wrong, which is added to all that is wrong."""
    try:
        return read()
    except InvalidInput as error:
        violations.extend(error.violations)
        return None


def _secret(given: dict[str, Any], asked: Asked) -> str | None:
    """The shared secret of signatures of the kind v1: the given one, or a new one; None where none signs."""
    secret: str | None = given.get("secret")
    if SignatureKind.V1 not in asked.kinds:
        if secret is None:
            return None
        message = "is for signatures of the kind v1, which delivery.signature.kinds does not name"
        raise InvalidInput(violations=[Violation(field="secret", message=message)])
    secret = secret or new_secret()
    try:
        parse_secret(secret)
    except ValueError as error:
        raise InvalidInput(violations=[Violation(field="secret", message=str(error))]) from error
    return secret


def _credentials(asked: Asked, secret: str | None) -> Credentials:
    keys = [] if secret is None else [SigningKey(kind=SignatureKind.V1, key=parse_secret(secret))]
    if SignatureKind.V1A in asked.kinds:
        keys.append(SigningKey(kind=SignatureKind.V1A, key=asked.private_key or new_private_key()))
    return Credentials(keys=tuple(keys), auth=asked.auth, tls=asked.tls)
