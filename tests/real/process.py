"""A program in the background with a log of its own: started, waited for, killed."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from hub.demo.roundup import CannotStart


class Background:
    """One run of a program and of whatever it forks."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._log = log
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                command,
                cwd=folder or log.parent,
                env=os.environ | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )

    def wait_until(self, answers: Callable[[], bool], *, within: float) -> None:
        """Wait until a request is answered. Raises CannotStart when the program ends or stays silent."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if answers():
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.02)
        said = self._log.read_text(errors="replace")[-600:].strip()
        raise CannotStart(f"{self._process.args!r:.120} ended, or does not answer within {within:.0f} s: {said}")

    def kill(self) -> None:
        """End all of it without a chance to write anything down."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)

    def stop(self) -> None:
        """Ask it to end, as an operator does, and wait until it has."""
        self._process.terminate()
        self._process.wait(timeout=30)


class Instance(ABC):
    """A real system with its data in `home`, to be used in a `with`; `kill` and `start` are a crash and its end."""

    def __init__(self, program: Path, home: Path, login: tuple[str, str] | None = None) -> None:
        self._program = program
        self._home = home.resolve()
        self._port = 0
        self._process: Background | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = login

    @abstractmethod
    def start(self) -> None:
        """Raises CannotStart."""

    def kill(self) -> None:
        """End it without a chance to write anything down."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """End it, and start it again on what it has written down."""
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
