"""One POST on its way: where it stands, until when, and what is told of it in the end."""

from collections.abc import Sequence

from hub.delivery.transport.direct_answer import Answer
from hub.delivery.transport.direct_line import Line
from hub.delivery.transport.direct_route import Route
from hub.delivery.transport.port import Failure, Outgoing, SendResult
from hub.model.delivery import Timing


class Exchange:
    """Times are monotonic seconds, `started` is the wall clock's microseconds.

    `due` is when it has to be looked at again: at its `end`, or earlier while an address has its share of the time.
    `addresses` are those not yet tried, `trouble` is what the last one met; `line` is the connection that it is on.
    """

    # What most exchanges never change stands in the class, so that it is not written for each.
    line: Line | None = None
    addresses: Sequence[str] = ()
    trouble = ""
    peer: str | None = None
    looked_up: float | None = None
    connected: float | None = None
    first_byte: float | None = None
    reused = sent_again = False

    def __init__(self, outgoing: Outgoing, route: Route, started: int, since: float, end: float) -> None:
        self.outgoing = outgoing
        self.route = route
        self.started = started
        self.since = since
        self.end = self.due = end
        if outgoing.began is not None:
            self._set_back(since - outgoing.began)

    def _set_back(self, seconds: float) -> None:
        """Its time has counted for so long already."""
        self.started -= round(seconds * 1e6)
        self.since -= seconds
        self.end = self.due = self.end - seconds

    def answered(self, answer: Answer, now: float) -> SendResult:
        status = answer.status
        told = () if 200 <= status < 300 else answer.headers()
        # By position: names cost as much again, and this is what nearly every attempt comes to.
        return SendResult(
            self.outgoing.key,
            self.started,
            status,
            told,
            answer.body(),
            None,
            None,
            self._timing(now),
            self.peer,
            self.reused,
        )

    def failed(self, failure: Failure, text: str, now: float, answer: Answer | None = None) -> SendResult:
        """`answer` is what there is of one."""
        status = answer.status if answer else 0
        return SendResult(
            key=self.outgoing.key,
            started=self.started,
            status=status or None,
            headers=answer.headers() if answer and status and not 200 <= status < 300 else (),
            body=answer.body() if answer else b"",
            error=failure,
            error_text=text,
            timing=self._timing(now),
            peer_address=self.peer,
            reused=self.reused and status != 0,
        )

    def _timing(self, now: float) -> Timing:
        since, looked_up, connected, first = self.since, self.looked_up, self.connected, self.first_byte
        return Timing(
            None if looked_up is None else (looked_up - since) * 1000,
            None if connected is None else (connected - since) * 1000,
            None,
            None if first is None else (first - since) * 1000,
            (now - since) * 1000,
        )
