"""How long the hub takes from its command to its first answer, and the memory it then has."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from benchmarks.children import SERVER_CORE, free_port, python, running, wait_until_answers
from benchmarks.latency import HEALTH
from benchmarks.measure import memory_mb


@dataclass(frozen=True, kw_only=True)
class Start:
    seconds: float
    resident_mb: float
    peak_mb: float


def measure(folder: Path, *, repeats: int) -> list[Start]:
    """On a new database first, on the same one after that."""
    return [_start(folder) for _ in range(repeats)]


def _start(folder: Path) -> Start:
    log, port = folder / "start.log", free_port()
    command = python("hub", "serve", "--database", str(folder / "start.db"), "--port", str(port))
    begin = monotonic()
    with running(command, core=SERVER_CORE, log=log) as child:
        wait_until_answers(f"http://127.0.0.1:{port}{HEALTH}", child, log)
        seconds = monotonic() - begin
        resident, peak = memory_mb(child.pid)
    return Start(seconds=seconds, resident_mb=resident, peak_mb=peak)
