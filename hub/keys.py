"""Makes, lists and revokes API keys; a running hub heeds it within a second."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub import shipped
from hub.access.key_ring import why_ended
from hub.access.keys import digest_of, keep_key, new_key, revoke_key
from hub.access.scopes import scopes_of
from hub.api.schemas import load_contract
from hub.bootstrap import make_store
from hub.errors import InvalidInput, NotFound, Violation
from hub.model.api_key import ApiKey
from hub.model.times import Clock, micros_to_text, system_clock, to_micros
from hub.settings import Settings
from hub.settings.rules import seconds
from hub.store.sqlite import Store

FOREVER = "never"


def create_key(
    settings: Settings,
    *,
    name: str,
    scopes: Sequence[str],
    party: str | None = None,
    expires: str | None = None,
    clock: Clock = system_clock,
) -> tuple[str, ApiKey]:
    """(the key, what is kept of it). `expires` is a duration from now, such as "90d"; None is never.

    Raises InvalidInput with all that is wrong, Conflict when the name is another caller's, or StoreUnavailable.
    """
    key_id, key = new_key()
    now = to_micros(clock())
    kept = ApiKey(
        id=key_id,
        name=name,
        digest=digest_of(key.encode()),
        scopes=frozenset(scopes),
        party=party,
        created=now,
        expires=None if expires is None else now + _micros(expires),
    )
    known = frozenset(known_scopes())
    taken = frozenset(one.rpartition(":")[0] for one in settings.security.api_keys)
    with _store(settings) as store:
        store.write(lambda tables: keep_key(tables, kept, known_scopes=known, taken_names=taken))
    return key, kept


def list_keys(settings: Settings, *, clock: Clock = system_clock) -> Iterator[str]:
    """A line for each key, oldest first; none for those of the settings. Raises NotFound without a database."""
    _refuse_missing(settings)
    with _store(settings) as store:
        keys = store.read.api_keys.all()
    now = to_micros(clock())
    head = ("id", "name", "state", "party", "created", "expires", "scopes")
    rows = [head, *(_row(key, now) for key in keys)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def revoke(settings: Settings, key_id: str, *, clock: Clock = system_clock) -> ApiKey:
    """Raises NotFound when there is no such key, or no database."""
    _refuse_missing(settings)
    with _store(settings) as store:
        return store.write(lambda tables: revoke_key(tables, key_id, now=to_micros(clock())))


def known_scopes() -> dict[str, str]:
    """{scope: what it lets a caller do} of every contract."""
    return scopes_of(load_contract(path) for path in shipped.openapi_dir().glob("*.yaml"))


def _row(key: ApiKey, now: int) -> tuple[str, ...]:
    expires = FOREVER if key.expires is None else micros_to_text(key.expires)
    state = why_ended(key, now) or "in force"
    return (
        key.id,
        key.name,
        state,
        key.party or "-",
        micros_to_text(key.created),
        expires,
        " ".join(sorted(key.scopes)),
    )


def _micros(duration: str) -> int:
    try:
        return round(seconds(duration) * 1e6)
    except ValueError as error:
        message = f'must be a duration such as "90d" or "12h", not {duration!r}'
        raise InvalidInput(violations=[Violation(field="expires", value=duration, message=message)]) from error


def _refuse_missing(settings: Settings) -> None:
    """A misspelt path is no reason to make a database there."""
    if not Path(settings.store.database).is_file():
        raise NotFound(f"there is no database {settings.store.database}")


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    store = make_store(settings)
    try:
        yield store
    finally:
        store.close()
