"""One soak: hubs, listeners, clients and trouble beside one another; then peace, and the books of what happened."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic

from benchmarks.soak_audiences import AUDIENCES, LEAVING, PAUSED
from benchmarks.soak_client import Book, Client
from benchmarks.soak_crew import Crew
from benchmarks.soak_desk import Desk
from benchmarks.soak_hubs import Hub, start
from benchmarks.soak_listener import SoakListener
from benchmarks.soak_memory import Memory
from benchmarks.soak_nouns import Account, Books
from benchmarks.soak_plan import plan
from benchmarks.soak_trouble import HubTrouble, ListenerTrouble, OperatorWork, follow

HUBS = ("one", "two")
CLIENTS = 4
FIRST_MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`rate` is the number of requests a second of all clients, `drain` the most seconds for what is left at the end;
    with `forgets` the first listener keeps nothing of one event.
    """

    seed: int
    seconds: float
    rate: float
    drain: float
    forgets: bool = False

    def dice(self, whose: str) -> Random:
        return Random(f"{self.seed} {whose}")


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What is compared, and what happened meanwhile; `drained` in seconds, `memory` of all hubs together."""

    books: Books
    trouble: Counter[str]
    faults: Counter[str]
    repeated: int
    given_again: int
    drained: float
    memory: Memory


def soak(folder: Path, wish: Wish) -> Soaked:
    """Raises ChildFailed when a hub does not start or stop as it should, Refused when it refuses what is right."""
    with ExitStack() as stack:
        scene = Scene(folder, wish, stack)
        scene.open()
        scene.suffer()
        scene.make_peace()
        soaked = scene.soaked()
        scene.close()
    return soaked


class Scene:
    """Everybody who takes part; `stack` ends them, however it goes."""

    def __init__(self, folder: Path, wish: Wish, stack: ExitStack) -> None:
        self._wish = wish
        self._over = Event()
        self._ends: list[float] = []
        self._hubs = [Hub(folder, name, self._ends) for name in HUBS]
        self._urls = [hub.url for hub in self._hubs]
        self._listeners = [
            SoakListener(audience, wish.dice(audience.name), forgets=wish.forgets and not number)
            for number, audience in enumerate(AUDIENCES)
        ]
        self._desk = Desk(self._urls)
        self._book = Book()
        self._memory = Memory(first_at=min(FIRST_MINUTE, wish.seconds / 3))
        self._hub_trouble = HubTrouble(self._hubs, self._book, wish.dice("kills"))
        self._listener_trouble = ListenerTrouble(self._listeners)
        self._operator = OperatorWork(self._desk, self._listeners, self._over)
        self._drained = 0.0
        self._stack = stack

    def open(self) -> None:
        for hub in self._hubs:
            self._stack.callback(hub.close)
        self._stack.callback(self._desk.close)
        start(self._hubs)
        for listener in self._listeners:
            self._stack.enter_context(listener)
            self._desk.register(listener)

    def suffer(self) -> None:
        """Clients write and everything fails, for as long as was wished. A client ends when all is known of its work:
        so the hubs are running again before.
        """
        over, begin, seconds = self._over, monotonic(), self._wish.seconds
        trouble, clients = Crew(over), Crew(over)
        dice = self._wish.dice("plan")
        drawn = plan(
            dice,
            seconds=seconds,
            hubs=len(self._hubs),
            listeners=len(self._listeners),
            paused=PAUSED,
            leaving=LEAVING,
        )
        for number in range(CLIENTS):
            clients.start(self._client(number).write_until, over)
        trouble.start(follow, drawn.hubs, self._hub_trouble.happen, begin, over)
        trouble.start(follow, drawn.listeners, self._listener_trouble.happen, begin, over)
        trouble.start(follow, drawn.operator, self._operator.happen, begin, over)
        trouble.start(self._memory.watch, self._hubs, begin, over)
        over.wait(seconds)
        trouble.join()
        clients.join()

    def _client(self, number: int) -> Client:
        name = f"client {number}"
        return Client(name, self._urls, self._book, self._wish.dice(name), CLIENTS / self._wish.rate)

    def make_peace(self) -> None:
        """Nothing fails any more; waits until nothing is left to be told. What is left then the ledger finds."""
        self._listener_trouble.end()
        self._operator.end()
        begin = monotonic()
        for listener in self._listeners:
            self._desk.wait_until_told(
                listener.audience.name,
                sum(listener.audience.wants(change) for change in self._book.accepted),
                within=begin + self._wish.drain - monotonic(),
            )
        self._drained = monotonic() - begin
        self._memory.at_the_end(self._hubs)

    def soaked(self) -> Soaked:
        return Soaked(
            books=self._books(),
            trouble=self._hub_trouble.done + self._listener_trouble.done + self._operator.done,
            faults=sum((listener.faults for listener in self._listeners), Counter()),
            repeated=self._book.repeated,
            given_again=self._book.given_again,
            drained=self._drained,
            memory=self._memory,
        )

    def _books(self) -> Books:
        return Books(
            accepted=self._book.accepted,
            records=self._desk.records(),
            accounts=[
                Account(
                    audience=listener.audience,
                    requests=listener.requests,
                    deliveries=self._desk.deliveries(listener.audience.name),
                )
                for listener in self._listeners
            ],
            ends=list(self._ends),
        )

    def close(self) -> None:
        for hub in self._hubs:
            hub.stop()
