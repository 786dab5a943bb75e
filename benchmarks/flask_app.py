"""The usual reference of the API: Connexion's FlaskApp as its documentation shows it, on the same contract and tables.

Connexion's own validators and JSON, dictionaries in and out, sqlite3 with a connection for each thread and a commit
for each request; uvicorn runs it through the WSGI bridge that Connexion brings.
"""

import json
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import click
import uvicorn
from connexion import FlaskApp
from connexion.resolver import Resolver

from benchmarks.contract import BASE, COLLECTION, CONTRACT
from benchmarks.rows import LIST, PROBLEM, connect, insert
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.times import system_clock

Answer = tuple[Any, int, dict[str, str]]


class Handlers:
    def __init__(self, database: str, port: int) -> None:
        self._database = database
        self._url = f"http://127.0.0.1:{port}{COLLECTION}"
        self._new_id = Uuid7(system_clock)
        self._local = threading.local()

    def __getitem__(self, operation_id: str) -> Callable[..., Answer]:
        known: dict[str, Callable[..., Answer]] = {
            "listServiceProblem": self.list_problems,
            "createServiceProblem": self.create,
            "retrieveServiceProblem": self.retrieve,
        }
        return known.get(operation_id, not_here)

    @property
    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = connect(self._database)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def list_problems(self, limit: int = 1000, **_: Any) -> Answer:
        rows = self._connection.execute(LIST, (limit,)).fetchall()
        total = self._connection.execute(PROBLEM["count"]).fetchone()[0]
        return [self._whole(*row) for row in rows], 200, {"X-Total-Count": str(total)}

    def retrieve(self, id: str, **_: Any) -> Answer:
        row = self._connection.execute(PROBLEM["document"], (id,)).fetchone()
        return (self._whole(id, row[0]), 200, {}) if row else ({}, 404, {})

    def create(self, body: Document) -> Answer:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        made = insert(connection, body, self._new_id, self._url)
        connection.execute("COMMIT")
        return made, 201, {"Location": made["href"]}

    def _whole(self, problem_id: str, document: bytes) -> Document:
        return {"id": problem_id, "href": f"{self._url}/{problem_id}", **json.loads(document)}


def not_here(**_: Any) -> Answer:
    """Every operation has to have a handler, or Connexion answers nothing at all."""
    return {}, 501, {}


@click.command()
@click.argument("database")
@click.argument("port", type=int)
def main(database: str, port: int) -> None:
    handlers = Handlers(database, port)
    app = FlaskApp("flask_app")
    app.add_api(CONTRACT, base_path=BASE, resolver=Resolver(handlers.__getitem__))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
