"""A real Roundup tracker on this machine: installed from PyPI into a folder, served by a child process."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

from hub.demo.roundup_client import RoundupClient

VERSION = "2.6.0"
PASSWORD = "tracker-admin-pw"
READY_WITHIN = 60.0
WSGI_SCRIPT = Path(__file__).with_name("roundup_wsgi.py")


class CannotStart(Exception):
    """The trouble system could not be installed or started; the message says why."""


def install(cache: Path) -> Path:
    """The folder of programs of a virtual environment that holds Roundup; made on the first call.

    A second process that asks meanwhile waits for the first.
    """
    home = cache / f"roundup-{VERSION}"
    done = home / "installed"
    with _only_one(cache / "roundup.lock"):
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(home)])
            _run([str(home / "bin/python"), "-m", "pip", "install", "--quiet", f"roundup=={VERSION}"])
            done.touch()
    return home / "bin"


class Roundup:
    """A classic tracker in `home`, to be used in a `with`: a fresh one, or the one that is there.

    After `stop`, `start` serves the same tracker on the same port.
    """

    def __init__(self, *, cache: Path, home: Path) -> None:
        self._programs = install(cache.resolve())
        self.home = home.resolve()
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def client(self) -> RoundupClient:
        return RoundupClient(self.url, "admin", PASSWORD)

    def start(self) -> None:
        """Serve the tracker and return when it answers. Raises CannotStart."""
        with _listener(self._port) as listener, (self.home.parent / "roundup.log").open("ab") as log:
            self._port = listener.getsockname()[1]
            if not (self.home / "config.ini").exists():
                self._make_tracker()
            self.configure("tracker", web=f"{self.url}/")
            self._process = self._serve(listener.fileno(), log)
        self._wait_until_ready()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def configure(self, section: str, **settings: str) -> None:
        """Change settings of a stopped tracker, in its configuration file."""
        path = self.home / "config.ini"
        head, mark, rest = path.read_text().partition(f"\n[{section}]\n")
        for name, value in settings.items():
            rest, changes = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", rest, count=1)
            if not mark or not changes:
                raise CannotStart(f"Roundup has no setting [{section}] {name}")
        path.write_text(head + mark + rest)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_tracker(self) -> None:
        settings = {
            "tracker_name": "NOC",
            "tracker_web": f"{self.url}/",
            # Each call brings a password. The usual rounds take longer than all the rest of a call.
            "password_pbkdf2_default_rounds": "1000",
            "mail_domain": "example.test",
            "mail_host": "127.0.0.1",
            # Mail is written into this file instead of being sent.
            "mail_debug": str(self.home.parent / "roundup-mail.txt"),
        }
        self.home.mkdir(parents=True, exist_ok=True)
        admin = [str(self._programs / "roundup-admin"), "-i", str(self.home)]
        _run(
            [
                *admin,
                "install",
                "classic",
                "sqlite",
                ",".join(f"{name}={value}" for name, value in settings.items()),
            ]
        )
        _run([*admin, "initialise", PASSWORD])

    def _serve(self, listener: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            # -P: the script's own folder holds a module of Roundup's name.
            [str(self._programs / "python"), "-P", str(WSGI_SCRIPT), str(self.home), str(listener)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[listener],
            # Paths of the hub's environment must not reach Roundup's.
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                log = (self.home.parent / "roundup.log").read_text(errors="replace")
                raise CannotStart(f"Roundup ended at its start: {log[-600:].strip()}")
            try:
                self.client.statuses()
                return
            except requests.RequestException:
                time.sleep(0.05)
        raise CannotStart(f"Roundup does not answer on {self.url} within {READY_WITHIN:.0f} s")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _listener(port: int) -> socket.socket:
    """A listening socket on the port, or on a free one for 0; the child inherits it, so it stays ours."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener


def _run(command: Iterable[str]) -> None:
    words = list(command)
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise CannotStart(f"{' '.join(words[:4])} … failed: {(done.stderr or done.stdout).strip()[-600:]}")
