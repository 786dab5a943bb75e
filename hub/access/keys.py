"""How an API key is made: `qos_<id>_<secret>`, shown once and kept as its digest."""

import hashlib
import re
import secrets
from collections.abc import Callable

from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.model.api_key import ApiKey
from hub.model.caller import LOCAL
from hub.query.values import instant_in
from hub.store.tables import Tables

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_BYTES, SECRET_BYTES = 8, 32
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
PARTY_MAXIMUM = 256


def digest_of(key: bytes) -> bytes:
    """SHA-256. A slow hash guards what people choose; nobody guesses one of 2**256 keys, however fast he tries."""
    return hashlib.sha256(key).digest()


def base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits or BASE62[0]


def new_key(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> tuple[str, str]:
    """(id, key); the id may be shown and logged."""
    key_id = base62(int.from_bytes(random_bytes(ID_BYTES), "big"))
    return key_id, f"qos_{key_id}_{base62(int.from_bytes(random_bytes(SECRET_BYTES), 'big'))}"


def keep_key(tables: Tables, key: ApiKey, *, known_scopes: frozenset[str], taken_names: frozenset[str]) -> None:
    """Write a new key. `taken_names` are those of the keys in the settings.

    Raises InvalidInput with all that is wrong with it, or Conflict when its name stands for somebody else.
    """
    violations = list(_violations(key, known_scopes))
    if violations:
        raise InvalidInput(violations=violations)
    others = tables.api_keys.named(key.name)
    if key.name in taken_names or any(other.party != key.party for other in others):
        message = f"{key.name} is another caller: a name stands for one, for the history tells them apart by it"
        raise Conflict(violations=[Violation(field="name", value=key.name, message=message)])
    tables.api_keys.insert(key)


def _violations(key: ApiKey, known_scopes: frozenset[str]) -> list[Violation]:
    found = []
    if not NAME.fullmatch(key.name) or key.name == LOCAL.name:
        message = f"must be 1 to 64 letters, digits, '.', '_' or '-', and not {LOCAL.name!r}; {key.name!r} is not"
        found.append(Violation(field="name", value=key.name, message=message))
    if not key.scopes:
        found.append(Violation(field="scope", message=f"name at least one of {', '.join(sorted(known_scopes))}"))
    for scope in sorted(key.scopes - known_scopes):
        message = f"{scope!r} is no scope; these are: {', '.join(sorted(known_scopes))}"
        found.append(Violation(field="scope", value=scope, message=message))
    if key.party is not None and not is_party(key.party):
        message = f"must be the id of a party, 1 to {PARTY_MAXIMUM} characters and no time; {key.party!r} is not"
        found.append(Violation(field="party", value=key.party, message=message))
    if key.expires is not None and key.expires <= key.created:
        found.append(Violation(field="expires", message="the key would have expired already"))
    return found


def is_party(text: str) -> bool:
    """Whether a text can be the id of a party. A time cannot: the query language finds other spellings equal."""
    return 0 < len(text) <= PARTY_MAXIMUM and text.isprintable() and instant_in(text) is None


def revoke_key(tables: Tables, key_id: str, *, now: int) -> ApiKey:
    """End a key; the same again changes nothing. Raises NotFound."""
    key = tables.api_keys.get(key_id)
    if key is None:
        message = f"no key {key_id}; `qos-hub keys list` shows their ids"
        raise NotFound(violations=[Violation(field="id", value=key_id, message=message)])
    tables.api_keys.revoke(key_id, now=now)
    return key
