"""Runs the installed command as an operator does: a real process with its own folder, settings and port."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

import requests

from tests.acceptance import commands
from tests.acceptance.commands import Command
from tests.acceptance.contract_client import ContractClient

READY_WITHIN = 30.0
LOOPBACK = {"QOS_HUB_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8"}


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """What a process sees: this machine's ordinary variables and our own, none of another hub's."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("QOS_HUB_")}
    return plain | LOOPBACK | {"HOME": str(folder)} | settings


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return commands.run(arguments, folder=folder, environ=environment(folder, **settings))


class Ended(Exception):
    """The process ended when it should have served; the text is what it said."""


class Server:
    """`qos-hub serve` in `folder`; settings are variables by their names, such as QOS_HUB_LOG_LEVEL.

    The first start takes a free port, and later ones the same. It may have no more open files than `descriptors`; from
    the next start on none of them grows longer than `file_size`.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        name: str = "hub",
        settings: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        descriptors: int | None = None,
    ) -> None:
        self.folder = folder
        self._descriptors = descriptors
        self.file_size: int | None = None
        self.port = 0
        self._arguments = arguments
        self._settings = dict(settings or {})
        self._headers = dict(headers or {})
        self._log = folder / f"{name}.log"
        self._process: Command | None = None
        self.client = ContractClient("", headers=self._headers)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self.is_running:
            self.kill()
        self.client.close()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.code is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        seen = len(self.lines("hub.started"))
        self._process = Command(
            ["serve", "--port", str(self.port), *self._arguments],
            folder=self.folder,
            environ=environment(self.folder, **self._settings),
            out=self._log,
            err=self._log,
            descriptors=self._descriptors,
            file_size=self.file_size,
        )
        self._wait_until(lambda: len(self.lines("hub.started")) > seen)
        started = self.lines("hub.started")[-1]
        if "api" in started["roles"]:
            self.port = int(started["address"].rpartition(":")[2])
            self.client.base_url = started["address"]
            self._wait_until(self._answers)

    def terminate(self) -> None:
        """SIGTERM: the order to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, within: float = 20.0) -> int:
        """The code with which it ends."""
        assert self._process is not None
        return self._process.wait(within)

    def stop(self) -> int:
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL: no chance to write anything down."""
        assert self._process is not None
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(READY_WITHIN)

    def output(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def lines(self, message: str) -> list[dict[str, Any]]:
        """The lines of log of one kind; whatever is no JSON is left out."""
        return [line for line in self._all_lines() if line.get("message") == message]

    def _all_lines(self) -> Sequence[dict[str, Any]]:
        return [
            json.loads(line) for line in self.output().splitlines() if line.startswith('{"') and line[-1] == "}"
        ]

    def _answers(self) -> bool:
        """Whether anything comes back, be it a refusal for want of a key."""
        try:
            self.client.call("HEAD", "/docs")
        except requests.ConnectionError:
            return False
        return True

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        pause = Event()
        while not condition():
            if not self.is_running:
                raise Ended(self.output()[-2000:])
            assert time.monotonic() < deadline, f"not ready within {READY_WITHIN} s: {self.output()[-2000:]}"
            pause.wait(0.01)
