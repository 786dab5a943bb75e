"""Table `problem_identifier`: which reports are known under an identifier of another system."""

import sqlite3

from hub.store.statements import statements


class Identifiers:
    """Triggers of the database write this table with every change of a report."""

    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_identifier")

    def reports(self, identifier: str, *, owner: str | None, kind: str | None) -> list[str]:
        """The ids of the reports with such an `externalIdentifier`; None is one without that part."""
        rows = self._connection.execute(self._sql["reports"], (identifier, owner, kind))
        return [problem_id for (problem_id,) in rows]
