"""What an operator may change of a registration: its state, its order, and how its listener is told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from hub.errors import InvalidInput, Violation
from hub.model.caller import Caller
from hub.model.subscription import Order, Subscription, SubscriptionState
from hub.model.times import Clock, to_micros
from hub.store.subscriptions import Change, Registered
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.credentials_view import PUBLIC, credentials_view
from hub.subscriptions.delivery_options import ORDERS, options_view, read_options
from hub.subscriptions.exchanging import EXCHANGED, exchanged
from hub.subscriptions.recovering import Recovering, open_registration
from hub.subscriptions.secrets import SecretBox

STATES = tuple(state.value for state in SubscriptionState)
REASON = 1000
"""The most characters of a reason."""


class _Patch(Schema):
    class Meta:
        unknown = RAISE

    state = fields.Raw(validate=validate.OneOf(STATES, error=f"must be one of {', '.join(STATES)}"))
    stateReason = fields.String(
        allow_none=True,
        validate=validate.Length(max=REASON, error=f"has more than {REASON} characters"),
        error_messages={"invalid": "must be a text, or null"},
    )
    order = fields.Raw(validate=validate.OneOf(ORDERS, error=f"must be one of {', '.join(ORDERS)}"))
    delivery = fields.Raw(allow_none=True)


MEMBERS = ("state", "stateReason", "order", "delivery")
LISTED = ("order", "delivery")
"""What a notification list says of its registrations, too: its next reading puts them back. A state stays."""
FIXED = ("id", "href", "callback", "query", "face", "owner", "party", "list")
"""What is shown of a registration and never changes by hand."""


class Changing:
    """Changes registrations; what follows for their deliveries is begun in the same transaction."""

    def __init__(
        self, *, clock: Clock, recovering: Recovering, secrets: SecretBox, policy: CallbackPolicy
    ) -> None:
        self._clock = clock
        self._recovering = recovering
        self._secrets = secrets
        self._policy = policy

    def change(self, tables: Tables, subscription_id: str, patch: Mapping[str, Any], caller: Caller) -> Registered:
        """Merge the patch into the registration, and give it as it is then; who changed what is kept.

        Raises InvalidInput with everything that is wrong, NotFound, or Conflict when it has ended, or is to be active
        and has expired.
        """
        one = open_registration(tables, subscription_id)
        before = one.subscription
        after = self._patched(before, patch)
        changes = _difference(before, after)
        if not changes:
            return one
        changed = replace(one, subscription=after)
        tables.subscriptions.set(one.seq, after)
        if _is_exchanged(before, after):
            tables.subscriptions.set_credentials(one.seq, after.secret, after.credentials)
        tables.subscriptions.note(
            one.seq, Change(time=to_micros(self._clock()), actor=caller.name, changes=changes)
        )
        if before.list is not None and not changes.keys().isdisjoint(LISTED):
            tables.lists.note_change_by_hand(one.seq)
        self._follow(tables, before, changed, caller)
        return changed

    def _patched(self, before: Subscription, patch: Mapping[str, Any]) -> Subscription:
        read = _read(patch)
        state = SubscriptionState(read.get("state", before.state))
        reason = read.get("stateReason", before.state_reason if state is before.state else None)
        if state is SubscriptionState.ACTIVE and reason:
            message = "goes with paused or disabled; an active subscription has no reason"
            raise InvalidInput(violations=[Violation(field="stateReason", value=reason, message=message)])
        after = replace(
            before, state=state, state_reason=reason or None, order=Order(read.get("order", before.order))
        )
        return self._told(after, read["delivery"]) if "delivery" in read else after

    def _told(self, before: Subscription, delivery: Any) -> Subscription:
        """How the listener is told from now on. Raises InvalidInput with everything that is wrong."""
        violations: list[Violation] = []
        options, after, now = before.options, before, self._clock()
        try:
            options = read_options(delivery, now=now, present=options, others=EXCHANGED)
        except InvalidInput as error:
            violations += error.violations
        try:
            after = exchanged(before, delivery, secrets=self._secrets, policy=self._policy, now=to_micros(now))
        except InvalidInput as error:
            violations += error.violations
        if violations:
            raise InvalidInput(violations=violations)
        public = {option: getattr(after.options, option) for name in EXCHANGED for option in PUBLIC[name]}
        return replace(after, options=replace(options, **public))

    def _follow(self, tables: Tables, before: Subscription, changed: Registered, caller: Caller) -> None:
        after, active = changed.subscription, SubscriptionState.ACTIVE
        if before.order is not after.order:
            self._recovering.reorder(tables, changed, caller)
        if before.state is active and after.state is not active:
            self._recovering.pause(tables, changed, caller)
        if before.state is not active and after.state is active:
            self._recovering.resume(tables, changed, caller)


def _read(patch: Mapping[str, Any]) -> dict[str, Any]:
    try:
        read: dict[str, Any] = _Patch().load(patch)
    except ValidationError as error:
        violations = [
            Violation(field=name, value=patch.get(name), message=str(messages[0]))
            if name in MEMBERS
            else Violation(
                field=name,
                value=patch[name] if name in FIXED else None,  # another one may hold a secret
                message=f"cannot be changed; these can: {', '.join(MEMBERS)}",
            )
            for name, messages in error.messages_dict.items()
        ]
        raise InvalidInput(violations=violations) from error
    return read


def _difference(before: Subscription, after: Subscription) -> dict[str, Any]:
    """{attribute: {"from": …, "to": …}}, in the words of the contract."""
    pairs = {
        "state": (before.state, after.state),
        "stateReason": (before.state_reason, after.state_reason),
        "order": (before.order, after.order),
        "list": (before.list, after.list),
        "delivery": (options_view(before.options), options_view(after.options)),
    }
    changes = {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}
    if _is_exchanged(before, after):
        changes["credentials"] = {"from": credentials_view(before.options), "to": credentials_view(after.options)}
    return changes


def _is_exchanged(before: Subscription, after: Subscription) -> bool:
    return (before.secret, before.credentials) != (after.secret, after.credentials)
