"""The operations on one kind of task: a client asks for it, and reads what came of it."""

import asyncio
from functools import partial

import orjson

from hub.api.conditions import on_condition, tag_of
from hub.api.listing import NO_QUERY, Collection, Lists
from hub.api.messages import Request, Response
from hub.api.once import Once
from hub.api.render import Face
from hub.errors import InvalidInput, NotFound, Violation
from hub.model.problem import Document
from hub.model.task import Task, TaskKind
from hub.problems.ownership import Owners
from hub.problems.tasks import TaskRules
from hub.query.attributes import Attributes
from hub.query.ordering import Page
from hub.query.parse import ListQuery
from hub.store.sqlite import Store
from hub.store.tables import Tables


def refuse_another_type(body: Document, name: str) -> None:
    """Raises InvalidInput unless the body says nothing of its type, is a `name`, or extends it."""
    given = body.get("@type")
    if given is None or name in (given, body.get("@baseType")):
        return
    message = f"must be {name} here; of another type {name} must be the @baseType"
    raise InvalidInput(violations=[Violation(field="@type", value=given, message=message)])


class TaskOperations:
    """`attributes` are those of this kind of task.

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
        attributes: Attributes,
        lists: Lists,
        once: Once,
    ) -> None:
        self._kind = kind
        self._store = store
        self._rules = rules
        self._face = face
        self._owners = owners
        self._lists = lists
        self._once = once
        self._tasks = Collection(url=face.task_href(kind), attributes=attributes, address=face.address)

    async def create(self, request: Request) -> Response:
        fields = self._lists.fields(request, self._tasks)
        refuse_another_type(request.body, self._kind.type_name)
        work = partial(
            self._rules.perform,
            given=self._face.task_given(request.body),
            kind=self._kind,
            caller=request.caller,
            owner=self._owners.of(request.caller.party),
        )
        checked = on_condition(request, work, partial(self._list_tag, party=request.caller.party))
        return await self._once.write(request, checked, partial(self._made, fields=fields))

    def _list_tag(self, tables: Tables, party: str | None) -> str:
        """The tag of the list, as it is given to who asks without a query."""
        page, _ = self._read(NO_QUERY, party, tables)
        return tag_of(self._rendered(page.rows, ()))

    def _made(self, task: Task, fields: tuple[str, ...]) -> Response:
        body = self._face.task(self._kind, task.id, orjson.dumps(task.document), fields)
        headers = (("Location", self._face.task_href(self._kind, task.id)),)
        return Response(status=201, body=body, headers=headers, etag=tag_of(body))

    async def retrieve(self, request: Request) -> Response:
        task_id = request.path_params["id"]
        document = self._store.read.tasks.document(self._kind, task_id, party=request.caller.party)
        if document is None:
            message = f"no {self._kind} {task_id}"
            raise NotFound(violations=[Violation(field="id", value=task_id, message=message)])
        fields = self._lists.fields(request, self._tasks)
        return Response(body=self._face.task(self._kind, task_id, document, fields))

    async def list_tasks(self, request: Request) -> Response:
        query = self._lists.query(request, self._tasks)
        page, total = await asyncio.to_thread(lambda: self._read(query, request.caller.party, self._store.read))
        render = partial(self._rendered, fields=query.fields)
        return self._lists.answer(request, self._tasks, query, page, total, render)

    def _read(self, query: ListQuery, party: str | None, tables: Tables) -> tuple[Page[tuple[str, bytes]], int]:
        tasks = tables.tasks
        with tables.at_one_moment():
            return self._lists.read(
                partial(tasks.page, self._kind), partial(tasks.count, self._kind), query, party=party
            )

    def _rendered(self, rows: list[tuple[str, bytes]], fields: tuple[str, ...]) -> bytes:
        return b"[%b]" % b",".join(
            [self._face.task(self._kind, task_id, document, fields) for task_id, document in rows]
        )
