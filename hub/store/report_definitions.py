"""Table `report_definition`: definitions of management reports that were made by the API."""

import sqlite3

import orjson

from hub.model.problem import Document
from hub.store.statements import statements


class ReportDefinitions:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "report_definition")

    def insert(self, document: Document, *, actor: str, now: int) -> bool:
        """False when there is one of its name; `document` has one."""
        values = (document["name"], orjson.dumps(document).decode(), actor, now)
        return self._connection.execute(self._sql["insert"], values).rowcount > 0

    def get(self, name: str) -> Document | None:
        row = self._connection.execute(self._sql["get"], (name,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def all(self) -> list[Document]:
        """In the order of their names."""
        return [orjson.loads(document) for (document,) in self._connection.execute(self._sql["all"])]

    def delete(self, name: str) -> bool:
        """False when there is none."""
        return self._connection.execute(self._sql["delete"], (name,)).rowcount > 0
