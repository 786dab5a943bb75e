"""What a sender counts of its attempts, leases and turns: plain numbers of its own thread, read by whoever scrapes."""

from collections import defaultdict
from collections.abc import Iterator

from hub.delivery.notices import Condition
from hub.delivery.outcome import RECORDED
from hub.delivery.turn import TurnResult
from hub.model.delivery import Attempt, Timing
from hub.telemetry import catalogue
from hub.telemetry.histogram import QUICK, REMOTE, Histogram
from hub.telemetry.metric import Reading

CLAIMED, RENEWED, LOST, EXPIRED = "claimed", "renewed", "lost", "expired"
NOTICES = (*(condition.value for condition in Condition), "dead")


class DeliveryCounts:
    def __init__(self) -> None:
        self._attempts: dict[str, int] = defaultdict(int, dict.fromkeys(map(str, RECORDED), 0))
        self._leases = dict.fromkeys((CLAIMED, RENEWED, LOST, EXPIRED), 0)
        self._notices: dict[str, int] = defaultdict(int, dict.fromkeys(NOTICES, 0))
        self._new = self._reused = self._refused = 0
        self._name, self._connect, self._tls, self._first_byte, self._total = (Histogram(REMOTE) for _ in range(5))
        self._turns = Histogram(QUICK)

    def attempt(self, attempt: Attempt, reused: bool) -> None:
        """An attempt has ended: this is on the way of every delivery."""
        self._attempts[attempt.outcome] += 1
        timing = attempt.timing
        self._total.observe(timing.total * 0.001)
        before = timing.name_lookup or 0.0
        if reused:
            self._reused += 1
        elif timing.connect is not None:
            before = self._connection(timing, timing.connect)
        if timing.first_byte is not None:
            self._first_byte.observe((timing.first_byte - before) * 0.001)

    def _connection(self, timing: Timing, connected: float) -> float:
        """A new connection; gives when it was ready, in milliseconds."""
        looked_up = timing.name_lookup or 0.0
        self._new += 1
        self._name.observe(looked_up * 0.001)
        self._connect.observe((connected - looked_up) * 0.001)
        if timing.tls is None:
            return connected
        self._tls.observe((timing.tls - connected) * 0.001)
        return timing.tls

    def turn(self, result: TurnResult, seconds: float) -> None:
        """A turn was committed, `seconds` after it was asked for."""
        self._turns.observe(seconds)
        leases = self._leases
        leases[CLAIMED] += len(result.claims)
        leases[RENEWED] += result.renewed
        leases[LOST] += len(result.lost)
        leases[EXPIRED] += result.expired
        for kind, count in result.notices.items():
            self._notices[kind] += count

    def refused(self) -> None:
        """The database did not take a turn."""
        self._refused += 1

    def readings(self) -> Iterator[Reading]:
        for metric, counts in (
            (catalogue.ATTEMPTS, self._attempts),
            (catalogue.LEASES, self._leases),
            (catalogue.NOTICES, self._notices),
            (catalogue.CONNECTIONS, {"new": self._new, "reused": self._reused}),
        ):
            for label, count in counts.copy().items():
                yield Reading(metric, count, (label,))
        for phase, histogram in (
            ("name", self._name),
            ("connect", self._connect),
            ("tls", self._tls),
            ("firstByte", self._first_byte),
            ("total", self._total),
        ):
            yield Reading(catalogue.ATTEMPT_SECONDS, histogram, (phase,))
        yield Reading(catalogue.TURN_SECONDS, self._turns)
        yield Reading(catalogue.TURNS_REFUSED, self._refused)
