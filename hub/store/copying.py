"""Copies a database that others may be writing: what is tried on the copy is never seen by them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hub.errors import StoreUnavailable


def copy_database(database: Path, copy: Path) -> None:
    """The database as it is at this moment, in a new file. Raises StoreUnavailable."""
    try:
        address = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as original, closing(sqlite3.connect(copy)) as made:
            original.backup(made)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"cannot copy the database {database} to {copy}: {error}") from error
