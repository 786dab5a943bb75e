"""What is under way: claims are sent, answers come back, and both wait here for the turn that records them."""

from collections.abc import Callable
from functools import partial

from hub.delivery.counts import DeliveryCounts
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listeners
from hub.delivery.outgoing import outgoing_of
from hub.delivery.reception import Reception
from hub.delivery.rendering import Renderings
from hub.delivery.spans import Spans
from hub.delivery.transport.port import SendResult, Transport
from hub.delivery.turn import TurnResult, TurnWork
from hub.model.delivery import Claim
from hub.model.times import Clock, to_micros
from hub.problems.views import shown_event
from hub.store.deliveries import Settlement
from hub.store.tables import Tables


class UnderWay:
    """`settlements` are to be recorded and `released` claims given back, by the next turn."""

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
    ) -> None:
        self._transport = transport
        self._lanes = lanes
        self._listeners = listeners
        self._reception = reception
        self._clock = clock
        self._counts = counts
        self._spans = spans
        self._read = read
        self._flying: dict[int, Claim] = {}
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

    def came_back(self, result: SendResult) -> None:
        self._flying.pop(result.key.delivery, None)
        settlement = self._reception.take(result, self._clock())
        self.settlements.append(settlement)
        self._counts.attempt(settlement.attempt, result.reused)
        self._spans.end(settlement, result.reused)

    def handed_over(self) -> None:
        """A turn has been given what waited."""
        self.settlements, self.released = [], []

    def take_back(self, turn: TurnWork) -> None:
        """A turn was not kept: what it had waits again."""
        self.settlements = [*turn.settlements, *self.settlements]
        self.released = [*turn.released, *self.released]

    def send(self, result: TurnResult) -> None:
        """What may not be sent any more, since the turn was asked for, goes back unsent: it costs no attempt."""
        outgoing = []
        now = to_micros(self._clock())
        renderings = Renderings(result.bodies, partial(shown_event, self._read()))
        of_listener: dict[int, list[Claim]] = {}
        for claim in result.claims:
            of_listener.setdefault(claim.subscription, []).append(claim)
        for subscription, claims in of_listener.items():
            listener = self._listeners.by_seq.get(subscription)
            if listener is None or self._lanes.is_closed_to(subscription, now):
                self.released += claims
                continue
            self._lanes.took(subscription, len(claims), now)
            for claim in claims:
                self._flying[claim.delivery] = claim
                event_id, body = renderings.of(claim.event, listener)
                trace = result.traces.get(claim.event)
                if trace is not None:
                    trace = self._spans.begin(claim, trace, listener)
                outgoing.append(outgoing_of(claim, listener, event_id, body, now // 1_000_000, trace))
        self._transport.submit(outgoing)
