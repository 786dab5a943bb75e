"""What a sender has heard of: new events, other registrations, deliveries that are due."""

from collections import deque
from collections.abc import Iterable

from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listener, Listeners, MakeListener, read_listeners
from hub.store.deliveries import DELIVERIES_CHANGED
from hub.store.events import EVENT_APPENDED
from hub.store.sqlite import Store
from hub.store.subscriptions import SUBSCRIPTIONS_CHANGED

NEW_EVENTS = frozenset({EVENT_APPENDED})
EVERYTHING = (EVENT_APPENDED, DELIVERIES_CHANGED, SUBSCRIPTIONS_CHANGED)


class News:
    """Keeps the listeners and their lanes up to date. `watch` is the time in microseconds between two looks at what
    other processes have committed, which cannot call.
    """

    def __init__(
        self, *, store: Store, listeners: Listeners, lanes: Lanes, make_listener: MakeListener, watch: int
    ) -> None:
        self._store = store
        self._listeners = listeners
        self._lanes = lanes
        self._make_listener = make_listener
        self._watch = watch
        self._heard: deque[str] = deque(EVERYTHING)
        self._version = 0
        self._next_look = 0

    def __bool__(self) -> bool:
        return bool(self._heard)

    def is_news(self, signals: frozenset[str]) -> bool:
        """New events are none while nobody is registered."""
        return signals != NEW_EVENTS or bool(self._listeners.by_seq)

    def add(self, signals: Iterable[str]) -> None:
        """May be called from any thread."""
        self._heard.extend(signals)

    def clock_set(self) -> None:
        self._next_look = 0

    def take(self, now: int) -> set[str]:
        """What was signalled since the last turn; the listeners are read again when they changed."""
        heard = {self._heard.popleft() for _ in range(len(self._heard))}
        if now >= self._next_look:
            heard |= self._look_for_others(now)
        stirred: Iterable[int] = ()
        if SUBSCRIPTIONS_CHANGED in heard:
            stirred = self._read_listeners_or_hear_again(heard, now)
        if DELIVERIES_CHANGED in heard:
            stirred = self._listeners.by_seq
        for subscription in stirred:
            self._lanes.note_due(subscription, now, now)
        return heard

    def _look_for_others(self, now: int) -> set[str]:
        """Whether the database has changed since the last look, by whoever. A turn finds stale listeners itself."""
        self._next_look = now + self._watch
        version = self._store.data_version()
        changed, self._version = version != self._version, version
        return {EVENT_APPENDED} if changed else set()

    def _read_listeners_or_hear_again(self, heard: set[str], now: int) -> list[int]:
        """No event may be fanned out to listeners of yesterday: what was heard waits until they can be read."""
        try:
            return self.read_listeners(now)
        except BaseException:
            self._heard.extend(heard)
            raise

    def read_listeners(self, now: int) -> list[int]:
        """Gives the row numbers of those that came or changed. Raises InvalidSettings."""
        renewals = read_listeners(self._listeners, self._store.read.subscriptions, self._make_listener)
        for before, listener in renewals:
            self._prepare(before, listener, now)
        self._lanes.keep_only(self._listeners.by_seq)
        return [listener.seq for _, listener in renewals]

    def _prepare(self, before: Listener | None, listener: Listener, now: int) -> None:
        options = listener.options
        if before is None or before.options != options:
            rate = options.rate_limit
            self._lanes.configure(listener.seq, in_flight=options.in_flight, rate=rate, now=now)
        if before is not None and listener.active and not before.active:
            self._lanes.begin_anew(listener.seq, now)
        elif before is not None and self._lanes.is_closed_to(listener.seq, now):
            self._release_if_ended(listener.seq, now)

    def _release_if_ended(self, subscription: int, now: int) -> None:
        """A hold ends in the database, by whoever; what is on record still is held."""
        if self._store.read.standings.get(subscription).held_until <= now:
            self._lanes.release(subscription, now)
