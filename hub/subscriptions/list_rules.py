"""What an entry of a notification list may become: a registration, another one, or none any more."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from hub.errors import Conflict, InvalidInput, Violation
from hub.model.caller import Caller
from hub.model.credentials import SignatureKind, SigningKey
from hub.model.listed import Entry, Present
from hub.model.subscription import Subscription
from hub.model.times import Clock, to_micros
from hub.store.subscriptions import Change, Registered
from hub.store.tables import Tables
from hub.subscriptions.credentials import MEMBERS
from hub.subscriptions.credentials_view import PUBLIC, credentials_view
from hub.subscriptions.delivery_options import ORDER, options_view
from hub.subscriptions.exchanging import EXCHANGED
from hub.subscriptions.kept_credentials import open_credentials, seal_credentials
from hub.subscriptions.recovering import Recovering, known_registration
from hub.subscriptions.registration import Known, Registrations, Request
from hub.subscriptions.rotation import DEFAULT_OVERLAP, Rotation, Rotations
from hub.subscriptions.secrets import SecretBox, parse_secret
from hub.subscriptions.succession import Succession


class ListRules:
    def __init__(
        self, *, registrations: Registrations, recovering: Recovering, clock: Clock, secrets: SecretBox
    ) -> None:
        self._registrations = registrations
        self._recovering = recovering
        self._clock = clock
        self._secrets = secrets
        self._rotations = Rotations(clock=clock, secrets=secrets)
        self._succession = Succession(registrations=registrations, recovering=recovering, secrets=secrets)

    def now(self) -> int:
        return to_micros(self._clock())

    def checked(self, tables: Tables, name: str, entry: Entry, before: Present | None = None) -> Request:
        """What is to be registered; looks up the name of the callback. Raises InvalidInput or Unsupported.

        `before` is the entry as it is kept.
        """
        if before is not None and before.is_changed_by_hand(entry):
            entry = without_credentials(entry)  # Those of the registration stay.
        if ORDER in (entry.delivery or {}):
            message = "stands beside `delivery` in an entry, not in it"
            raise InvalidInput(violations=[Violation(field=f"delivery.{ORDER}", message=message)])
        given = {
            "callback": entry.callback,
            "query": entry.query,
            "secret": entry.secret,
            "delivery": entry.delivery,
        }
        known = None if before is None else self._known(tables, entry, before)
        request = self._registrations.check(given, face=entry.face, known=known)
        return replace(request, order=entry.order, list=name)

    def _known(self, tables: Tables, entry: Entry, before: Present) -> Known | None:
        """The listener of the entry, where it knows certificates which the entry leaves as they are."""
        if before.subscription is None or before.subscription_id is None or "tls" in (entry.delivery or {}):
            return None
        one = known_registration(tables, before.subscription_id).subscription
        if not one.options.tls or one.party != entry.party:
            return None
        tls = open_credentials(self._secrets, one).tls
        return None if tls is None else Known(url=one.url, tls=tls)

    def register(self, tables: Tables, request: Request, caller: Caller) -> str:
        return self._registrations.register(tables, request, caller=caller).id

    def unregister(self, tables: Tables, subscription_id: str, caller: Caller) -> None:
        self._registrations.unregister(tables, subscription_id, caller=caller)

    def succeed(self, tables: Tables, subscription_id: str, entry: Entry, request: Request, caller: Caller) -> str:
        """Let another registration, that wants what the entry says, take its place. Raises Conflict."""
        old = known_registration(tables, subscription_id)
        return self._succession.succeed(tables, old, entry, request, caller)

    def retell(self, tables: Tables, subscription_id: str, entry: Entry, request: Request, caller: Caller) -> None:
        """Change a registration in its place: where and how it is told. Raises Conflict."""
        one = known_registration(tables, subscription_id)
        before = one.subscription
        _refuse_moved_credentials(before, entry, request)
        # With the rate that the listener has just consented to; what the entry does not say secures it as before.
        given = [name for name in EXCHANGED if name in (entry.delivery or {})]
        stays = [option for name in EXCHANGED if name not in given for option in PUBLIC[name]]
        kept: dict[str, Any] = {option: getattr(before.options, option) for option in stays}
        options = replace(request.options, signatures=before.options.signatures, **kept)
        after = replace(before, callback=request.callback, url=request.url, order=entry.order, options=options)
        taken = tables.subscriptions.same(after)
        if taken not in (None, subscription_id):
            raise Conflict(f"it is registered already as subscription {taken}")
        tables.subscriptions.set(one.seq, after)
        pairs = {
            "callback": (before.callback, after.callback),
            "order": (before.order, after.order),
            "delivery": (options_view(before.options), options_view(after.options)),
        }
        changes = {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}
        if self._exchange_credentials(tables, one, request, given):
            changes["credentials"] = {"from": credentials_view(before.options), "to": credentials_view(options)}
        if changes:
            tables.subscriptions.note(
                one.seq, Change(time=to_micros(self._clock()), actor=caller.name, changes=changes)
            )
        if before.order is not after.order:
            self._recovering.reorder(tables, replace(one, subscription=after), caller)
        if entry.secret is not None:
            self._exchange(tables, subscription_id, entry.secret)

    def _exchange_credentials(self, tables: Tables, one: Registered, request: Request, given: list[str]) -> bool:
        """Keep what the entry gives of them; whether they are others than before."""
        if not given:
            return False
        present = open_credentials(self._secrets, one.subscription)
        credentials = replace(present, **{name: getattr(request.credentials, name) for name in given})
        if credentials == present:
            return False
        tables.subscriptions.set_credentials(one.seq, *seal_credentials(self._secrets, credentials))
        return True

    def _exchange(self, tables: Tables, subscription_id: str, secret: str) -> None:
        """Sign with this secret from now on; what is under the old one stays valid for a day."""
        key = SigningKey(kind=SignatureKind.V1, key=parse_secret(secret))
        present = self._rotations.keys(tables, subscription_id).credentials.keys
        if key not in present:
            rotation = Rotation(key=key, secret=secret, overlap=DEFAULT_OVERLAP)
            self._rotations.rotate(tables, subscription_id, rotation)


def without_credentials(entry: Entry) -> Entry:
    """What else the entry says."""
    given = entry.delivery or {}
    return replace(entry, delivery={name: value for name, value in given.items() if name not in MEMBERS})


def _refuse_moved_credentials(before: Subscription, entry: Entry, request: Request) -> None:
    """Credentials are for one listener: they are not shown to another host. The kinds of signature stay."""
    given = entry.delivery or {}
    kept = any(getattr(before.options, name) and name not in given for name in EXCHANGED)
    if kept and urlsplit(before.url).netloc != urlsplit(request.url).netloc:
        raise Conflict("its credentials are for another host; give them anew, or remove the entry and add it anew")
    signature = given.get("signature") or {}
    if signature and (request.options.signatures != before.options.signatures or "privateKey" in signature):
        raise Conflict("delivery.signature cannot be changed; remove the entry, and add it anew")
