"""The portable transport: `requests` on a pool of threads, one request a thread at a time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, local

from hub.delivery.resolve import Resolver
from hub.delivery.transport.port import Closed, Failure, Outgoing, SendResult
from hub.delivery.transport.requests_attempt import Attempt, Job, Trust
from hub.delivery.transport.requests_line import Line, PinnedAdapter
from hub.model.times import Clock, system_clock, to_micros
from hub.subscriptions.addresses import AddressGuard


class RequestsTransport:
    """Implements `Transport`; `max_connections` is the number of threads, which are made as they are needed.

    `requests` knows timeouts for single steps only, so `wait` cuts the line of whatever is over its deadline.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        resolver: Resolver,
        deadline: float = 15.0,
        response_limit: int = 8192,
        max_connections: int = 512,
        ca_file: str | None = None,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._deadline = deadline
        self._limit = response_limit
        self._trust = Trust(ca_file)
        self._clock = clock
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(max_workers=max_connections, thread_name_prefix="send")
        self._own = local()
        self._adapters: list[PinnedAdapter] = []
        self._jobs: dict[Job, None] = {}
        self._done: list[tuple[Job, SendResult]] = []
        self._changed = Condition()
        self._woken = False

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        started, now = to_micros(self._clock()), self._monotonic()
        for each in outgoing:
            ago = 0.0 if each.began is None else now - each.began
            line = Line(self._guard, now - ago + self._deadline, self._monotonic)
            job = Job(outgoing=each, started=started - round(ago * 1e6), since=now - ago, line=line)
            self._jobs[job] = None
            try:
                self._threads.submit(self._work, job)
            except RuntimeError as error:
                self._refuse(job, str(error))

    def _refuse(self, job: Job, why: str) -> None:
        """No thread could be made for it; one of the others may still take it up, and finds it cut."""
        job.cut()
        del self._jobs[job]
        result = SendResult(key=job.outgoing.key, started=job.started, error=Failure.NO_RESOURCES, error_text=why)
        with self._changed:
            self._done.append((job, result))

    def wait(self, timeout: float | None) -> list[SendResult]:
        end = None if timeout is None else self._monotonic() + timeout
        with self._changed:
            while not (self._done or self._woken):
                left = None if end is None else end - self._monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(_shorter(left, self._cut_overdue()))
            self._woken = False
            return self._take()

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify()

    def in_flight(self) -> int:
        return len(self._jobs)

    def close(self, grace: float) -> Closed:
        end = self._monotonic() + grace
        finished: list[SendResult] = []
        while self._jobs and (left := end - self._monotonic()) > 0:
            finished += self.wait(left)
        with self._changed:
            finished += self._take()
            broken_off = list(self._jobs)
            self._jobs.clear()
        for job in broken_off:
            job.cut()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for adapter in self._adapters:
            adapter.close()
        return Closed(finished=finished, unfinished=[job.outgoing for job in broken_off])

    def _take(self) -> list[SendResult]:
        """What is done and not given back yet; the caller holds the lock."""
        done, self._done = self._done, []
        for job, _ in done:
            self._jobs.pop(job, None)
        return [result for _, result in done]

    def _cut_overdue(self) -> float | None:
        """Ends what is over its deadline; gives the seconds until the next one."""
        now = self._monotonic()
        under_way = [job for job in self._jobs if not job.line.cut_off]
        for job in under_way:
            if job.line.end <= now:
                job.cut()
        return min((job.line.end - now for job in under_way if job.line.end > now), default=None)

    def _work(self, job: Job) -> None:
        result = self._sent(job)
        job.line.release()
        if result.error is Failure.NO_RESOURCES:
            self._adapter().close()  # its connections that rest; those of other threads are theirs
        with self._changed:
            if job in self._jobs:
                self._done.append((job, result))
                self._changed.notify()

    def _sent(self, job: Job) -> SendResult:
        try:
            return Attempt(job, self._resolver, self._adapter(), self._trust, self._limit, self._monotonic).run()
        except Exception as error:
            # The outermost frame of a thread: a request must come back even when our own code is wrong.
            return SendResult(
                key=job.outgoing.key, started=job.started, error=Failure.BROKEN, error_text=f"internal: {error!r}"
            )

    def _adapter(self) -> PinnedAdapter:
        """The adapter of this thread, with its kept connections."""
        if not hasattr(self._own, "adapter"):
            self._own.adapter = PinnedAdapter()
            self._adapters.append(self._own.adapter)
        adapter: PinnedAdapter = self._own.adapter
        return adapter


def _shorter(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)
