"""The hub of the demonstration: `qos-hub serve` as a process of its own, and a small client to look at it."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

PASSWORD_VARIABLE = "DEMO_ROUNDUP_PASSWORD"
USUAL_PORT = 8080
READY_WITHIN = 30.0
ENDS_WITHIN = 2.0
"""Seconds in which a hub that hung up shows whether it has ended."""
V5 = "/tmf-api/serviceProblemManagement/v5"
OPERATIONS = "/qos-hub/v1"

SETTINGS = """\
[delivery]
# The demonstration's listener is on this machine, and it is impatient.
allowed_networks = ["127.0.0.0/8"]
schedule = ["500ms", "1s", "1s", "2s", "2s", "5s", "5s", "10s", "10s", "30s"]

[sources.roundup]
adapter = "roundup"
interval = "1s"
options = {{ url = {url}, username = "admin", password = "env:{variable}" }}
"""


class HubEnded(Exception):
    """The hub's process ended; the message is the end of its log."""


class HubProcess:
    """The hub on a port of 127.0.0.1, its files in `folder`; to be used in a `with`."""

    def __init__(self, folder: Path, *, tracker_url: str, tracker_password: str) -> None:
        self.folder = folder
        self.log = folder / "hub.log"
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._password = tracker_password
        self._settings = SETTINGS.format(url=json.dumps(tracker_url), variable=PASSWORD_VARIABLE)
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        # A proxy of the environment does not reach this machine's own addresses.
        self._session.trust_env = False
        # An idle connection that the hub closes at the moment of use would look like its end.
        self._session.headers["Connection"] = "close"

    def __enter__(self) -> Self:
        settings = self.folder / "qos-hub.toml"
        settings.write_text(self._settings)
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "hub", "serve", "--config", str(settings), "--port", port]
        own = {name: value for name, value in os.environ.items() if not name.startswith("QOS_HUB_")}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--database", str(self.folder / "qos-hub.db")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**own, PASSWORD_VARIABLE: self._password},
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            self.refuse_dead()
            try:
                self._request("GET", f"{OPERATIONS}/health")
                return
            except requests.RequestException:
                time.sleep(0.05)
        raise HubEnded(f"the hub is not ready after {READY_WITHIN:.0f} s; see {self.log}")

    def refuse_dead(self) -> None:
        """Raises HubEnded when the process is gone."""
        if self._process is None or self._process.poll() is not None:
            raise HubEnded(f"the hub ended: {self.log.read_text()[-800:].strip()}")

    def get(self, path: str) -> Any:
        """Raises HubEnded when nobody answers."""
        return self._ask("GET", path)

    def report(self, definition: str, period: str, within: float) -> bytes:
        """A management report as a page. Raises HubEnded when it is not made in time."""
        asked = {"definition": {"id": definition}, "period": period, "formats": ["html"]}
        made = self._ask("POST", f"{OPERATIONS}/managementReport", json=asked)
        path = made["href"].removeprefix(self.url)
        deadline = time.monotonic() + within
        while made["status"] != "Succeeded":
            if made["status"] == "Failed" or time.monotonic() > deadline:
                raise HubEnded(f"the report was not made: {made['errorLog'] or made['status']}")
            time.sleep(0.05)
            made = self.get(path)
        answer = self._session.get(made["artefact"][0]["url"], timeout=10)
        answer.raise_for_status()
        return answer.content

    def register(self, callback: str) -> dict[str, Any]:
        """Register a listener; the answer shows its secret. Raises HubEnded when nobody answers."""
        registered: dict[str, Any] = self._ask("POST", f"{V5}/hub", json={"callback": callback})
        return registered

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            return self._request(method, path, **arguments)
        except (requests.ConnectionError, requests.Timeout) as error:
            self._wait_for_its_end()
            self.refuse_dead()
            raise HubEnded(f"the hub runs and does not answer at {self.url}; see {self.log}") from error

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._session.request(method, self.url + path, timeout=10, **arguments)
        answer.raise_for_status()
        return answer.json()

    def _wait_for_its_end(self) -> None:
        """A process that is dying hangs up a moment before it is gone."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDS_WITHIN)


def _free_port() -> int:
    """The usual port when nobody has it, else any free one."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise HubEnded("this machine has no free port")
