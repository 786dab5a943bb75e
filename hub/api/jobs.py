"""The operations on bulk jobs: ask for one, see how far it is, send and fetch contents, cancel it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson

from hub.api.conditions import has_conditions, refuse_unmet, tag_of
from hub.api.downloads import Streamed, download
from hub.api.jobs_view import job_view, row_error_view
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.paging import page_headers
from hub.api.uploads import held_file, part_of, receive_part
from hub.errors import Conflict, InvalidInput, NotFound, UnsupportedMediaType, Violation
from hub.model.caller import Caller
from hub.model.ids import NewId
from hub.model.job import ContentType, Job, JobKind, JobStatus, Mode, NewJob
from hub.model.problem import Document
from hub.model.times import Clock, to_micros
from hub.query.list_query import ListQuery
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.callback import CallbackPolicy

ERRORS_SHOWN = 20
ERRORS_AT_ONCE = 1000


class JobOperations:
    """`base_url` is that of `/qos-hub/v1`; `content_limit` is the most bytes of a content."""

    def __init__(
        self,
        *,
        store: Store,
        files: JobFiles,
        clock: Clock,
        new_id: NewId,
        read_query: Callable[[str], ListQuery],
        policy: CallbackPolicy,
        base_url: str,
        page_maximum: int,
        content_limit: int,
        once: Once,
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._new_id = new_id
        self._read_query = read_query
        self._policy = policy
        self._base_url = base_url
        self._page_maximum = page_maximum
        self._content_limit = content_limit
        self._once = once

    async def create_export(self, request: Request) -> Response:
        given: Document = request.body
        query = given.get("query", "").removeprefix("?")
        self._check_query(query)
        job = self._new(request.caller, given, JobKind.EXPORT, ready=True, query=query or None)
        return await self._create(request, job)

    async def create_import(self, request: Request) -> Response:
        known = self._once.before(request)
        if known is not None:
            return known
        given: Document = request.body
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

    def _check_query(self, query: str) -> None:
        read = self._read_query(query)
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
            return self._view(tables, self._job(tables, new.kind, new.id, new.party))

        def answer(view: Document) -> Response:
            return json_response(view, status=201, headers=(("Location", view["href"]),))

        return await self._once.write(request, make, answer)

    async def exports(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, JobKind.EXPORT, request)

    async def imports(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, JobKind.IMPORT, request)

    def _list(self, kind: JobKind, request: Request) -> Response:
        pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
        offset, limit = page_in(pairs, self._page_maximum)
        tables, party = self._store.read, request.caller.party
        jobs = tables.jobs
        views = [self._view(tables, job) for job in jobs.page(kind, party, offset=offset, limit=limit)]
        total = jobs.count(kind, party)
        url = f"{self._base_url}/{kind}"
        headers = page_headers(url, pairs, offset=offset, limit=limit, returned=len(views), total=total)
        return json_response(views, headers=headers)

    async def export(self, request: Request) -> Response:
        return await self._retrieve(JobKind.EXPORT, request)

    async def import_(self, request: Request) -> Response:
        return await self._retrieve(JobKind.IMPORT, request)

    async def _retrieve(self, kind: JobKind, request: Request) -> Response:
        view = await asyncio.to_thread(self._view_of, kind, request.path_params["id"], request.caller.party)
        return json_response(view)

    async def delete_export(self, request: Request) -> Response:
        return await self._delete(JobKind.EXPORT, request)

    async def delete_import(self, request: Request) -> Response:
        return await self._delete(JobKind.IMPORT, request)

    async def _delete(self, kind: JobKind, request: Request) -> Response:
        job_id = request.path_params["id"]
        await self._store.awrite(partial(self._remove, kind=kind, request=request))
        await asyncio.to_thread(self._files.remove, [job_id])
        return Response(status=204)

    def _remove(self, tables: Tables, *, kind: JobKind, request: Request) -> None:
        job = self._job(tables, kind, request.path_params["id"], request.caller.party)
        if has_conditions(request):
            refuse_unmet(request, tag_of(orjson.dumps(self._view(tables, job))))
        tables.jobs.delete(job.asked.id)

    async def export_content(self, request: Request) -> Response:
        job = self._found(JobKind.EXPORT, request)
        if job.status is not JobStatus.SUCCEEDED:
            message = f"export {job.asked.id} has no content yet: it is {job.status}"
            raise Conflict(violations=[Violation(field="status", value=job.status, message=message)])
        return await self._download(job, request.headers)

    async def import_content(self, request: Request) -> Response:
        return await self._download(self._found(JobKind.IMPORT, request), request.headers)

    async def _download(self, job: Job, headers: Mapping[bytes, bytes]) -> Response:
        asked = job.asked
        media_type = f"{asked.content_type}; charset=utf-8"
        return await download(self._files.content(asked.id), headers, media_type=media_type, name=asked.id)

    async def put_content(self, request: Request) -> Response:
        """Keep a part of a content; the last one lets the import begin."""
        job = self._found(JobKind.IMPORT, request)
        _check_media(job, request)
        part = part_of(request.headers)
        assert request.receive is not None
        async with held_file(self._files.content(job.asked.id)) as file:
            self._refuse_complete(self._found(JobKind.IMPORT, request))
            size = await receive_part(file, request.receive, part, limit=self._content_limit)
            if part.whole:
                await self._store.awrite(partial(self._make_ready, job_id=job.asked.id, total=size))
        return await self._retrieve(JobKind.IMPORT, request)

    def _refuse_complete(self, job: Job) -> None:
        if job.asked.ready:
            why = "is fetched from its url" if job.asked.url else "is complete"
            message = f"the content of import {job.asked.id} {why}"
            raise Conflict(violations=[Violation(field="id", value=job.asked.id, message=message)])

    def _make_ready(self, tables: Tables, *, job_id: str, total: int) -> None:
        if not tables.jobs.make_ready(job_id, total=total):
            raise _missing(JobKind.IMPORT, job_id)

    async def errors(self, request: Request) -> Response:
        job = self._found(JobKind.IMPORT, request)
        headers = (("Content-Type", f"{ContentType.NDJSON}; charset=utf-8"),)
        return Streamed(headers=headers, pieces=self._error_lines(job.seq))

    async def _error_lines(self, seq: int) -> AsyncIterator[bytes]:
        place = 0
        while True:
            errors = await asyncio.to_thread(self._errors, seq, place)
            if not errors:
                return
            place = errors[-1][0]
            yield b"".join([orjson.dumps(row_error_view(error)) + b"\n" for _, error in errors])

    def _errors(self, seq: int, after: int) -> list[Any]:
        return self._store.read.jobs.errors(seq, after=after, limit=ERRORS_AT_ONCE)

    def _found(self, kind: JobKind, request: Request) -> Job:
        return self._job(self._store.read, kind, request.path_params["id"], request.caller.party)

    def _job(self, tables: Tables, kind: JobKind, job_id: str, party: str | None) -> Job:
        """Raises NotFound, also for what another party asked for."""
        job = tables.jobs.get(job_id)
        if job is None or job.asked.kind is not kind or party not in (None, job.asked.party):
            raise _missing(kind, job_id)
        return job

    def _view_of(self, kind: JobKind, job_id: str, party: str | None) -> Document:
        tables = self._store.read
        return self._view(tables, self._job(tables, kind, job_id, party))

    def _view(self, tables: Tables, job: Job) -> Document:
        errors = tables.jobs.errors(job.seq, limit=ERRORS_SHOWN) if job.counts.failed else []
        held = self._files.size(job.asked.id) if job.asked.kind is JobKind.IMPORT else 0
        return job_view(job, [error for _, error in errors], base_url=self._base_url, held=held)


def page_in(pairs: list[tuple[str, str]], maximum: int) -> tuple[int, int]:
    """(offset, limit); raises InvalidInput with everything that is wrong."""
    violations = [
        Violation(field=name, value=value, message="is no parameter of jobs; these are: offset, limit")
        for name, value in pairs
        if name not in ("offset", "limit")
    ]
    violations += [
        Violation(field=name, value=value, message="must be a whole number of 0 or more")
        for name, value in pairs
        if name in ("offset", "limit") and not (value.isascii() and value.isdecimal() and len(value) < 16)
    ]
    if violations:
        raise InvalidInput(violations=violations)
    given = dict(pairs)
    return int(given.get("offset", 0)), min(int(given.get("limit", maximum)), maximum)


def _check_media(job: Job, request: Request) -> None:
    """Raises UnsupportedMediaType for another form than the job was made for, and for a compressed body."""
    if request.media_type != job.asked.content_type:
        message = f"{request.media_type!r} is not accepted: the import was made for {job.asked.content_type}"
        violation = Violation(field="Content-Type", value=request.media_type, message=message)
        raise UnsupportedMediaType(violations=[violation])
    encoding = request.headers.get(b"content-encoding", b"identity").decode("latin-1")
    if encoding.strip().lower() != "identity":
        message = f"{encoding!r} is not accepted: send the content as it is"
        raise UnsupportedMediaType(
            violations=[Violation(field="Content-Encoding", value=encoding, message=message)]
        )


def _missing(kind: JobKind, job_id: str) -> NotFound:
    return NotFound(violations=[Violation(field="id", value=job_id, message=f"no {kind} {job_id}")])
