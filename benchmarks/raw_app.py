"""The plain reference of the API: ASGI, orjson, a compiled validator and sqlite3, with nothing around them.

It does what the hub does for the same three requests, on the same tables with the same statements: a new report is
its row, its history record and its event in one transaction, and the answer leaves after the commit. It knows no
errors but a bad body, no query but `limit`, no listeners and no deliveries. By itself it commits for each request,
on the event loop; with --grouped the requests that arrived together share a commit, as they do in the hub.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import click
import orjson
import uvicorn

from benchmarks.contract import COLLECTION, CONTRACT
from benchmarks.rows import LIST, PROBLEM, insert
from hub.api.schemas import compile_schema
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.times import system_clock

JSON = (b"content-type", b"application/json;charset=utf-8")

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, bytes, Headers]


class RawApp:
    def __init__(self, database: str, port: int, *, grouped: bool) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None, cached_statements=256)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._validator = compile_schema(CONTRACT, {"$ref": "#/components/schemas/ServiceProblem_FVO"})
        self._new_id = Uuid7(system_clock)
        self._url = f"http://127.0.0.1:{port}{COLLECTION}"
        self._grouped = grouped
        self._waiting: list[tuple[Document, asyncio.Future[Document]]] = []

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] != "http":
            return
        status, body, headers = await self._answer(scope, receive)
        headers += [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, receive: Callable[[], Awaitable[Any]]) -> Answer:
        path: str = scope["path"]
        if path == COLLECTION:
            if scope["method"] == "POST":
                return await self._create(await _body(receive))
            return self._list(scope["query_string"])
        return self._retrieve(path.rpartition("/")[2])

    def _list(self, query: bytes) -> Answer:
        limit = int(parse_qs(query.decode()).get("limit", ["1000"])[0])
        rows = self._connection.execute(LIST, (limit,)).fetchall()
        total: int = self._connection.execute(PROBLEM["count"]).fetchone()[0]
        counts = [(b"x-total-count", str(total).encode()), (b"x-result-count", str(len(rows)).encode())]
        return 200, b"[" + b",".join([self._whole(*row) for row in rows]) + b"]", counts

    def _retrieve(self, problem_id: str) -> Answer:
        row = self._connection.execute(PROBLEM["document"], (problem_id,)).fetchone()
        return (200, self._whole(problem_id, row[0]), []) if row else (404, b"{}", [])

    def _whole(self, problem_id: str, document: bytes) -> bytes:
        return f'{{"id":"{problem_id}","href":"{self._url}/{problem_id}",'.encode() + document[1:]

    async def _create(self, body: bytes) -> Answer:
        given = orjson.loads(body)
        if not self._validator.is_valid(given):
            return 400, b"{}", []
        if self._grouped:
            future: asyncio.Future[Document] = asyncio.get_running_loop().create_future()
            self._waiting.append((given, future))
            if len(self._waiting) == 1:
                asyncio.get_running_loop().call_soon(self._commit_all)
            made = await future
        else:
            [made] = self._commit([given])
        return 201, orjson.dumps(made), [(b"location", made["href"].encode())]

    def _commit_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        made = self._commit([given for given, _ in waiting])
        for (_, future), document in zip(waiting, made, strict=True):
            future.set_result(document)

    def _commit(self, several: Sequence[Document]) -> list[Document]:
        self._connection.execute("BEGIN IMMEDIATE")
        made = [insert(self._connection, given, self._new_id, self._url) for given in several]
        self._connection.execute("COMMIT")
        return made


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


@click.command()
@click.argument("database")
@click.argument("port", type=int)
@click.option("--grouped", is_flag=True)
def main(database: str, port: int, grouped: bool) -> None:
    app = RawApp(database, port, grouped=grouped)
    run = partial(uvicorn.run, http="httptools", loop="uvloop", log_level="warning", access_log=False)
    run(app, host="127.0.0.1", port=port, lifespan="off")


if __name__ == "__main__":
    main()
