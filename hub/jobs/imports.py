"""An import: the rows of a file, chunk by chunk into reports, each chunk in one transaction with how far it came."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from hub.errors import HubError, InvalidInput, StoreUnavailable, Violation
from hub.jobs.formats import Format, format_to_read, read_record
from hub.jobs.hold import Gone, Hold, JobFailed
from hub.jobs.records import Record, records
from hub.model.job import ContentType, Counts, Job, Mode, RowError
from hub.problems.imports import ImportRules
from hub.problems.loading import Loaded, Loading, Row
from hub.store.job_files import JobFiles
from hub.store.jobs import Step
from hub.store.tables import Tables

MOST_ROWS, FEWEST_ROWS = 500, 10
"""How many rows a chunk has."""

MOST_BYTES = 4 << 20
"""How much of the file a chunk has at most."""

LONGEST_COMMIT = 0.01
"""Seconds for which a chunk may keep other changes waiting; the next chunk has as many rows as fit."""

ERRORS_OF_A_ROW = 10
LONGEST_VALUE = 200


@dataclass(frozen=True, kw_only=True)
class Read:
    """A record that was read: the row that it is, or why it is none."""

    record: Record
    row: Row | None
    errors: tuple[Violation, ...] = ()


class Importer:
    """`longest` is the most bytes that a row may have."""

    def __init__(
        self,
        *,
        files: JobFiles,
        rules: ImportRules,
        longest: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._rules = rules
        self._longest = longest
        self._monotonic = monotonic

    def run(self, hold: Hold) -> None:
        """Go on where the job stands, to its end. Raises Gone, Stopped or JobFailed."""
        asked = hold.job.asked
        path = self._files.content(asked.id)
        try:
            with path.open("rb") as file:
                self._take_all(hold, file)
        except InvalidInput as error:
            raise JobFailed(f"its content cannot be read: {error.message}") from error
        except OSError as error:
            raise JobFailed(f"cannot read {path}: {error.strerror or error}") from error

    def _take_all(self, hold: Hold, file: BinaryIO) -> None:
        job, size = hold.job, MOST_ROWS // 10
        loading = _loading(job)
        rows = self._rows(job, file)
        while chunk := _chunk(rows, size):
            began = self._monotonic()
            job = self._commit(hold, job, loading, chunk)
            size = next_size(len(chunk), self._monotonic() - began)
        counts = job.counts
        if counts.read and counts.read == counts.failed:
            raise JobFailed("none of its rows could be taken; the errors say why")

    def _rows(self, job: Job, file: BinaryIO) -> Iterator[Read]:
        """The rows from the job's place on; the first line of CSV is no row."""
        form = format_to_read(job.asked.content_type, file, self._longest)
        line = job.place
        if job.counts.bytes:
            file.seek(job.counts.bytes)
        elif job.asked.content_type is ContentType.CSV:
            line += 1
        for record in records(file, line=line, longest=self._longest, quoted=form.quoted):
            yield self._read(form, record)

    def _read(self, form: Format, record: Record) -> Read:
        if record.content is None:
            return Read(record=record, row=None, errors=(Violation(field="", message=record.trouble),))
        try:
            return Read(record=record, row=self._rules.row(read_record(form, record.content)))
        except InvalidInput as error:
            return Read(record=record, row=None, errors=error.violations)

    def _commit(self, hold: Hold, job: Job, loading: Loading, chunk: list[Read]) -> Job:
        return hold.write(partial(self._take, hold, job, loading, chunk))

    def _take(self, hold: Hold, job: Job, loading: Loading, chunk: list[Read], tables: Tables) -> Job:
        """All rows of a chunk and how far the import then is, in one transaction."""
        tally = dict.fromkeys(Loaded, 0)
        errors: list[RowError] = []
        failed = 0
        for read in chunk:
            wrong = self._load(tables, read, loading, tally)
            failed += bool(wrong)
            errors += [_row_error(read.record.line, one) for one in wrong[:ERRORS_OF_A_ROW]]
        after = replace(job, place=chunk[-1].record.next_line, counts=_counted(job.counts, tally, failed, chunk))
        tables.jobs.append_errors(job.seq, errors)
        step = Step(counts=after.counts, place=after.place, lease_until=hold.lease_until())
        if not tables.jobs.advance(job.seq, hold.token, step):
            raise Gone
        return after

    def _load(
        self, tables: Tables, read: Read, loading: Loading, tally: dict[Loaded, int]
    ) -> tuple[Violation, ...]:
        """Take one row, or tell what is wrong with it. A refusal comes before anything is written."""
        if read.row is None:
            return read.errors
        try:
            tally[self._rules.load(tables, read.row, loading)] += 1
        except StoreUnavailable:
            raise
        except HubError as error:
            return error.violations or (Violation(field="", message=error.message),)
        return ()


def _loading(job: Job) -> Loading:
    asked = job.asked
    return Loading(
        source=f"import:{asked.id}",
        actor=asked.actor,
        update=asked.mode is Mode.UPSERT,
        told=asked.notify,
    )


def next_size(rows: int, seconds: float) -> int:
    """How many rows the next chunk has when the last one took so long."""
    fitting = round(rows * LONGEST_COMMIT / max(seconds, 1e-6))
    return max(FEWEST_ROWS, min(MOST_ROWS, fitting, rows * 2 + FEWEST_ROWS))


def _chunk(rows: Iterator[Read], size: int) -> list[Read]:
    chunk: list[Read] = []
    length = 0
    for read in rows:
        chunk.append(read)
        length += len(read.record.content or b"")
        if len(chunk) >= size or length >= MOST_BYTES:
            break
    return chunk


def _counted(counts: Counts, tally: dict[Loaded, int], failed: int, chunk: list[Read]) -> Counts:
    return replace(
        counts,
        read=counts.read + len(chunk),
        created=counts.created + tally[Loaded.CREATED],
        updated=counts.updated + tally[Loaded.UPDATED],
        unchanged=counts.unchanged + tally[Loaded.UNCHANGED],
        failed=counts.failed + failed,
        bytes=chunk[-1].record.after,
    )


def _row_error(line: int, violation: Violation) -> RowError:
    value = None if violation.value is None else str(violation.value)[:LONGEST_VALUE]
    return RowError(line=line, field=violation.field, message=violation.message, value=value)
