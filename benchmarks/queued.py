"""How a long queue drains: the rate and the memory of the sender in each tenth of it."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.children import SERVER_CORE, ChildFailed, python, running
from benchmarks.durable import outbox, read_line, refuse_unrecorded, tell
from benchmarks.measure import cpu_seconds, memory_mb
from benchmarks.nginx import Sink
from benchmarks.reports import EVENTS_PER_REPORT

LISTENERS = 20
LOOK = 0.02
"""Seconds between looks at the sink's counter."""
STALLED_AFTER = 60.0


@dataclass(frozen=True, kw_only=True)
class Tenth:
    """`rate` is by the clock, `per_core` what the CPU of the sender would give; `memory_mb` is resident at its end."""

    rate: float
    per_core: float
    memory_mb: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    count: int
    time: float
    cpu: float


def drain(folder: Path, sink: Sink, *, deliveries: int) -> list[Tenth]:
    """Fill an outbox for as many deliveries, and send them all; events are fanned out faster than they are sent."""
    reports = max(3, deliveries // LISTENERS // EVENTS_PER_REPORT)
    folder = folder / "queue"
    folder.mkdir()
    filled = outbox(folder, sink, listeners=LISTENERS, reports=reports)
    log = folder / "queue.log"
    tenths: list[Tenth] = []
    with running(python("benchmarks.sender", str(filled.database)), core=SERVER_CORE, log=log) as child:
        read_line(child, log)
        sink.begin()
        mark = Mark(count=0, time=time.monotonic(), cpu=cpu_seconds(child.pid))
        tell(child, "start")
        for number in range(1, 11):
            wanted = filled.deliveries * number // 10
            while (count := sink.count()) < wanted:
                if child.poll() is not None or time.monotonic() - mark.time > STALLED_AFTER + wanted / 1000:
                    raise ChildFailed(
                        f"{count} of {filled.deliveries} deliveries arrived: {log.read_text()[-800:]}"
                    )
                time.sleep(LOOK)
            now = Mark(count=count, time=time.monotonic(), cpu=cpu_seconds(child.pid))
            tenths.append(_between(mark, now, memory_mb(child.pid)[0]))
            mark = now
        tell(child, "stop")
        read_line(child, log)
        child.wait(60)
    refuse_unrecorded(filled.database, filled.deliveries)
    return tenths


def _between(before: Mark, after: Mark, memory: float) -> Tenth:
    count = max(after.count - before.count, 1)
    cpu = max(after.cpu - before.cpu, 0.01)
    return Tenth(rate=count / (after.time - before.time), per_core=count / cpu, memory_mb=memory)
