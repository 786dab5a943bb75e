"""Every kind of store, and what the tests of all of them need to know about each."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.store.sqlite import Store
from hub.store.tables import Tables


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a store is opened in a folder, how another one holds it, and a job that it never ends by itself."""

    name: str
    open: Callable[..., Store]
    held_by_another: Callable[[Path], Any]
    endless: Callable[[Tables], Any]


def open_sqlite(folder: Path, **options: Any) -> Store:
    return Store(folder / "hub.db", **options)


@contextmanager
def hold_sqlite(folder: Path) -> Iterator[None]:
    other = sqlite3.connect(folder / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def endless_sqlite(tables: Tables) -> Any:
    counting = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    return tables.connection.execute(counting).fetchone()


SQLITE = Kind(name="sqlite", open=open_sqlite, held_by_another=hold_sqlite, endless=endless_sqlite)
STORES = {kind.name: kind for kind in (SQLITE,)}
