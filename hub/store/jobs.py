"""Tables `job` and `job_error`: bulk jobs, how far they have come, and the rows that they could not take."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.job import ContentType, Counts, Job, JobKind, JobStatus, Mode, NewJob, RowError
from hub.store.statements import statements

JOBS_CHANGED = "job"
"""The signal that a job may be run."""

FIRST_LINE = 1
ERRORS_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far a job has come, and until when its runner holds it (microseconds)."""

    counts: Counts
    place: int
    values: tuple[str | int | float | None, ...] = ()
    lease_until: int


def _job(row: tuple[Any, ...]) -> Job:
    seq, job_id, kind, content_type, created, ready, actor, party, query, mode, notify, url = row[:12]
    status, place, values, etag, started, completed, error = row[12:19]
    names = ("read", "created", "updated", "unchanged", "failed", "bytes", "total", "expected")
    return Job(
        seq=seq,
        asked=NewJob(
            id=job_id,
            kind=JobKind(kind),
            content_type=ContentType(content_type),
            created=created,
            ready=bool(ready),
            actor=actor,
            party=party,
            query=query,
            mode=Mode(mode),
            notify=bool(notify),
            url=url,
        ),
        status=JobStatus(status),
        counts=Counts(**dict(zip(names, row[19:], strict=True))),
        place=place,
        values=tuple(orjson.loads(values or "[]")),
        etag=etag,
        started=started,
        completed=completed,
        error=error,
    )


class Jobs:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "job")
        self._signals = signals

    def insert(self, job: NewJob) -> None:
        values = (
            job.id,
            job.kind,
            job.content_type,
            job.created,
            job.ready,
            job.actor,
            job.party,
            job.query,
            job.mode,
            job.notify,
            job.url,
            FIRST_LINE if job.kind is JobKind.IMPORT else 0,
        )
        self._connection.execute(self._sql["insert"], values)
        self._signals.add(JOBS_CHANGED)

    def get(self, job_id: str) -> Job | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (job_id,)).fetchone()
        return _job(row) if row else None

    def page(self, kind: JobKind, party: str | None, *, offset: int, limit: int) -> list[Job]:
        """The jobs of a kind, newest first; with a `party` only those that it asked for."""
        sql = f"{self._sql['columns']}{_OF_KIND} ORDER BY seq DESC LIMIT ? OFFSET ?"
        return [_job(row) for row in self._connection.execute(sql, (kind, party, party, limit, offset))]

    def count(self, kind: JobKind, party: str | None) -> int:
        sql = f"{self._sql['count']}{_OF_KIND}"
        return int(self._connection.execute(sql, (kind, party, party)).fetchone()[0])

    def make_ready(self, job_id: str, *, total: int) -> bool:
        """Let a job run whose content has come; False when it may run already, or is gone."""
        self._signals.add(JOBS_CHANGED)
        return self._connection.execute(self._sql["make_ready"], (total, job_id)).rowcount > 0

    def is_any_due(self, now: int) -> bool:
        """Whether there is a job to claim."""
        return self._connection.execute(self._sql["due"], (now,)).fetchone() is not None

    def claim(self, token: str, *, now: int, lease_until: int) -> Job | None:
        """Take the oldest job that may run and that nobody holds."""
        row = self._connection.execute(self._sql["claim"], (token, lease_until, now, now)).fetchone()
        if row is None:
            return None
        return _job(self._connection.execute(f"{self._sql['columns']} WHERE seq = ?", row).fetchone())

    def note_fetched(self, seq: int, token: str, *, etag: str | None, total: int | None, lease_until: int) -> bool:
        """Keep how the fetching of a content goes; False when another holds the job, or it is gone."""
        return self._connection.execute(self._sql["fetched"], (lease_until, etag, total, seq, token)).rowcount > 0

    def advance(self, seq: int, token: str, step: Step) -> bool:
        """Keep how far a job has come; False when another holds it, or it is gone."""
        counts = step.counts
        values = (
            step.lease_until,
            step.place,
            orjson.dumps(step.values).decode(),
            counts.read,
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.failed,
            counts.bytes,
            counts.total,
            counts.expected,
            seq,
            token,
        )
        return self._connection.execute(self._sql["advance"], values).rowcount > 0

    def finish(self, seq: int, token: str, *, status: JobStatus, error: str | None, now: int) -> bool:
        return self._connection.execute(self._sql["finish"], (status, error, now, seq, token)).rowcount > 0

    def tokens(self) -> list[str]:
        return [token for (token,) in self._connection.execute(self._sql["leases"])]

    def release(self, tokens: Iterable[str]) -> None:
        """Let others take the jobs that are held with these tokens."""
        self._connection.executemany(self._sql["release"], [(token,) for token in tokens])

    def delete(self, job_id: str) -> bool:
        """Forget a job; the errors of its rows are trimmed later. False when there is no such job."""
        return self._connection.execute(self._sql["delete"], (job_id,)).fetchone() is not None

    def outdated(self, before: int, *, reports_before: int) -> list[str]:
        """The ids of the jobs that ended before an instant, or have waited for their content since before it.

        Management reports have an instant of their own.
        """
        values = {"before": before, "reports_before": reports_before, "report": JobKind.REPORT}
        return [job_id for (job_id,) in self._connection.execute(self._sql["outdated"], values)]

    def ids(self) -> set[str]:
        return {job_id for (job_id,) in self._connection.execute(self._sql["ids"])}

    def append_errors(self, seq: int, errors: Iterable[RowError]) -> None:
        values = [(seq, error.line, error.field, error.message, error.value) for error in errors]
        self._connection.executemany(self._sql["insert_error"], values)

    def errors(self, seq: int, *, after: int = 0, limit: int) -> list[tuple[int, RowError]]:
        """(place, error) of the rows that could not be taken, in their order, after a place."""
        rows = self._connection.execute(self._sql["errors"], (seq, after, limit))
        return [
            (at, RowError(line=line, field=field, message=why, value=value))
            for at, line, field, why, value in rows
        ]

    def trim_errors(self) -> bool:
        """Remove some errors of jobs that are gone; whether there may be more."""
        return self._connection.execute(self._sql["trim_errors"], (ERRORS_AT_ONCE,)).rowcount == ERRORS_AT_ONCE


_OF_KIND = " WHERE kind = ? AND (? IS NULL OR party = ?)"
