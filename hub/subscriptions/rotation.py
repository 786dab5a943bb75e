"""Exchanges the keys that sign for a listener, the old one staying in force for a while."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hub.errors import Conflict, HubError, InvalidInput, InvalidSettings, NotFound, Violation
from hub.model.credentials import Credentials, SignatureKind, SigningKey
from hub.model.times import Clock, micros_to_text, to_micros
from hub.settings.rules import seconds
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from hub.subscriptions.kept_credentials import open_credentials, seal_credentials
from hub.subscriptions.secrets import SecretBox, new_secret, parse_secret
from hub.subscriptions.signing_keys import new_private_key, parse_private_key

DEFAULT_OVERLAP, LONGEST_OVERLAP = 86_400.0, 7 * 86_400.0
MOST_OLD = 10
"""The most old keys of one kind that are in force beside the new one."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """What is asked for; `secret` is the text of the new shared secret, None for a key pair."""

    key: SigningKey
    secret: str | None
    overlap: float


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The signing keys of a registration: those in force, the newest first."""

    registered: Registered
    credentials: Credentials


def read_rotation(given: dict[str, Any]) -> Rotation:
    """What a request asks for. Raises InvalidInput, which never repeats a key."""
    kind = SignatureKind(given.get("kind") or SignatureKind.V1)
    own, other = ("secret", "privateKey") if kind is SignatureKind.V1 else ("privateKey", "secret")
    violations = []
    if given.get(other) is not None:
        violations.append(Violation(field=other, message=f"is not for signatures of the kind {kind}"))
    secret = (given.get("secret") or new_secret()) if kind is SignatureKind.V1 else None
    key = b""
    try:
        key = parse_secret(secret) if secret is not None else _seed(given.get("privateKey"))
    except ValueError as error:
        violations.append(Violation(field=own, message=str(error)))
    overlap = _overlap(given.get("overlap"), violations)
    if violations:
        raise InvalidInput(violations=violations)
    return Rotation(key=SigningKey(kind=kind, key=key), secret=secret, overlap=overlap)


def _seed(text: str | None) -> bytes:
    return new_private_key() if text is None else parse_private_key(text)


def _overlap(given: Any, violations: list[Violation]) -> float:
    if given is None:
        return DEFAULT_OVERLAP
    try:
        overlap = seconds(given)
    except ValueError:
        overlap = -1.0
    if not 0 <= overlap <= LONGEST_OVERLAP:
        message = 'must be a duration from 0 to 7 days, such as 3600, "24h" or "7d"'
        violations.append(Violation(field="overlap", value=given, message=message))
    return overlap


class Rotations:
    """Reads and exchanges the signing keys of registrations."""

    def __init__(self, *, clock: Clock, secrets: SecretBox) -> None:
        self._clock = clock
        self._secrets = secrets

    def keys(self, tables: Tables, subscription_id: str) -> Keys:
        """Raises NotFound."""
        registered = tables.subscriptions.present(subscription_id)
        if registered is None:
            message = f"no subscription {subscription_id}"
            raise NotFound(violations=[Violation(field="id", value=subscription_id, message=message)])
        try:
            credentials = open_credentials(self._secrets, registered.subscription)
        except InvalidSettings as error:  # no fault of the caller's
            raise HubError(error.message) from error
        now = to_micros(self._clock())
        in_force = tuple(key for key in credentials.keys if key.until is None or key.until > now)
        return Keys(registered=registered, credentials=replace(credentials, keys=in_force))

    def rotate(self, tables: Tables, subscription_id: str, rotation: Rotation) -> Keys:
        """Sign with the new key from now on, and with the old one until the overlap is over.

        Raises NotFound, or Conflict for a kind that the registration does not have, or with too many old keys.
        """
        found = self.keys(tables, subscription_id)
        subscription = found.registered.subscription
        kind = rotation.key.kind
        if kind not in subscription.options.signatures:
            message = f"subscription {subscription_id} has no signatures of the kind {kind}"
            raise Conflict(violations=[Violation(field="kind", value=kind.value, message=message)])
        until = to_micros(self._clock()) + round(rotation.overlap * 1e6)
        retired = _retired(found.credentials.keys, kind, until if rotation.overlap else None)
        keys = sorted([rotation.key, *retired], key=lambda key: (key.until is not None, key.kind))
        old = [key.until for key in keys if key.kind is kind and key.until is not None]
        if len(old) > MOST_OLD:
            message = f"{MOST_OLD} old keys are in force already; the first ends at {micros_to_text(min(old))}"
            raise Conflict(violations=[Violation(field="kind", value=kind.value, message=message)])
        credentials = replace(found.credentials, keys=tuple(keys))
        tables.subscriptions.set_credentials(found.registered.seq, *seal_credentials(self._secrets, credentials))
        return replace(found, credentials=credentials)


def _retired(keys: tuple[SigningKey, ...], kind: SignatureKind, until: int | None) -> Iterator[SigningKey]:
    """All keys, the present one of the kind as an old one; without `until` it goes, and its elders with it."""
    for key in keys:
        if key.kind is not kind:
            yield key
        elif until is not None:
            yield key if key.until is not None else replace(key, until=until)
