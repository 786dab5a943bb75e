"""What one delivery costs the whole sender: an outbox of events is fanned out, claimed, signed, sent and recorded."""

import json
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.children import SERVER_CORE, ChildFailed, Process, python, running
from benchmarks.measure import Repeats, Sample
from benchmarks.nginx import Sink
from benchmarks.reports import EVENTS_PER_REPORT, LATER, fill
from benchmarks.sender import settings_of

GIVEN_UP_AFTER = 120.0
LOOK = 0.005
"""Seconds between looks at the sink's counter."""


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """A filled database: each of `listeners` is owed `events`, and `deliveries` can arrive at the sink."""

    database: Path
    listeners: int
    events: int
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the sender is set."""

    synchronous: str = "FULL"
    level: str = "warning"


@dataclass(frozen=True, kw_only=True)
class Sent(Sample):
    memory_mb: float


def outbox(folder: Path, sink: Sink, *, listeners: int, reports: int, hanging: str | None = None) -> Outbox:
    """`hanging` is the callback of one more listener, which is owed the same and never answers."""
    database = folder / f"outbox-{listeners}-{'hanging' if hanging else 'sound'}.db"
    callbacks = [*([hanging] if hanging else []), *[f"{sink.url}/e/{number}" for number in range(listeners)]]
    fill(settings_of(database), reports=reports, changes=LATER, callbacks=callbacks)
    events = reports * EVENTS_PER_REPORT
    return Outbox(database=database, listeners=len(callbacks), events=events, deliveries=events * listeners)


def send(filled: Outbox, sink: Sink, way: Way, folder: Path) -> Sent:
    """Send a copy of the outbox; the clock stops when the last delivery is at the sink."""
    database, log = folder / "sender.db", folder / "sender.log"
    shutil.copy(filled.database, database)
    shutil.copy(f"{filled.database}.key", f"{database}.key")
    options = ["--synchronous", way.synchronous, "--level", way.level]
    with running(python("benchmarks.sender", str(database), *options), core=SERVER_CORE, log=log) as child:
        read_line(child, log)
        sink.begin()
        tell(child, "start")
        _wait(sink, filled.deliveries, child, log)
        end = time.monotonic()
        tell(child, "stop")
        report = json.loads(read_line(child, log))
        child.wait(30)
    assert sink.count() == filled.deliveries, f"{sink.count()} arrived of {filled.deliveries}"
    refuse_unrecorded(database, filled.deliveries)
    _forget(database)
    wall = end - report["begin"]
    return Sent(count=filled.deliveries, wall=wall, cpu=report["cpu"], memory_mb=report["memory_mb"])


def tell(child: Process, word: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{word}\n")
    child.stdin.flush()


def read_line(child: Process, log: Path) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise ChildFailed(f"the sender ended: {log.read_text()[-800:]}")
    return line


def _wait(sink: Sink, count: int, child: Process, log: Path) -> None:
    deadline = time.monotonic() + GIVEN_UP_AFTER
    while sink.count() < count:
        if child.poll() is not None or time.monotonic() > deadline:
            raise ChildFailed(f"{sink.count()} of {count} deliveries arrived: {log.read_text()[-800:]}")
        time.sleep(LOOK)


def refuse_unrecorded(database: Path, deliveries: int) -> None:
    """Every delivery that arrived is also on record, with one attempt."""
    connection = sqlite3.connect(database)
    query = "SELECT count(*), sum(attempts) FROM delivery WHERE state = 'delivered'"
    recorded = tuple(connection.execute(query).fetchone())
    connection.close()
    assert recorded == (deliveries, deliveries), f"recorded {recorded}, arrived {deliveries}"


def _forget(database: Path) -> None:
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


@contextmanager
def never_answering() -> Iterator[str]:
    """The URL of a listener that takes a connection and a request, and then says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as door:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/hangs"


WAYS = {
    f"{listeners} listener{'s' if listeners > 1 else ''}, {way.synchronous}, log {way.level}": (listeners, way)
    for listeners, way in (
        (1, Way(synchronous="NORMAL")),
        (1, Way()),
        (1, Way(level="info")),
        (20, Way(synchronous="NORMAL")),
        (20, Way()),
        (20, Way(level="info")),
    )
}
"""The sender's settings that are compared, and how many listeners each tells."""


def measure(sink: Sink, folder: Path, *, repeats: int, scale: float) -> tuple[dict[str, Repeats], float]:
    """({way: repeats}, the most memory in MB); about 20,000 deliveries a repeat."""
    deliveries = round(20_000 * scale)
    reports = {count: max(1, deliveries // count // EVENTS_PER_REPORT) for count in (1, 20)}
    boxes = {count: outbox(folder, sink, listeners=count, reports=number) for count, number in reports.items()}
    found = {name: Repeats() for name in WAYS}
    memory = 0.0
    for _ in range(repeats):
        for name, (listeners, way) in WAYS.items():
            sent = send(boxes[listeners], sink, way, folder)
            memory = max(memory, sent.memory_mb)
            found[name].append(sent)
    return found, memory


SOUND, WITH_HANGING = "49 listeners", "49 listeners and one that hangs"


def measure_fairness(sink: Sink, folder: Path, *, pairs: int, scale: float) -> dict[str, Repeats]:
    """How long 49 listeners wait for their deliveries when they are all, and when a fiftieth never answers."""
    reports = max(1, round(75 * scale))
    found = {SOUND: Repeats(), WITH_HANGING: Repeats()}
    with never_answering() as hanging:
        boxes = {
            SOUND: outbox(folder, sink, listeners=49, reports=reports),
            WITH_HANGING: outbox(folder, sink, listeners=49, reports=reports, hanging=hanging),
        }
        for _ in range(pairs):
            for name, box in boxes.items():
                found[name].append(send(box, sink, Way(), folder))
    return found
