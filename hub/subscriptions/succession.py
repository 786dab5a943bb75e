"""One registration takes the place of another one that wanted something else: nothing that was owed is dropped."""

from dataclasses import replace
from urllib.parse import urlsplit

from hub.errors import Conflict
from hub.faces import EVENT_TYPES
from hub.model.caller import Caller
from hub.model.credentials import Credentials, SignatureKind, SigningKey
from hub.model.listed import Entry
from hub.model.subscription import Order, Subscription, SubscriptionState
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from hub.subscriptions.credentials_view import secured
from hub.subscriptions.kept_credentials import open_credentials
from hub.subscriptions.recovering import Recovering, known_registration
from hub.subscriptions.registration import Registrations, Request
from hub.subscriptions.secrets import SecretBox


class Succession:
    """The new one is for the same listener, so it is paused where the old one is, and signs with the same keys."""

    def __init__(self, *, registrations: Registrations, recovering: Recovering, secrets: SecretBox) -> None:
        self._registrations = registrations
        self._recovering = recovering
        self._secrets = secrets

    def succeed(self, tables: Tables, old: Registered, entry: Entry, request: Request, caller: Caller) -> str:
        """Register what the entry asks for, and end the old one; gives the id of the new one.

        What the old one was still to be told is told to the new one, unless that is of another party. Raises Conflict.
        """
        before, anybody = old.subscription, replace(caller, party=None)
        if tables.recoveries.open_of(old.seq):
            raise Conflict("work on its deliveries has not ended; it is changed when that is done")
        heir = before.party == entry.party
        if heir:
            request = self._inheriting(before, entry, request)
        made = self._registrations.register(
            tables, request, caller=caller, from_event=tables.events.fanned_out() if heir else None
        )
        one = known_registration(tables, made.id)
        after = replace(made, state=before.state, state_reason=before.state_reason)
        tables.subscriptions.set(one.seq, after)
        if heir:
            tables.lines.hand_over(old.seq, one.seq, EVENT_TYPES[after.face])
        self._registrations.unregister(tables, before.id, caller=anybody)
        self._follow(tables, before.order, replace(one, subscription=after), caller)
        return made.id

    def _inheriting(self, before: Subscription, entry: Entry, request: Request) -> Request:
        """With the credentials of the old one where the entry gives none of its own."""
        own, given = open_credentials(self._secrets, before), entry.delivery or {}
        kinds = request.options.signatures if "signature" in given else before.options.signatures
        credentials = Credentials(
            keys=tuple(key for kind in kinds for key in _keys(SignatureKind(kind), own, entry, request)),
            auth=request.credentials.auth if "auth" in given else own.auth,
            tls=request.credentials.tls if "tls" in given else own.tls,
        )
        kept = ("auth" not in given and own.auth) or ("tls" not in given and own.tls)
        if kept and urlsplit(before.url).netloc != urlsplit(request.url).netloc:
            raise Conflict("its credentials are for another host; remove the entry, and add it anew")
        options = secured(replace(request.options, signatures=kinds), credentials)
        return replace(request, credentials=credentials, options=options)

    def _follow(self, tables: Tables, order: Order, one: Registered, caller: Caller) -> None:
        after = one.subscription
        if order is not after.order:
            self._recovering.reorder(tables, one, caller)
        if after.state is not SubscriptionState.ACTIVE:
            self._recovering.pause(tables, one, caller)
        elif tables.lines.count_parked(one.seq):
            self._recovering.resume(tables, one, caller)


def _keys(kind: SignatureKind, own: Credentials, entry: Entry, request: Request) -> list[SigningKey]:
    """Those of a kind: given by the entry, or else the old ones, or new ones where there is none."""
    signature = (entry.delivery or {}).get("signature") or {}
    given = entry.secret if kind is SignatureKind.V1 else signature.get("privateKey")
    new = [key for key in request.credentials.keys if key.kind is kind]
    old = [key for key in own.keys if key.kind is kind]
    return new if given is not None or not old else old
