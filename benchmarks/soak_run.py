"""One soak: hubs, listeners, clients and trouble beside one another; then peace, and the books of what happened."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from time import monotonic

from benchmarks.soak_client import Book, Client
from benchmarks.soak_desk import Desk
from benchmarks.soak_hubs import Hub, start
from benchmarks.soak_listener import SoakListener
from benchmarks.soak_memory import Memory
from benchmarks.soak_nouns import STATUS, Account, Audience, Books
from benchmarks.soak_plan import plan
from benchmarks.soak_trouble import HubTrouble, ListenerTrouble, OperatorWork, follow

AUDIENCES = (
    Audience(name="by report"),
    Audience(name="one by one", order="subscription"),
    Audience(name="in any order", order="none"),
    Audience(name="at v4", face="v4"),
    Audience(name="status only", kind=STATUS),
    Audience(name="urgent at v4", face="v4", priority=1),
    Audience(name="urgent, one by one", order="subscription", priority=1),
    Audience(name="signed twice", signatures=("v1", "v1a")),
    Audience(name="paused"),
    Audience(name="gone and back"),
)
PAUSED, LEAVING = 8, 9
HUBS = ("one", "two")
CLIENTS = 4


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


class Crew:
    """Threads that work until `over`; what one of them raises ends the run, and is raised again by `join`."""

    def __init__(self, over: Event) -> None:
        self._over = over
        self._threads: list[Thread] = []
        self._errors: list[BaseException] = []
        self._lock = Lock()

    def start(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                with self._lock:
                    self._errors.append(error)
                self._over.set()

        thread = Thread(target=guarded, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]


def soak(folder: Path, wish: Wish) -> Soaked:
    """Raises ChildFailed when a hub does not start or stop as it should, Refused when it refuses what is right."""
    ends: list[float] = []
    with ExitStack() as stack:
        hubs = [Hub(folder, name, ends) for name in HUBS]
        for hub in hubs:
            stack.callback(hub.close)
        start(hubs)
        desk = Desk([hub.url for hub in hubs])
        stack.callback(desk.close)
        listeners = [
            stack.enter_context(
                SoakListener(audience, Random(f"{wish.seed} {audience.name}"), forgets=wish.forgets and not number)
            )
            for number, audience in enumerate(AUDIENCES)
        ]
        for listener in listeners:
            desk.register(listener)
        soaked = _run(wish, hubs, listeners, desk, ends)
        for hub in hubs:
            hub.stop()
    return soaked


def _run(
    wish: Wish, hubs: Sequence[Hub], listeners: Sequence[SoakListener], desk: Desk, ends: list[float]
) -> Soaked:
    book, memory = Book(), Memory(first_at=min(60.0, wish.seconds / 3))
    hub_trouble = HubTrouble(hubs, book, Random(f"{wish.seed} kills"))
    listener_trouble = ListenerTrouble(listeners)
    operator = OperatorWork(desk, listeners)
    drawn = plan(
        Random(wish.seed),
        seconds=wish.seconds,
        hubs=len(hubs),
        listeners=len(listeners),
        paused=PAUSED,
        leaving=LEAVING,
    )
    over, begin = Event(), monotonic()
    crew, clients = Crew(over), Crew(over)
    for number in range(CLIENTS):
        dice = Random(f"{wish.seed} client {number}")
        client = Client(f"client {number}", [hub.url for hub in hubs], book, dice, CLIENTS / wish.rate)
        clients.start(lambda client=client: client.write_until(over))  # type: ignore[misc]
    crew.start(lambda: follow(drawn.hubs, hub_trouble.happen, begin, over))
    crew.start(lambda: follow(drawn.listeners, listener_trouble.happen, begin, over))
    crew.start(lambda: follow(drawn.operator, operator.happen, begin, over))
    crew.start(lambda: memory.watch(hubs, begin, over))
    over.wait(wish.seconds)
    crew.join()
    clients.join()
    listener_trouble.end()
    operator.end()
    drained = _drain(desk, listeners, book, wish.drain)
    memory.at_the_end(hubs)
    return Soaked(
        books=_books(desk, listeners, book, ends),
        trouble=hub_trouble.done
        + Counter(
            {"outage": listener_trouble.outages, "storm": listener_trouble.storms, "410": operator.was_disabled}
        ),
        faults=sum((listener.faults for listener in listeners), Counter()),
        repeated=book.repeated,
        given_again=book.given_again,
        drained=drained,
        memory=memory,
    )


def _drain(desk: Desk, listeners: Sequence[SoakListener], book: Book, within: float) -> float:
    """Seconds until nothing was left to be told, or `within`; what is left then is for the ledger to find."""
    begin = monotonic()
    for listener in listeners:
        audience = listener.audience
        expected = sum(audience.wants(change) for change in book.accepted)
        left = begin + within - monotonic()
        desk.wait_for(lambda: not desk.is_waiting_for(audience.name, expected), left)  # noqa: B023
    return monotonic() - begin


def _books(desk: Desk, listeners: Sequence[SoakListener], book: Book, ends: list[float]) -> Books:
    return Books(
        accepted=book.accepted,
        records=desk.records(),
        accounts=[
            Account(
                audience=listener.audience,
                requests=listener.requests,
                deliveries=desk.deliveries(listener.audience.name),
            )
            for listener in listeners
        ],
        ends=list(ends),
    )
