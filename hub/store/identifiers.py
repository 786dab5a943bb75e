"""Table `problem_identifier`: which reports are known under an identifier of another system."""

from collections.abc import Iterable
from typing import Any

import orjson

from hub.model.problem import Document
from hub.store.connection import Connection
from hub.store.inserting import insert_rows
from hub.store.rewriting import Rewritten
from hub.store.statements import statements

ATTRIBUTE = "externalIdentifier"
PARTS = ("id", "owner", "externalIdentifierType")


class Identifiers:
    """Written with every change of a report, by `Problems`."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_identifier")

    def write(self, reports: Iterable[Rewritten]) -> None:
        changed = [one for one in reports if one.before.get(ATTRIBUTE) != one.after.get(ATTRIBUTE)]
        had = [(one.seq,) for one in changed if one.before.get(ATTRIBUTE)]
        if had:
            self._connection.executemany(self._sql["delete"], had)
        has = [(*key, one.seq) for one in changed for key in _keys(one.after)]
        if has:
            insert_rows(self._connection, self._sql["insert"], has)

    def reports(self, identifier: str, *, owner: str | None, kind: str | None) -> list[str]:
        """The ids of the reports with such an `externalIdentifier`; None is one without that part."""
        rows = self._connection.execute(self._sql["reports"], (identifier, owner, kind))
        return [problem_id for (problem_id,) in rows]


def _keys(document: Document) -> list[tuple[Any, ...]]:
    identifiers = document.get(ATTRIBUTE)
    if not isinstance(identifiers, list):
        return []
    return [tuple([_part(one.get(part)) for part in PARTS]) for one in identifiers if isinstance(one, dict)]


def _part(value: Any) -> Any:
    """A text, or None, for the contract has nothing else; what a subclass might have is kept as JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
