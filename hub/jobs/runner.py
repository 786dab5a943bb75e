"""One thread that runs bulk jobs, one after another, and clears away what is kept long enough."""

from functools import partial
from threading import Event, Thread

from hub.errors import StoreUnavailable
from hub.jobs.exports import Exporter
from hub.jobs.fetch import Fetcher
from hub.jobs.hold import LEASE, Gone, Hold, JobFailed, Stopped
from hub.jobs.imports import Importer
from hub.jobs.reports import Reporter, Told
from hub.model.job import Job, JobKind, JobStatus
from hub.model.times import Clock, to_micros
from hub.store.job_files import JobFiles
from hub.store.jobs import JOBS_CHANGED
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger
from hub.telemetry.trails import NotFollowed, Tracing

log = logger("hub.jobs")

WATCH = 1.0
"""Seconds between two looks for jobs of other processes, which cannot call."""

SWEEP = 600.0
"""Seconds between two rounds of clearing away."""

PATIENCE = 30.0
"""Seconds for which a job tries a write again that the database refuses."""


class JobRunner:
    """`keep` is how many seconds a job stays after its end, `keep_reports` how many a management report does."""

    def __init__(
        self,
        *,
        store: Store,
        files: JobFiles,
        exporter: Exporter,
        importer: Importer,
        fetcher: Fetcher,
        reporter: Reporter,
        clock: Clock,
        holder: Holder,
        keep: float,
        keep_reports: float,
        patience: float = PATIENCE,
        tracing: Tracing | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._exporter = exporter
        self._importer = importer
        self._fetcher = fetcher
        self._reporter = reporter
        self._clock = clock
        self._holder = holder
        self._keep = keep
        self._keep_reports = keep_reports
        self._tracing = tracing or NotFollowed()
        self._patience = patience
        self._runs = 0
        self._next_sweep = 0
        self._stopping = Event()
        self._bell = Event()
        self._thread = Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Free what a dead process of this host held, then begin. Raises StoreUnavailable."""
        self._store.listen(self._hear)
        self._store.write(self._free_abandoned)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Take up no further job, and leave the present one after its next step."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _free_abandoned(self, tables: Tables) -> None:
        tables.jobs.release([token for token in tables.jobs.tokens() if self._holder.abandoned(token)])

    def _hear(self, signals: frozenset[str]) -> None:
        if JOBS_CHANGED in signals:
            self._bell.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.step():
                    self._bell.wait(WATCH)
                    self._bell.clear()
            except Exception as error:  # the loop outlives any single failure; the log says which
                log.error("jobs.failed", error=str(error), exc_info=error)
                self._stopping.wait(WATCH)

    def step(self) -> bool:
        """Run the next job to its end; False when there is none. Raises StoreUnavailable."""
        now = to_micros(self._clock())
        if now >= self._next_sweep:
            self._next_sweep = now + round(SWEEP * 1e6)
            self._sweep(now)
        if not self._store.read.jobs.is_any_due(now):
            return False
        self._runs += 1
        token = self._holder.token(self._runs)
        lease_until = now + round(LEASE * 1e6)
        job = self._store.write(lambda tables: tables.jobs.claim(token, now=now, lease_until=lease_until))
        if job is not None:
            self._do(job, token)
        return job is not None

    def _do(self, job: Job, token: str) -> None:
        hold = Hold(
            job=job,
            token=token,
            store=self._store,
            clock=self._clock,
            stopped=self._stopping.is_set,
            patience=self._patience,
        )
        log.info("job.began", job=job.asked.id, kind=job.asked.kind, place=job.place)
        try:
            with self._tracing.work(job.asked.kind.value, {"qos_hub.job.id": job.asked.id}):
                self._run_to_end(hold)
        except Gone:
            log.info("job.gone", job=job.asked.id)
        except Stopped:
            self._store.write(lambda tables: tables.jobs.release([token]))
        except JobFailed as failure:
            self._finish(hold, str(failure))
        except StoreUnavailable as error:
            self._finish(hold, f"the database cannot be used: {error.message}")
        except Exception as error:  # a fault of ours must not run the job again and again
            log.error("job.broke", job=job.asked.id, error=str(error), exc_info=error)
            self._finish(hold, "the hub failed; its log says why")
        else:
            self._finish(hold, None)

    def _run_to_end(self, hold: Hold) -> None:
        if hold.job.asked.kind is JobKind.EXPORT:
            self._exporter.run(hold)
            return
        if hold.job.asked.kind is JobKind.REPORT:
            self._reporter.run(hold)
            return
        if hold.job.asked.url is not None and hold.job.counts.total is None:
            self._fetcher.run(hold)
        self._importer.run(hold)

    def _finish(self, hold: Hold, error: str | None) -> None:
        """Tell how the job ended, as soon as the database takes it; a stop leaves it to the next start."""
        job = hold.job
        if error is not None and job.asked.kind is JobKind.EXPORT:
            self._files.remove([job.asked.id])
        status = JobStatus.SUCCEEDED if error is None else JobStatus.FAILED
        log.info("job.ended", job=job.asked.id, status=status, error=error)
        told = self._reporter.tell if job.asked.kind is JobKind.REPORT else None
        work = partial(_end, hold=hold, status=status, error=error, told=told)
        while True:
            try:
                return self._store.write(work)
            except StoreUnavailable as refused:
                log.error("job.unkept", job=job.asked.id, error=refused.message)
            if self._stopping.wait(WATCH):
                return None

    def _sweep(self, now: int) -> None:
        """Forget jobs that ended long ago, and files and errors that no job has any more."""
        outdated = self._store.read.jobs.outdated(
            now - round(self._keep * 1e6), reports_before=now - round(self._keep_reports * 1e6)
        )
        if outdated:
            self._store.write(lambda tables: [tables.jobs.delete(job_id) for job_id in outdated])
        self._files.remove(self._files.ids() - self._store.read.jobs.ids())
        while not self._stopping.is_set() and self._store.write(lambda tables: tables.jobs.trim_errors()):
            pass


def _end(tables: Tables, *, hold: Hold, status: JobStatus, error: str | None, told: Told | None) -> None:
    now = to_micros(hold.clock())
    ended = tables.jobs.finish(hold.job.seq, hold.token, status=status, error=error, now=now)
    if ended and told is not None:
        told(tables, hold.job, error, now=now)
