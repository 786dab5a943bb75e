"""One POST on its way: where it stands, until when, and what is told of it in the end."""

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

    __slots__ = (
        "addresses",
        "connected",
        "due",
        "end",
        "first_byte",
        "line",
        "looked_up",
        "outgoing",
        "peer",
        "reused",
        "route",
        "sent_again",
        "since",
        "started",
        "trouble",
    )

    def __init__(self, outgoing: Outgoing, route: Route, started: int, since: float, end: float) -> None:
        self.outgoing = outgoing
        self.route = route
        self.started = started
        self.since = since
        self.end = self.due = end
        self.looked_up: float | None = None
        self.connected: float | None = None
        self.first_byte: float | None = None
        self.line: Line | None = None
        self.addresses: list[str] = []
        self.trouble = ""
        self.peer: str | None = None
        self.reused = self.sent_again = False

    def answered(self, answer: Answer, now: float) -> SendResult:
        status = answer.status
        return SendResult(
            key=self.outgoing.key,
            started=self.started,
            status=status,
            headers=() if 200 <= status < 300 else answer.headers(),
            body=answer.body(),
            timing=self._timing(now),
            peer_address=self.peer,
            reused=self.reused,
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
            name_lookup=None if looked_up is None else (looked_up - since) * 1000,
            connect=None if connected is None else (connected - since) * 1000,
            first_byte=None if first is None else (first - since) * 1000,
            total=(now - since) * 1000,
        )
