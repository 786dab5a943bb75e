"""A real Prometheus Alertmanager on this machine: Debian's package, unpacked into a folder, in a child process."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from hub.demo.roundup import CannotStart

PACKAGE = "prometheus-alertmanager"
READY_WITHIN = 20.0
SHARED = b"/usr/share/prometheus/alertmanager"
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def install(cache: Path) -> Path:
    """The program, downloaded and unpacked on the first call; needs no root where apt knows its packages."""
    home = cache / "alertmanager"
    program = home / "usr/bin/prometheus-alertmanager"
    with _only_one(cache / "alertmanager.lock"):
        if not (home / "installed").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            _download(home)
            (archive,) = home.glob("*.deb")
            _run(["dpkg", "-x", archive.name, "."], home)
            _make_relocatable(program)
            (home / "installed").touch()
    return program


class Alertmanager:
    """One instance with its data in `home`, to be used in a `with`; `kill` and `start` are a crash and its end."""

    def __init__(self, *, cache: Path, home: Path) -> None:
        self._program = install(cache.resolve())
        self._home = home.resolve()
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._port = self._port or _free_port()
        configuration = self._home / "alertmanager.yml"
        configuration.write_text(CONFIGURATION)
        with (self._home / "alertmanager.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._program),
                    f"--config.file={configuration}",
                    f"--storage.path={self._home / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                    "--cluster.listen-address=",
                ],
                cwd=self._program.parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """End it without a chance to write anything down."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def fire(
        self,
        labels: Mapping[str, str],
        *,
        annotations: Mapping[str, str] | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
    ) -> None:
        """What Prometheus sends while an alert fires, and again and again."""
        alert: dict[str, Any] = {"labels": dict(labels), "annotations": dict(annotations or {})}
        alert |= {"startsAt": starts.isoformat()} if starts else {}
        alert |= {"endsAt": ends.isoformat()} if ends else {}
        self._request("POST", "alerts", json=[alert])

    def resolve(self, labels: Mapping[str, str]) -> None:
        """The alert ends now: it leaves the list."""
        self.fire(labels, ends=datetime.now(UTC) - timedelta(milliseconds=1))

    def silence(self, **labels: str) -> str:
        """The id of an hour's silence for alerts with these labels."""
        now = datetime.now(UTC)
        matchers = [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()]
        times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
        about = {"createdBy": "noc", "comment": "planned work"}
        return str(self._request("POST", "silences", json={"matchers": matchers, **times, **about})["silenceID"])

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._request("GET", "alerts")
        return found

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

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=10, **arguments)
        answer.raise_for_status()
        return json.loads(answer.content) if answer.content else None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                log = (self._home / "alertmanager.log").read_text(errors="replace")
                raise CannotStart(f"Alertmanager ended at its start: {log[-600:].strip()}")
            try:
                if self._session.get(f"{self.url}/-/ready", timeout=1).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.02)
        raise CannotStart(f"Alertmanager does not answer on {self.url} within {READY_WITHIN:.0f} s")


def _download(home: Path) -> None:
    try:
        _run(["apt-get", "download", "-q", PACKAGE], home)
    except CannotStart:
        if os.geteuid() != 0:
            raise
        # A fresh machine knows no packages yet.
        _run(["apt-get", "update", "-q"], home)
        _run(["apt-get", "download", "-q", PACKAGE], home)


def _make_relocatable(program: Path) -> None:
    """Let the program look for its templates below its working directory, in place of the machine's own folder.

    Debian builds the absolute path in. Unpacked elsewhere it would need root to put them there; the relative path
    has the same length, so nothing else of the program moves.
    """
    built = program.read_bytes()
    program.write_bytes(built.replace(SHARED, SHARED[1:] + b"/"))


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError as error:
        raise CannotStart(f"this machine has no {command[0]}: Alertmanager comes from Debian's package") from error
    if done.returncode != 0:
        raise CannotStart(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-600:]}")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
