"""What is under way: claims are sent, answers come back, and both wait here for the turn that records them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from hub.delivery.counts import DeliveryCounts
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listener, Listeners
from hub.delivery.outgoing import outgoing_of
from hub.delivery.reception import Reception
from hub.delivery.rendering import Renderings
from hub.delivery.spans import Spans
from hub.delivery.transport.port import Failure, Outgoing, SendResult, Transport
from hub.delivery.turn import TurnResult, TurnWork
from hub.faces import EVENT_RENDERERS, EventRenderer
from hub.model.delivery import Claim
from hub.model.times import Clock, to_micros
from hub.problems.views import shown_event
from hub.store.deliveries import Settlement
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.delivery")

NO_RESOURCES = Failure.NO_RESOURCES


class UnderWay:
    """`settlements` are to be recorded and `released` claims given back, by the next turn.

    `want` is what this process was out of when something could not be sent, None when it had what it needs.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        lanes: Lanes,
        listeners: Listeners,
        reception: Reception,
        clock: Clock,
        counts: DeliveryCounts,
        spans: Spans,
        read: Callable[[], Tables],
        renderers: Mapping[str, EventRenderer] = EVENT_RENDERERS,
    ) -> None:
        self._transport = transport
        self._lanes = lanes
        self._listeners = listeners
        self._reception = reception
        self._clock = clock
        self._counts = counts
        self._spans = spans
        self._read = read
        self._renderers = renderers
        self._flying: dict[int, Claim] = {}
        self._seen: dict[Claim, float] = {}
        self.want: str | None = None
        self.settlements: list[Settlement] = []
        self.released: list[Claim] = []

    @property
    def flying(self) -> list[Claim]:
        """The claims that are with the transport."""
        return list(self._flying.values())

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything for a turn to record."""
        return bool(self.settlements or self.released)

    def came_back(self, results: Sequence[SendResult]) -> None:
        now = self._clock()
        for result in results:
            claim: Claim = result.key
            if self._flying.get(claim.delivery) is not claim:
                continue  # It was given up before.
            del self._flying[claim.delivery]
            if result.error is NO_RESOURCES:
                self.want = result.error_text
                self._give_back(claim)
                continue
            settlement = self._reception.take(result, now)
            self.settlements.append(settlement)
            self._counts.attempt(settlement.attempt, result.reused)
            self._spans.end(settlement, result.reused)

    def give_up(self, now: float, after: float) -> None:
        """Gives back what has been seen under way for so many seconds: no transport will bring it any more.

        `now` is monotonic. To be called from time to time.
        """
        self._seen = {claim: self._seen.get(claim, now) for claim in self._flying.values()}
        for claim, since in self._seen.items():
            if now - since > after:
                log.error("delivery.given_up", delivery=claim.delivery, seconds=round(now - since, 3))
                del self._flying[claim.delivery]
                self._give_back(claim)

    def _give_back(self, claim: Claim) -> None:
        self._lanes.took_back(claim.subscription, to_micros(self._clock()))
        self.released.append(claim)

    def handed_over(self) -> None:
        """A turn has been given what waited."""
        self.settlements, self.released = [], []

    def take_back(self, turn: TurnWork) -> None:
        """A turn was not kept: what it had waits again."""
        self.settlements = [*turn.settlements, *self.settlements]
        self.released = [*turn.released, *self.released]

    def send(self, result: TurnResult) -> None:
        """What may not be sent any more, since the turn was asked for, goes back unsent: it costs no attempt.

        So does everything when the transport raises.
        """
        outgoing = []
        now = to_micros(self._clock())
        renderings = Renderings(result.bodies, partial(shown_event, self._read()), self._renderers)
        of_listener: dict[int, list[Claim]] = {}
        for claim in result.claims:
            of_listener.setdefault(claim.subscription, []).append(claim)
        for subscription, claims in of_listener.items():
            listener = self._listeners.by_seq.get(subscription)
            if listener is None or self._lanes.is_closed_to(subscription, now):
                self.released += claims
                continue
            self._lanes.took(subscription, len(claims), now)
            self._flying.update((claim.delivery, claim) for claim in claims)
            outgoing += self._written(claims, listener, renderings, result.traces, now)
        self._submit(outgoing)

    def _written(
        self,
        claims: Sequence[Claim],
        listener: Listener,
        renderings: Renderings,
        traces: Mapping[int, str],
        now: int,
    ) -> list[Outgoing]:
        """The requests to one listener; what cannot be written is an attempt that failed."""
        written = []
        for claim in claims:
            try:
                event_id, body = renderings.of(claim.event, listener)
                trace = traces.get(claim.event)
                if trace is not None:
                    trace = self._spans.begin(claim, trace, listener)
                signed = to_micros(self._clock())  # Each for itself: a retired key ends to the instant.
                written.append(outgoing_of(claim, listener, event_id, body, signed, trace))
            except Exception as error:  # a fault of ours in one event must not keep the others
                self._could_not_write(claim, now, error)
        return written

    def _could_not_write(self, claim: Claim, now: int, error: Exception) -> None:
        log.error("delivery.not_written", delivery=claim.delivery, error=repr(error), exc_info=error)
        text = f"internal: {type(error).__name__}"
        self.came_back([SendResult(key=claim, started=now, error=Failure.BROKEN, error_text=text)])

    def _submit(self, outgoing: Sequence[Outgoing]) -> None:
        try:
            self._transport.submit(outgoing)
        except BaseException:
            for each in outgoing:
                if self._flying.pop(each.key.delivery, None) is not None:
                    self._give_back(each.key)
            raise
