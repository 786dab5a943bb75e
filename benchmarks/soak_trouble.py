"""What goes wrong in a soak, as its plan says: hubs are killed and restarted, listeners fail, an operator steps in."""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from threading import Event
from time import monotonic

from benchmarks.soak_client import Book
from benchmarks.soak_desk import Desk
from benchmarks.soak_hubs import Hub, start
from benchmarks.soak_listener import CALM, STORM, SoakListener
from benchmarks.soak_plan import Incident, What

DISABLED_WITHIN = 60.0
WRITES_WITHIN = 2.0


def follow(incidents: Sequence[Incident], happen: Callable[[Incident], None], begin: float, over: Event) -> None:
    """Each at its time, or as soon as the one before it is done; none after `over`."""
    for incident in incidents:
        if over.wait(max(0.0, begin + incident.time - monotonic())):
            return
        happen(incident)


class HubTrouble:
    """The first kill and every second after it come in the middle of a write: of a request without its answer."""

    def __init__(self, hubs: Sequence[Hub], book: Book, dice: Random) -> None:
        self.done: Counter[str] = Counter()
        self._hubs = hubs
        self._book = book
        self._dice = dice
        self._kills = 0
        self._moment = Event()

    def happen(self, incident: Incident) -> None:
        hubs = [self._hubs[number] for number in incident.targets]
        if incident.what is What.KILL:
            self.done["in a write" if self._waits_for_a_write() else "at any moment"] += len(hubs)
            for hub in hubs:
                hub.kill()
            self._moment.wait(self._dice.uniform(0.0, 1.0))
        else:
            self.done["restart"] += len(hubs)
            for hub in hubs:
                hub.stop()
        start(hubs)

    def _waits_for_a_write(self) -> bool:
        self._kills += 1
        if self._kills % 2 == 0:
            return False
        deadline = monotonic() + WRITES_WITHIN
        while not self._book.writing and monotonic() < deadline:
            self._moment.wait(0.0005)
        self._moment.wait(self._dice.uniform(0.0, 0.004))
        return True


class ListenerTrouble:
    def __init__(self, listeners: Sequence[SoakListener]) -> None:
        self.done: Counter[str] = Counter()
        self._listeners = listeners

    def happen(self, incident: Incident) -> None:
        for number in incident.targets:
            listener = self._listeners[number]
            match incident.what:
                case What.STORM:
                    self.done["storm"] += 1
                    listener.trouble = STORM
                case What.OUTAGE:
                    self.done["outage"] += 1
                    listener.stop()
                case _:
                    self.calm(listener)

    def calm(self, listener: SoakListener, trouble: float = CALM) -> None:
        """There again, with as few faults as that."""
        listener.trouble = trouble
        if not listener.is_listening:
            listener.start()

    def end(self) -> None:
        for listener in self._listeners:
            self.calm(listener, trouble=0.0)


class OperatorWork:
    """One registration is paused and resumed; one listener says 410, is disabled, and is enabled again."""

    def __init__(self, desk: Desk, listeners: Sequence[SoakListener], over: Event) -> None:
        self.done: Counter[str] = Counter()
        self._over = over
        self._desk = desk
        self._listeners = listeners

    def happen(self, incident: Incident) -> None:
        for number in incident.targets:
            listener = self._listeners[number]
            name = listener.audience.name
            if incident.what is What.PAUSE:
                self._desk.patch(name, state="paused", stateReason="a soak")
                self.done["pause"] += 1
            elif incident.what is What.RESUME:
                self._desk.patch(name, state="active")
            elif incident.what is What.GONE:
                self._lets_go(listener)

    def _lets_go(self, listener: SoakListener) -> None:
        name = listener.audience.name
        listener.is_gone = True
        self._desk.wait_for(lambda: self._over.is_set() or self._is_disabled(name), DISABLED_WITHIN)
        self.done["disabled by 410"] += self._is_disabled(name)
        listener.is_gone = False
        self._desk.patch(name, state="active")

    def _is_disabled(self, name: str) -> bool:
        return bool(self._desk.registration(name)["state"] == "disabled")

    def end(self) -> None:
        """Whatever the plan did not come to: everybody is told again."""
        for listener in self._listeners:
            listener.is_gone = False
            self._desk.patch(listener.audience.name, state="active")
