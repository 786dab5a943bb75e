"""A management report as a job: computed as recorded, then written form by form, each on disk before it counts."""

import os
from dataclasses import replace
from typing import Protocol

from hub.errors import InvalidInput, MissingExtra
from hub.jobs.hold import Gone, Hold, JobFailed
from hub.model.job import Counts, Job
from hub.reporting.order import order_from
from hub.reporting.press import Press
from hub.reporting.render.formats import rendered
from hub.reporting.telling import Teller
from hub.store.job_files import JobFiles, onto_disk
from hub.store.jobs import Step
from hub.store.tables import Tables


class Told(Protocol):
    """Tells how a job has come to its end: with an `error`, or None."""

    def __call__(self, tables: Tables, job: Job, error: str | None, *, now: int) -> None: ...


class Reporter:
    """`read` of a job counts the forms that are written. A run that goes on computes the same report again."""

    def __init__(self, *, files: JobFiles, press: Press, teller: Teller | None = None) -> None:
        self._files = files
        self._press = press
        self._teller = teller

    def tell(self, tables: Tables, job: Job, error: str | None, *, now: int) -> None:
        """The report is made, or failed: write what tells of it, in the transaction that says so."""
        if self._teller is None:
            return
        if error is None:
            self._teller.ready(tables, job, now=now)
        else:
            self._teller.failed(tables, job, error, now=now)

    def run(self, hold: Hold) -> None:
        """Go on where the job stands, to its end. Raises Gone, Stopped or JobFailed."""
        job = hold.job
        order = order_from(job.asked.query or "")
        try:
            job = _keep(
                hold, job, Counts(read=job.counts.read, bytes=job.counts.bytes, expected=len(order.formats))
            )
            report = self._press.made(hold.store.read, order)
            for form in order.formats[job.counts.read :]:
                hold.check()
                content = rendered(report, form)
                self._write(job.asked.id, form, content)
                counts = job.counts
                job = _keep(hold, job, replace(counts, read=counts.read + 1, bytes=counts.bytes + len(content)))
            _keep(hold, job, replace(job.counts, total=job.counts.bytes))
        except (InvalidInput, MissingExtra) as error:
            raise JobFailed(error.message) from error
        except OSError as error:
            raise JobFailed(f"cannot write in {self._files.folder}: {error.strerror or error}") from error

    def _write(self, job_id: str, form: str, content: bytes) -> None:
        """Whole or not at all: whoever reads it while it is written reads nothing of it."""
        self._files.make_folder()
        path = self._files.artefact(job_id, form)
        beside = path.with_suffix(f".{form}-part")
        with beside.open("wb") as file:
            file.write(content)
            onto_disk(file)
        os.replace(beside, path)


def _keep(hold: Hold, job: Job, counts: Counts) -> Job:
    step = Step(counts=counts, place=job.place, lease_until=hold.lease_until())

    def keep(tables: Tables) -> bool:
        return tables.jobs.advance(job.seq, hold.token, step)

    if not hold.write(keep):
        raise Gone
    return replace(job, counts=counts)
