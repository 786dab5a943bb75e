"""The operations on bulk jobs: ask for one, see how far it is, cancel it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from hub.api.conditions import has_conditions, on_condition, refuse_unmet, tag_of
from hub.api.jobs_known import KnownJobs
from hub.api.jobs_list import JobList
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.secrecy import refuse_secret
from hub.errors import InvalidInput, Violation
from hub.model.caller import Caller
from hub.model.ids import NewId
from hub.model.job import ContentType, JobKind, Mode, NewJob
from hub.model.problem import Document
from hub.model.times import Clock, to_micros
from hub.query.list_query import ListQuery
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy
from hub.telemetry import logger

log = logger("hub.api")


class JobOperations:
    def __init__(
        self,
        *,
        store: Store,
        files: JobFiles,
        known: KnownJobs,
        clock: Clock,
        new_id: NewId,
        read_query: Callable[[str], ListQuery],
        policy: CallbackPolicy,
        jobs: JobList,
        once: Once,
    ) -> None:
        self._store = store
        self._files = files
        self._known = known
        self._clock = clock
        self._new_id = new_id
        self._read_query = read_query
        self._policy = policy
        self._list = jobs
        self._once = once

    async def create_export(self, request: Request) -> Response:
        given = _without_null(request.body)
        if given.get("url") is not None:
            message = (
                "an export is not sent anywhere: its content is read at the `url` of the job, when it is made"
            )
            raise InvalidInput(violations=[Violation(field="url", value=given["url"], message=message)])
        query = given.get("query", "").removeprefix("?")
        self._check_query(query, request.caller)
        job = self._new(request.caller, given, JobKind.EXPORT, ready=True, query=query or None)
        return await self._create(request, job)

    async def create_import(self, request: Request) -> Response:
        known = self._once.before(request)
        if known is not None:
            return known
        given = _without_null(request.body)
        url = given.get("url")
        if url is not None:
            await asyncio.to_thread(self._check_url, url)
        job = self._new(
            request.caller,
            given,
            JobKind.IMPORT,
            ready=url is not None,
            url=url,
            mode=Mode(given.get("mode", Mode.CREATE)),
            notify=given.get("notify", False),
        )
        return await self._create(request, job)

    def _new(self, caller: Caller, given: Document, kind: JobKind, *, ready: bool, **more: Any) -> NewJob:
        return NewJob(
            id=self._new_id(),
            kind=kind,
            content_type=ContentType(given.get("contentType", ContentType.NDJSON)),
            created=to_micros(self._clock()),
            ready=ready,
            actor=caller.name,
            party=caller.party,
            **more,
        )

    def _check_query(self, query: str, caller: Caller) -> None:
        read = self._read_query(query)
        if caller.party is not None:
            refuse_secret(read.condition, read.sort)
        if read.offset or read.limit is not None or read.cursor is not None:
            message = "an export has all reports that fit: leave out offset, limit, before and after"
            raise InvalidInput(violations=[Violation(field="query", value=query, message=message)])

    def _check_url(self, url: str) -> None:
        wrong = self._policy.resolve_violations(url)
        if wrong:
            raise InvalidInput(
                violations=[Violation(field="url", value=url, message=one.message) for one in wrong]
            )

    async def _create(self, request: Request, new: NewJob) -> Response:
        def make(tables: Tables) -> Document:
            tables.jobs.insert(new)
            return self._known.view(tables, self._known.job(tables, new.kind, new.id, new.party))

        def answer(view: Document) -> Response:
            made = json_response(view, status=201, headers=(("Location", view["href"]),))
            return replace(made, etag=tag_of(made.body))

        tag = partial(self._list_tag, kind=new.kind, party=new.party)
        return await self._once.write(request, on_condition(request, make, tag), answer)

    def _list_tag(self, tables: Tables, *, kind: JobKind, party: str | None) -> str:
        """The tag of the list, as it is given to who asks without a query."""
        return tag_of(self._list.whole(tables, kind, party))

    async def exports(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list.answer, JobKind.EXPORT, request)

    async def imports(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list.answer, JobKind.IMPORT, request)

    async def export(self, request: Request) -> Response:
        return await self._retrieve(JobKind.EXPORT, request)

    async def import_(self, request: Request) -> Response:
        return await self._retrieve(JobKind.IMPORT, request)

    async def _retrieve(self, kind: JobKind, request: Request) -> Response:
        return json_response(await asyncio.to_thread(self._known.asked_view, kind, request))

    async def delete_export(self, request: Request) -> Response:
        return await self._delete(JobKind.EXPORT, request)

    async def delete_import(self, request: Request) -> Response:
        return await self._delete(JobKind.IMPORT, request)

    async def _delete(self, kind: JobKind, request: Request) -> Response:
        job_id = request.path_params["id"]
        await self._store.awrite(partial(self._remove, kind=kind, request=request))
        log.info("job.deleted", job=job_id, kind=kind, actor=request.caller.name, party=request.caller.party)
        await asyncio.to_thread(self._files.remove, [job_id])
        return Response(status=204)

    def _remove(self, tables: Tables, *, kind: JobKind, request: Request) -> None:
        job = self._known.job(tables, kind, request.path_params["id"], request.caller.party)
        if has_conditions(request):
            refuse_unmet(request, tag_of(orjson.dumps(self._known.view(tables, job))))
        tables.jobs.delete(job.asked.id)


def _without_null(body: Document) -> Document:
    """Null stands for what is absent."""
    return {name: value for name, value in body.items() if value is not None}
