"""The hubs of a soak: real `qos-hub serve` processes on one database, which are killed and started again."""

import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from benchmarks.children import (
    STOPS_WITHIN,
    ChildFailed,
    Process,
    clean_environment,
    free_port,
    python,
    wait_until_answers,
)
from benchmarks.latency import HEALTH
from benchmarks.measure import memory_mb

SETTINGS = {
    "QOS_HUB_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8",
    # Short waits, and so many of them that nothing is given up while a listener is away.
    "QOS_HUB_DELIVERY_SCHEDULE": ",".join(["200ms", "500ms", *["1s"] * 1000]),
    "QOS_HUB_DELIVERY_DEADLINE": "3s",
    "QOS_HUB_DELIVERY_LEASE": "20s",
    "QOS_HUB_DELIVERY_RETRY_AFTER_MAXIMUM": "2s",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE": "500ms",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE_MAXIMUM": "2s",
    "QOS_HUB_DELIVERY_IN_FLIGHT_PER_LISTENER": "16",
    "QOS_HUB_SERVER_SHUTDOWN_GRACE": "4s",
    # Both tell an event with the same links.
    "QOS_HUB_SERVER_PUBLIC_URL": "https://qos.example.com",
    "QOS_HUB_LOG_LEVEL": "warning",
}


class Hub:
    """One process at a time, always at the same address; `ends` are the times at which one ended, as `monotonic`."""

    def __init__(self, folder: Path, name: str, ends: list[float]) -> None:
        port = free_port()
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"{name}.log"
        self._command = python("hub", "serve", "--database", str(folder / "soak.db"), "--port", str(port))
        self._ends = ends
        self._lock = Lock()
        self._process: Process | None = None
        self._begun = 0.0

    def begin(self) -> None:
        """Starts; `wait` says when it is there."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                env=clean_environment(SETTINGS),
            )
        with self._lock:
            self._process, self._begun = process, time.monotonic()

    def wait(self) -> None:
        """Raises ChildFailed when it does not answer in time."""
        assert self._process is not None
        wait_until_answers(self.url + HEALTH, self._process, self.log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """An orderly end. Raises ChildFailed when it is none, or takes too long."""
        code = self._end(signal.SIGTERM)
        if code != 0:
            raise ChildFailed(f"{self.name} ended with {code}: {self.log.read_text()[-800:].strip()}")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def memory(self) -> tuple[float, float] | None:
        """(resident MB, seconds since its start), or None while it is down."""
        with self._lock:
            process, begun = self._process, self._begun
        if process is None or process.poll() is not None:
            return None
        try:
            resident, _ = memory_mb(process.pid)
        except (OSError, KeyError):  # It ended just now.
            return None
        return resident, time.monotonic() - begun

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        early = self._process.poll()
        if early is not None:
            raise ChildFailed(f"{self.name} ended by itself with {early}: {self.log.read_text()[-800:].strip()}")
        self._process.send_signal(how)
        try:
            code = self._process.wait(STOPS_WITHIN + 15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._ends.append(time.monotonic())
        return code


def start(hubs: Iterable[Hub]) -> None:
    """All of them at once. Raises ChildFailed."""
    hubs = list(hubs)
    for hub in hubs:
        hub.begin()
    for hub in hubs:
        hub.wait()
