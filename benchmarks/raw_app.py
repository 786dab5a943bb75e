"""The plain reference of the API: ASGI, orjson, a compiled validator and sqlite3, with nothing around them.

It does what the hub does for the same requests, on the same tables with the same statements: a new report is
its rows, its history record and its event in one transaction, and the answer leaves after the commit. It knows no
errors but a bad body, no callers, no listeners and no deliveries, and of the query language the very queries that it
is asked. By itself it commits for each request, on the event loop; with --grouped the requests that arrived together
share a commit, as they do in the hub.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import click
import orjson
import uvicorn

from benchmarks.contract import COLLECTION, CONTRACT
from benchmarks.rows import COUNT, FILTERED, FILTERED_COUNT, LIST, STATE, begin, commit, connect, insert, reading
from hub.api.schemas import compile_schema
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.times import system_clock

JSON = (b"content-type", b"application/json;charset=utf-8")

Query = dict[str, list[str]]
Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, bytes, Headers]


class RawApp:
    def __init__(self, database: str, port: int, *, grouped: bool) -> None:
        self._tables = connect(database)
        self._read = reading(database)
        self._validator = compile_schema(CONTRACT, {"$ref": "#/components/schemas/ServiceProblem_FVO"})
        self._new_id = Uuid7(system_clock)
        self._url = f"http://127.0.0.1:{port}{COLLECTION}"
        self._around_id = (b'{"id":"', f'","href":"{self._url}/'.encode(), b'",')
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
        raw: bytes = scope["query_string"]
        query = parse_qs(raw.decode()) if raw else {}
        if path == COLLECTION:
            if scope["method"] == "POST":
                return await self._create(await _body(receive), query)
            return self._list(query)
        return self._retrieve(path.rpartition("/")[2], dict(scope["headers"]), query)

    def _list(self, query: Query) -> Answer:
        limit = int(query.get("limit", ["1000"])[0])
        execute = self._read.connection.execute
        execute("BEGIN")  # the page, its total and its tag are of one moment
        if "status" in query:
            asked = (query["status"][0], float(query["priority.lte"][0]))
            rows = execute(FILTERED, (*asked, limit)).fetchall()
            total: int = execute(FILTERED_COUNT, asked).fetchone()[0]
        else:
            rows = execute(LIST, (limit,)).fetchall()
            total = execute(COUNT).fetchone()[0]
        [state] = execute(STATE).fetchone()
        execute("ROLLBACK")
        counts = [(b"x-total-count", str(total).encode()), (b"x-result-count", str(len(rows)).encode())]
        tag = (b"etag", f'"{state}"'.encode())
        return 200, b"[" + b",".join([self._whole(*row) for row in rows]) + b"]", [*counts, tag]

    def _retrieve(self, problem_id: str, headers: dict[bytes, bytes], query: Query) -> Answer:
        found = self._read.problems.versioned(problem_id)
        if not found:
            return 404, b"{}", []
        tag = f'"{found[1]}"'.encode()
        if headers.get(b"if-none-match") == tag:
            return 304, b"", [(b"etag", tag)]
        return 200, _cut(self._whole(problem_id, found[0]), query), [(b"etag", tag)]

    def _whole(self, problem_id: str, document: bytes) -> bytes:
        return problem_id.encode().join(self._around_id) + document[1:]

    async def _create(self, body: bytes, query: Query) -> Answer:
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
        headers = [(b"location", made["href"].encode()), (b"etag", b'"1"')]
        return 201, _cut(orjson.dumps(made), query), headers

    def _commit_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        made = self._commit([given for given, _ in waiting])
        for (_, future), document in zip(waiting, made, strict=True):
            future.set_result(document)

    def _commit(self, several: Sequence[Document]) -> list[Document]:
        begin(self._tables)
        made = [insert(self._tables, given, self._new_id, self._url) for given in several]
        commit(self._tables)
        return made


def _cut(whole: bytes, query: Query) -> bytes:
    """What `fields` leaves of a report."""
    if "fields" not in query:
        return whole
    fields = {*query["fields"][0].split(","), "id", "href", "@type"}
    return orjson.dumps({name: value for name, value in orjson.loads(whole).items() if name in fields})


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
