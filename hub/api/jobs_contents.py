"""The contents of bulk jobs: sent part by part, fetched, and the rows that failed."""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, BinaryIO

import orjson

from hub.api.conditions import is_known, refuse_unmatched, refuse_unmet, tag_of
from hub.api.downloads import Streamed, download, file_tag
from hub.api.jobs_known import KnownJobs, missing_job
from hub.api.jobs_view import row_error_view
from hub.api.messages import Request, Response, json_response
from hub.api.uploads import held_file, part_of, receive_part, refuse_other_total
from hub.errors import Conflict, UnsupportedMediaType, Violation
from hub.model.job import ContentType, Job, JobKind, JobStatus
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.store.tables import Tables

ERRORS_AT_ONCE = 1000


class JobContents:
    """`content_limit` is the most bytes of a content."""

    def __init__(self, *, store: Store, files: JobFiles, known: KnownJobs, content_limit: int) -> None:
        self._store = store
        self._files = files
        self._known = known
        self._content_limit = content_limit

    async def export_content(self, request: Request) -> Response:
        job = self._known.asked(JobKind.EXPORT, request)
        if job.status is not JobStatus.SUCCEEDED:
            message = f"export {job.asked.id} has no content yet: it is {job.status}"
            raise Conflict(violations=[Violation(field="status", value=job.status, message=message)])
        return await self._download(job, request)

    async def import_content(self, request: Request) -> Response:
        return await self._download(self._known.asked(JobKind.IMPORT, request), request)

    async def _download(self, job: Job, request: Request) -> Response:
        asked = job.asked
        media_type = f"{asked.content_type}; charset=utf-8"
        return await download(self._files.content(asked.id), request, media_type=media_type, name=asked.id)

    async def put_content(self, request: Request) -> Response:
        """Keep a part of a content; the last one lets the import begin."""
        job = self._known.asked(JobKind.IMPORT, request)
        _check_media(job, request)
        part = part_of(request.headers)
        assert request.receive is not None
        async with held_file(self._files.content(job.asked.id)) as file:
            self._refuse_complete(self._known.asked(JobKind.IMPORT, request))
            _refuse_unmet(request, job, file)
            refuse_other_total(part, self._files.said_total(job.asked.id))
            size = await receive_part(
                file, request.receive, part, limit=self._content_limit, folder=self._files.folder
            )
            if part.total is not None:
                await asyncio.to_thread(self._files.say_total, job.asked.id, part.total)
            if part.whole:
                await self._store.awrite(partial(self._make_ready, job_id=job.asked.id, total=size))
        view = await asyncio.to_thread(self._known.asked_view, JobKind.IMPORT, request)
        return json_response(view)

    def _refuse_complete(self, job: Job) -> None:
        if job.asked.ready:
            why = "is fetched from its url" if job.asked.url else "is complete"
            message = f"the content of import {job.asked.id} {why}"
            raise Conflict(violations=[Violation(field="id", value=job.asked.id, message=message)])

    def _make_ready(self, tables: Tables, *, job_id: str, total: int) -> None:
        if not tables.jobs.make_ready(job_id, total=total):
            raise missing_job(JobKind.IMPORT, job_id)

    async def errors(self, request: Request) -> Response:
        job = self._known.asked(JobKind.IMPORT, request)
        tag = tag_of(repr((job.asked.id, job.status, job.counts)).encode())
        refuse_unmatched(request, tag)
        if is_known(request, tag):
            return Response(status=304, etag=tag)
        headers = (("Content-Type", f"{ContentType.NDJSON}; charset=utf-8"),)
        return Streamed(headers=headers, etag=tag, pieces=self._error_lines(job.seq))

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


def _refuse_unmet(request: Request, job: Job, file: BinaryIO) -> None:
    """Raises PreconditionFailed; `If-None-Match: *` lets the first part of a content come, and no second one."""
    refuse = refuse_unmet if os.fstat(file.fileno()).st_size else refuse_unmatched
    refuse(request, file_tag(job.asked.id, file))


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
