"""The usual reference of the API: Connexion's FlaskApp as its documentation shows it, on the same contract and tables.

Connexion's own validators and JSON, dictionaries in and out, sqlite3 with a connection for each thread and a commit
for each request; uvicorn runs it through the WSGI bridge that Connexion brings.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

import click
import uvicorn
from connexion import FlaskApp
from connexion.resolver import Resolver
from flask import request

from benchmarks.contract import BASE, COLLECTION, CONTRACT
from benchmarks.rows import COUNT, FILTERED, FILTERED_COUNT, LIST, begin, commit, connect, insert
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.times import system_clock
from hub.store.tables import Tables

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
    def _tables(self) -> Tables:
        if not hasattr(self._local, "tables"):
            self._local.tables = connect(self._database)
        tables: Tables = self._local.tables
        return tables

    def list_problems(self, limit: int = 1000, **_: Any) -> Answer:
        connection, asked = self._tables.connection, request.args
        if "status" in asked:
            wanted = (asked["status"], float(asked["priority.lte"]))
            rows = connection.execute(FILTERED, (*wanted, limit)).fetchall()
            total = connection.execute(FILTERED_COUNT, wanted).fetchone()[0]
        else:
            rows = connection.execute(LIST, (limit,)).fetchall()
            total = connection.execute(COUNT).fetchone()[0]
        return [self._whole(*row) for row in rows], 200, {"X-Total-Count": str(total)}

    def retrieve(self, id: str, fields: str = "", **_: Any) -> Answer:
        found = self._tables.problems.versioned(id)
        if not found:
            return {}, 404, {}
        return cut(self._whole(id, found[0]), fields), 200, {"ETag": f'"{found[1]}"'}

    def create(self, body: Document, fields: str = "", **_: Any) -> Answer:
        tables = self._tables
        begin(tables)
        made = insert(tables, body, self._new_id, self._url)
        commit(tables)
        return cut(made, fields), 201, {"Location": made["href"]}

    def _whole(self, problem_id: str, document: bytes) -> Document:
        return {"id": problem_id, "href": f"{self._url}/{problem_id}", **json.loads(document)}


def cut(document: Document, fields: str) -> Document:
    kept = {*fields.split(","), "id", "href", "@type"}
    return {name: value for name, value in document.items() if name in kept} if fields else document


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
