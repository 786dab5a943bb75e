"""The bulk jobs that a caller may know of, and how they look."""

from hub.api.jobs_view import job_view
from hub.api.messages import Request
from hub.errors import NotFound, Violation
from hub.model.job import Job, JobKind
from hub.model.problem import Document
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.store.tables import Tables

ERRORS_SHOWN = 20


class KnownJobs:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(self, *, store: Store, files: JobFiles, base_url: str) -> None:
        self._store = store
        self._files = files
        self._base_url = base_url

    def url(self, kind: JobKind) -> str:
        return f"{self._base_url}/{kind}"

    def asked(self, kind: JobKind, request: Request) -> Job:
        """The job that a request names. Raises NotFound."""
        return self.job(self._store.read, kind, request.path_params["id"], request.caller.party)

    def job(self, tables: Tables, kind: JobKind, job_id: str, party: str | None) -> Job:
        """Raises NotFound, also for what another party asked for."""
        job = tables.jobs.get(job_id)
        if job is None or job.asked.kind is not kind or party not in (None, job.asked.party):
            raise missing_job(kind, job_id)
        return job

    def asked_view(self, kind: JobKind, request: Request) -> Document:
        return self.view(self._store.read, self.asked(kind, request))

    def view(self, tables: Tables, job: Job) -> Document:
        errors = tables.jobs.errors(job.seq, limit=ERRORS_SHOWN) if job.counts.failed else []
        held = self._files.size(job.asked.id) if job.asked.kind is JobKind.IMPORT else 0
        return job_view(job, [error for _, error in errors], base_url=self._base_url, held=held)


def missing_job(kind: JobKind, job_id: str) -> NotFound:
    return NotFound(violations=[Violation(field="id", value=job_id, message=f"no {kind} {job_id}")])
