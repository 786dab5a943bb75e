"""Exchanges what shows a listener that the hub calls, authentication and certificates, in its place."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hub.errors import HubError, InvalidInput, InvalidSettings
from hub.model.credentials import OAuthClient, TlsIdentity
from hub.model.subscription import Subscription
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.credentials import FIELD, Asked, read_credentials
from hub.subscriptions.credentials_view import PUBLIC, secured
from hub.subscriptions.kept_credentials import open_credentials, seal_credentials
from hub.subscriptions.secrets import SecretBox

EXCHANGED = tuple(PUBLIC)
"""The members of a registration's `delivery` that are exchanged here; keys that sign have a way of their own."""

Given = Mapping[str, Any]


def exchanged(
    subscription: Subscription, delivery: Any, *, secrets: SecretBox, policy: CallbackPolicy, now: int
) -> Subscription:
    """The registration with what `delivery` says of auth and tls, sealed; nothing is kept. `now` is in microseconds.

    Raises InvalidInput, which repeats no value.
    """
    given = (
        {name: delivery[name] for name in EXCHANGED if name in delivery} if isinstance(delivery, Mapping) else {}
    )
    if not given:
        return subscription
    try:
        present = open_credentials(secrets, subscription)
    except InvalidSettings as error:  # no fault of the caller's
        raise HubError(error.message) from error
    if "tls" in given:
        given["tls"] = _merged(present.tls, given["tls"])
    asked = _vetted(read_credentials(given, secure=subscription.url.startswith("https:"), now=now), policy)
    credentials = replace(present, **{name: getattr(asked, name) for name in given})
    if credentials == present:
        return subscription
    options = secured(subscription.options, credentials)
    secret, rest = seal_credentials(secrets, credentials)
    return replace(subscription, options=options, secret=secret, credentials=rest)


def _merged(present: TlsIdentity | None, given: Any) -> Any:
    """What is not named stays; None when nothing is left. What is no object is refused by who reads it."""
    if not isinstance(given, Mapping) or (present is None and not given):
        return given
    before = {} if present is None else asdict(present)
    return {name: value for name, value in {**before, **given}.items() if value is not None} or None


def _vetted(asked: Asked, policy: CallbackPolicy) -> Asked:
    """A token's address is held to the rules of callbacks; its name is looked up when it is called."""
    if not isinstance(asked.auth, OAuthClient):
        return asked
    found = policy.violations(asked.auth.token_url)
    if found:
        place = f"{FIELD}.auth.tokenUrl"
        raise InvalidInput(violations=[replace(one, field=place, value=None) for one in found])
    return replace(asked, auth=replace(asked.auth, token_url=policy.normalised(asked.auth.token_url)))
