"""What is read from a run: CPU time and memory of a process, percentiles, and how far the repeats lie apart."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> tuple[float, float]:
    """(resident now, the most there was), in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return int(found["VmRSS"].split()[0]) / 1024, int(found["VmHWM"].split()[0]) / 1024


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie: the nearest rank, so it is one of them."""
    ordered = sorted(values)
    return ordered[min(round(part * len(ordered) + 0.5) - 1, len(ordered) - 1)]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One repeat: how much was done, in what time, with how much CPU.

    `p99` is in milliseconds, `reused` the part that went over a connection that was there: where they are known.
    """

    count: int
    wall: float
    cpu: float
    p99: float = 0.0
    reused: float | None = None


class Repeats(list[Sample]):
    """The repeats of one measurement. Other work on the machine only ever makes a repeat dearer, so the least CPU
    and the best rate come nearest to the truth; the median and the noise tell how near.
    """

    @property
    def cpu_us(self) -> float:
        return min(self._costs())

    @property
    def cpu_us_median(self) -> float:
        return median(self._costs())

    @property
    def rate(self) -> float:
        return max(one.count / one.wall for one in self)

    @property
    def rate_median(self) -> float:
        return median(one.count / one.wall for one in self)

    @property
    def per_core(self) -> float:
        """How many a second one core does when it does nothing else."""
        return 1e6 / self.cpu_us

    @property
    def p99(self) -> float:
        return min(one.p99 for one in self)

    @property
    def reused(self) -> float | None:
        known = [one.reused for one in self if one.reused is not None]
        return min(known, default=None)

    @property
    def noise(self) -> float:
        """The dearest repeat against the cheapest, less one."""
        return max(self._costs()) / min(self._costs()) - 1

    def cheaper_than(self, others: "Repeats") -> float:
        """How many times the CPU of these the others take: the median of neighbours, which met the same other work."""
        return median(their / own for own, their in zip(self._costs(), others._costs(), strict=True))

    def faster_than(self, others: "Repeats") -> float:
        """How many times their rate: the median of neighbours."""
        pairs = zip(self, others, strict=True)
        return median((own.count / own.wall) / (their.count / their.wall) for own, their in pairs)

    def _costs(self) -> list[float]:
        return [one.cpu / one.count * 1e6 for one in self]


def sync_cost_us(folder: Path, times: int = 50) -> float:
    """The median time to append 4 kB to a file and have it on the disk: what FULL pays for a commit here."""
    block, costs = bytes(4096), []
    path = folder / "sync-cost"
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            begin = perf_counter_ns()
            file.write(block)
            os.fdatasync(file.fileno())
            costs.append((perf_counter_ns() - begin) / 1000)
    path.unlink()
    return median(costs)
