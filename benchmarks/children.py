"""The processes of a run: each on a core of its own, on loopback, and stopped by its number at the end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[min(1, len(CORES) - 1)]
STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0

Process = subprocess.Popen[str]


class ChildFailed(Exception):
    """A process of the run did not start, or ended before its time; the message is the end of its log."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without settings of a hub, so that the shipped ones hold, and with the project to import from."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("QOS_HUB_")}
    search = os.pathsep.join([str(ROOT), *filter(None, [own.get("PYTHONPATH")])])
    return {**own, "PYTHONPATH": search, **(extra or {})}


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started inside runs on this core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str], *, core: int, log: Path, extra: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """The child, with pipes to its standard input and output and its standard error in `log`."""
    with log.open("w") as errors, pinned(core):
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=clean_environment(extra),
        )
    try:
        yield child
    finally:
        stop(child)


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def stop(child: Process) -> None:
    child.terminate()
    try:
        child.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def wait_until_answers(url: str, child: Process, log: Path) -> None:
    """Raises ChildFailed when the child ends, or answers nothing in time."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise ChildFailed(f"{child.args!r} ended: {log.read_text()[-800:].strip()}")
        try:
            requests.get(url, timeout=2)
            return
        except requests.RequestException:
            time.sleep(0.01)
    raise ChildFailed(f"{url} does not answer after {STARTS_WITHIN:.0f} s; {log.read_text()[-800:].strip()}")
