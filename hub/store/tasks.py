"""Table `task`: what clients asked the hub to do with several reports at once."""

import sqlite3
from typing import Any

import orjson

from hub.model.task import Task, TaskKind
from hub.query.ordering import Cursor, Page, Sort
from hub.query.sql_columns import Column
from hub.query.syntax import And, Comparison, Condition, Operator
from hub.store.paging import Listed, read_page
from hub.store.statements import statements

KIND, PARTY = ("(kind)",), ("(party)",)
"""What no client asks for, and every reader does."""

MARK = "party "
"""Stands before the id of a party, so that it is compared as a text, also where it looks like a number."""

LISTED = Listed(
    table="task",
    select="id, CAST(document AS BLOB)",
    columns={
        KIND: Column(name="kind"),
        PARTY: Column(name=f"'{MARK}' || party"),
        ("id",): Column(name="id", required=True),
        ("state",): Column(name="state", required=True),
    },
)


class Tasks:
    """A reader that speaks for a party sees the tasks of that party; `party` None sees all."""

    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "task")

    def insert(self, task: Task) -> int:
        """Keep a new task; gives its row number."""
        document = orjson.dumps(task.document).decode()
        values = (task.id, task.kind, task.state, task.created, task.actor, task.party, document)
        return self._connection.execute(self._sql["insert"], values).lastrowid or 0

    def update(self, task: Task) -> None:
        document = orjson.dumps(task.document).decode()
        self._connection.execute(self._sql["update"], (task.state, document, task.id))

    def document(self, kind: TaskKind, task_id: str, *, party: str | None = None) -> bytes | None:
        """The document as JSON bytes, without id and href."""
        row = self._connection.execute(self._sql["document"], (kind, task_id, party, party)).fetchone()
        return row[0] if row else None

    def page(
        self,
        kind: TaskKind,
        condition: Condition | None,
        *,
        party: str | None = None,
        sort: Sort = (),
        offset: int = 0,
        limit: int,
        cursor: Cursor | None = None,
    ) -> Page[tuple[str, bytes]]:
        """(id, document) of the tasks that fit; without `sort`, oldest first."""
        return read_page(
            self._connection,
            LISTED,
            _of(kind, party, condition),
            sort=sort,
            offset=offset,
            limit=limit,
            cursor=cursor,
            made=_id_and_document,
        )

    def count(self, kind: TaskKind, condition: Condition | None, *, party: str | None = None) -> int:
        where, values = LISTED.where(_of(kind, party, condition))
        return int(self._connection.execute(self._sql["count"] + where, tuple(values)).fetchone()[0])


def _of(kind: TaskKind, party: str | None, condition: Condition | None) -> Condition:
    parts: list[Condition] = [Comparison(path=KIND, operator=Operator.EQ, values=(kind,))]
    if party is not None:
        parts.append(Comparison(path=PARTY, operator=Operator.EQ, values=(f"{MARK}{party}",)))
    if condition is not None:
        parts.append(condition)
    return And(parts=tuple(parts))


def _id_and_document(row: tuple[Any, ...]) -> tuple[str, bytes]:
    return row[0], row[1]
