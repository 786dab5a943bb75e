"""Exchanges the key that encrypts secrets, and encrypts everything anew with it, while the hub runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hub.bootstrap import make_box, make_store
from hub.errors import Conflict, NotFound, Violation
from hub.settings import Settings
from hub.store.sealed import SEALED, SealedRow
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.key_file import add_key, keep_first_key, load_keys
from hub.subscriptions.secrets import SecretBox

BATCH = 100
"""How many rows one transaction encrypts anew: others wait for it."""
DIGEST_BYTES = 32
"""The length of a digest that an earlier version kept as it is."""


def rotate(settings: Settings) -> Iterator[str]:
    """A line for each thing that was done. What was broken off is gone on with, before there is another new key.

    Raises NotFound without a database, InvalidSettings, or StoreUnavailable.
    """
    with _store(settings) as store:
        begun = _count_old(store, make_box(settings))
        if settings.security.keys:
            yield "the keys stand in [security] keys: the first one encrypts from now on"
        elif begun:
            yield f"{begun} secrets are left of a rotation that was broken off; there is no other new key"
        else:
            add_key(settings.key_file)
            yield f"put a new key into {settings.key_file}, before the {len(load_keys(settings.key_file)) - 1} old"
        count = _reseal(store, make_box(settings))
    yield f"encrypted {count} secrets anew"
    yield "the old keys still decrypt; `qos-hub secrets forget` ends that"


def forget(settings: Settings) -> Iterator[str]:
    """Take out all keys but the first one, once nothing is left that needs them.

    Raises Conflict while something is, or where the keys do not stand in a file; and what `rotate` raises.
    """
    if settings.security.keys:
        message = "has the keys; take the old ones out there"
        raise Conflict(violations=[Violation(field="[security] keys", message=message)])
    with _store(settings) as store:
        left = _count_old(store, make_box(settings))
    if left:
        raise Conflict(f"{left} secrets still need an old key: run `qos-hub secrets rotate` first")
    yield f"took {keep_first_key(settings.key_file)} old keys out of {settings.key_file}"


def _reseal(store: Store, box: SecretBox) -> int:
    """How many rows were encrypted anew; goes over all of them until a whole round finds nothing to do."""
    count = 0
    while True:
        renewed = sum(
            store.write(partial(_renew, table=table, rows=rows, box=box)) for table, rows in _old(store, box)
        )
        if not renewed:
            return count
        count += renewed


def _old(store: Store, box: SecretBox) -> Iterator[tuple[str, list[SealedRow]]]:
    """The rows that an old key encrypted, in batches."""
    for table in SEALED:
        seq = 0
        while rows := store.read.sealed.after(table, seq, limit=BATCH):
            seq = rows[-1].seq
            old = [row for row in rows if any(_renewed(box, value) is not value for value in row.values)]
            if old:
                yield table, old


def _count_old(store: Store, box: SecretBox) -> int:
    return sum(len(rows) for _, rows in _old(store, box))


def _renew(tables: Tables, table: str, rows: list[SealedRow], box: SecretBox) -> int:
    return sum(
        tables.sealed.renew(table, row, tuple(_renewed(box, value) for value in row.values)) for row in rows
    )


def _renewed(box: SecretBox, value: bytes | None) -> bytes | None:
    """The value encrypted with the first key: another one, or itself."""
    if value is None or len(value) == DIGEST_BYTES:
        return value
    return box.renewed(value) or value


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    """A misspelt path is no reason to make a database there."""
    if not Path(settings.store.database).is_file():
        raise NotFound(f"there is no database {settings.store.database}")
    store = make_store(settings)
    try:
        yield store
    finally:
        store.close()
