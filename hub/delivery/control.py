"""Calls that are no deliveries: for a token, and for a listener's consent. They wait, so each needs a thread."""

import time
from collections.abc import Callable
from threading import Timer

from hub.delivery.resolve import Resolver
from hub.delivery.transport.port import Failure, Outgoing, SendResult
from hub.delivery.transport.requests_attempt import Attempt, Job, Trust
from hub.delivery.transport.requests_line import Line, PinnedAdapter
from hub.model.times import Clock, system_clock, to_micros
from hub.subscriptions.addresses import AddressGuard


class ControlClient:
    """Sends by `requests`, whatever sends the deliveries: under the same guard, within one deadline, on a fresh line.

    Of an answer no more than `limit` bytes are read. Any thread may call.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        resolver: Resolver,
        deadline: float = 15.0,
        limit: int = 65_536,
        ca_file: str | None = None,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._deadline = deadline
        self._limit = limit
        self._trust = Trust(ca_file)
        self._clock = clock
        self._monotonic = monotonic

    def call(self, outgoing: Outgoing, *, method: str = "POST") -> SendResult:
        """What became of it, with the headers of a success as well; never raises for what the other side does."""
        now = self._monotonic()
        since = now if outgoing.began is None else outgoing.began
        job = Job(
            outgoing=outgoing,
            started=to_micros(self._clock()),
            since=since,
            line=Line(self._guard, since + self._deadline, self._monotonic),
            method=method,
            headers_of_success=True,
        )
        if job.line.end <= now:
            return SendResult(
                key=outgoing.key, started=job.started, error=Failure.TIMEOUT, error_text="no time was left"
            )
        # `requests` knows timeouts for single steps only.
        timer = Timer(job.line.end - now, job.cut)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError as error:
            return SendResult(
                key=outgoing.key, started=job.started, error=Failure.NO_RESOURCES, error_text=str(error)
            )
        adapter = PinnedAdapter()
        try:
            return Attempt(job, self._resolver, adapter, self._trust, self._limit, self._monotonic).run()
        finally:
            timer.cancel()
            job.line.release()
            adapter.close()
