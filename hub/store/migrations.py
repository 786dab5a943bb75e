"""How the tables came to be: the steps of `sql/<dialect>/migrations`, in the order of their numbers."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

FOLDER = Path(__file__).parent / "sql" / "sqlite" / "migrations"


def migrations(folder: Path) -> Migrations:
    """The steps in a folder. `0007_api_keys.sql` is the step `api_keys`: by this name a database knows that it had it.

    A step is one transaction, the whole file or nothing. Raises ValueError for a name that stands twice, and for a
    number that is missing or stands twice.
    """
    steps = Migrations("qos_hub")
    for number, path in enumerate(sorted(folder.glob("*.sql")), 1):
        given, _, name = path.stem.partition("_")
        if given != f"{number:04d}":
            raise ValueError(f"{path.name}: the step has the number {given}, and its place is {number:04d}")
        steps(name=name)(_step(path))
    return steps


def _step(path: Path) -> Callable[[Database], None]:
    def step(db: Database) -> None:
        for statement in _statements(path.read_text(encoding="utf-8")):
            db.execute(statement)

    return step


def _statements(text: str) -> Iterator[str]:
    """One by one: `executescript` would end the transaction of all steps. Raises ValueError for half of one."""
    begun = ""
    for line in text.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
    if begun.strip():
        raise ValueError(f"a statement of a step has no end: {begun.strip()}")


MIGRATIONS = migrations(FOLDER)
