"""An export: the reports that fit a query, chunk by chunk into a file, each chunk on disk before it counts."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import orjson

from hub.jobs.csv_format import columns_shown
from hub.jobs.formats import Format, format_to_write
from hub.jobs.hold import Gone, Hold, JobFailed
from hub.model.job import Counts, Job
from hub.problems.envelope import Letterhead
from hub.problems.ownership import Owners, Ownership
from hub.problems.views import shown_json
from hub.query.list_query import ListQuery
from hub.query.ordering import Cursor, Position
from hub.query.selection import ALWAYS, select
from hub.query.syntax import Condition, both
from hub.store.job_files import JobFiles, cut_off, onto_disk
from hub.store.jobs import Step
from hub.store.tables import Tables

ReadQuery = Callable[[str], ListQuery]
"""What a query says that was accepted when the job was made."""

REPORTS = 1000
"""How many reports a chunk has at most."""


class Exporter:
    """`columns` are those of a report as CSV."""

    def __init__(
        self,
        *,
        files: JobFiles,
        read_query: ReadQuery,
        letterhead: Letterhead,
        owners: Owners,
        columns: Sequence[str],
    ) -> None:
        self._files = files
        self._read_query = read_query
        self._letterhead = letterhead
        self._owners = owners
        self._columns = columns

    def run(self, hold: Hold) -> None:
        """Go on where the job stands, to its end. Raises Gone, Stopped or JobFailed."""
        asked = hold.job.asked
        query = self._read_query(asked.query or "")
        owner = self._owners.of(asked.party)
        condition = both(owner.condition, query.condition)
        form = format_to_write(asked.content_type, columns_shown(self._columns, query.fields, ALWAYS))
        path = self._files.content(asked.id)
        try:
            self._files.make_folder()
            job = self._begun(hold, path, form, condition)
            with path.open("r+b") as file:
                _cut_off(file, job.counts.bytes)
                self._write_all(hold, job, file, form, replace(query, condition=condition), owner)
        except OSError as error:
            raise JobFailed(f"cannot write {path}: {error.strerror or error}") from error

    def _begun(self, hold: Hold, path: Path, form: Format, condition: Condition | None) -> Job:
        """The job with its file begun and its reports counted."""
        job = hold.job
        if job.counts.expected is not None:
            return job
        expected = hold.store.read.problems.count(condition)
        with path.open("wb") as file:
            file.write(form.head)
            onto_disk(file)
        begun = replace(job, counts=Counts(bytes=len(form.head), expected=expected))
        _keep(hold, begun)
        return begun

    def _write_all(
        self, hold: Hold, job: Job, file: BinaryIO, form: Format, query: ListQuery, owner: Ownership
    ) -> None:
        tables = hold.store.read
        while True:
            cursor = Cursor(position=Position(values=job.values, seq=job.place) if job.counts.read else None)
            page = tables.problems.page(query.condition, sort=query.sort, cursor=cursor, limit=REPORTS)
            if page.last is None:
                break
            seen = [(one, shown_json(tables, one, document, owner)) for one, document in page.rows]
            chunk = b"".join([form.written(self._report(*row, query.fields)) for row in seen])
            file.write(chunk)
            onto_disk(file)
            job = replace(
                job, place=page.last.seq, values=page.last.values, counts=_counted(job, page.rows, chunk)
            )
            _keep(hold, job)
        _keep(hold, replace(job, counts=replace(job.counts, total=job.counts.bytes)))

    def _report(self, problem_id: str, document: bytes, fields: tuple[str, ...]) -> bytes:
        """A report as a GET gives it; `document` is the stored object, which is never empty."""
        href = self._letterhead.href(problem_id)
        whole = b'{"id":"%b","href":"%b",%b' % (problem_id.encode(), href.encode(), document[1:])
        return orjson.dumps(select(orjson.loads(whole), fields)) if fields else whole


def _counted(job: Job, rows: Sequence[object], chunk: bytes) -> Counts:
    return replace(job.counts, read=job.counts.read + len(rows), bytes=job.counts.bytes + len(chunk))


def _keep(hold: Hold, job: Job) -> None:
    step = Step(counts=job.counts, place=job.place, values=job.values, lease_until=hold.lease_until())

    def keep(tables: Tables) -> bool:
        return tables.jobs.advance(job.seq, hold.token, step)

    if not hold.write(keep):
        raise Gone


def _cut_off(file: BinaryIO, size: int) -> None:
    """Take away what was written after the last chunk that counts, and go to the end."""
    if file.seek(0, os.SEEK_END) < size:
        raise JobFailed(f"its file is shorter than the {size} bytes that were written")
    cut_off(file, size)
