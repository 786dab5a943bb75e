"""The operations on one kind of task: a client asks for it, and reads what came of it."""

import asyncio
from functools import partial

import orjson

from hub.api.filters import TASK_KINDS, refuse_impossible
from hub.api.messages import Request, Response
from hub.api.paging import page_headers
from hub.api.render import Face
from hub.errors import NotFound, Violation
from hub.model.task import TaskKind
from hub.problems.ownership import Owners
from hub.problems.tasks import TaskRules
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from hub.store.sqlite import Store


class TaskOperations:
    """`attributes` are the first-level attributes of this kind of task; `page_maximum` is the longest page.

    A caller who speaks for a party reads the tasks of that party.
    """

    def __init__(
        self,
        *,
        kind: TaskKind,
        store: Store,
        rules: TaskRules,
        face: Face,
        owners: Owners,
        attributes: frozenset[str],
        page_maximum: int,
    ) -> None:
        self._kind = kind
        self._store = store
        self._rules = rules
        self._face = face
        self._owners = owners
        self._attributes = attributes
        self._page_maximum = page_maximum

    async def create(self, request: Request) -> Response:
        fields = self._query(request).fields
        work = partial(
            self._rules.perform,
            given=request.body,
            kind=self._kind,
            caller=request.caller,
            owner=self._owners.of(request.caller.party),
        )
        task = await self._store.awrite(work)
        body = self._face.task(self._kind, task.id, orjson.dumps(task.document), fields)
        return Response(status=201, body=body, headers=(("Location", self._face.task_href(self._kind, task.id)),))

    async def retrieve(self, request: Request) -> Response:
        task_id = request.path_params["id"]
        document = self._store.read.tasks.document(self._kind, task_id, party=request.caller.party)
        if document is None:
            message = f"no {self._kind} {task_id}"
            raise NotFound(violations=[Violation(field="id", value=task_id, message=message)])
        return Response(body=self._face.task(self._kind, task_id, document, self._query(request).fields))

    async def list_tasks(self, request: Request) -> Response:
        query = self._query(request)
        refuse_impossible(query.condition, TASK_KINDS)
        rows, total = await asyncio.to_thread(self._read, query, request.caller.party)
        body = b"[%b]" % b",".join(
            [self._face.task(self._kind, task_id, document, query.fields) for task_id, document in rows]
        )
        return Response(body=body, headers=self._headers(request, query, len(rows), total))

    def _read(self, query: ListQuery, party: str | None) -> tuple[list[tuple[str, bytes]], int]:
        tasks = self._store.read.tasks
        limit = self._limit(query)
        page = tasks.page(self._kind, query.condition, party=party, offset=query.offset, limit=limit)
        return page.rows, tasks.count(self._kind, query.condition, party=party)

    def _query(self, request: Request) -> ListQuery:
        return parse_list_query(split_query_string(request.query_string), attributes=self._attributes)

    def _limit(self, query: ListQuery) -> int:
        return self._page_maximum if query.limit is None else min(query.limit, self._page_maximum)

    def _headers(
        self, request: Request, query: ListQuery, returned: int, total: int
    ) -> tuple[tuple[str, str], ...]:
        pairs = split_query_string(request.query_string)
        url, limit = self._face.task_href(self._kind), self._limit(query)
        return page_headers(url, pairs, offset=query.offset, limit=limit, returned=returned, total=total)
