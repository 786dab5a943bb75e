"""What a registration is bounded by: an instant, or a number of events, after which nothing more is told."""

from dataclasses import dataclass, field, replace

from hub.delivery.listeners import Listener
from hub.model.event import Event
from hub.model.standing import Standing
from hub.model.times import micros_to_text
from hub.store.standings import Standings


@dataclass(kw_only=True)
class Bounds:
    """Counts the events of one fan-out for the listeners that may be told of so many only; `close` keeps the counts."""

    standings: Standings
    _counted: dict[int, Standing] = field(default_factory=dict)

    def admit(self, listener: Listener, event: Event) -> bool:
        """Whether the listener is told of this event; if so, it counts. An event of before the end is still told."""
        options = listener.options
        if options.expires_at is not None and event.time >= options.expires_at:
            return False
        if options.max_events is None:
            return True
        standing = self._counted.get(listener.seq) or self.standings.get(listener.seq)
        if standing.events >= options.max_events:
            return False
        self._counted[listener.seq] = replace(standing, events=standing.events + 1)
        return True

    def close(self) -> None:
        for standing in self._counted.values():
            self.standings.put(standing)


def end_of(listener: Listener, standing: Standing, now: int) -> str | None:
    """Why nothing more is told to this listener; None while something may be."""
    options = listener.options
    if options.expires_at is not None and now >= options.expires_at:
        return f"the registration expired at {micros_to_text(options.expires_at)}"
    if options.max_events is not None and standing.events >= options.max_events:
        events = "1 event" if options.max_events == 1 else f"{options.max_events} events"
        return f"the registration was for {events}, and is told of no more"
    return None
