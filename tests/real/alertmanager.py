"""A real Prometheus Alertmanager on this machine: Debian's package, unpacked into a folder, in a child process."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.real.debian import free_port, unpack
from tests.real.process import Background, Instance

PACKAGE = "prometheus-alertmanager"
READY_WITHIN = 20.0
SHARED = b"/usr/share/prometheus/alertmanager"
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
RINGING = """
route: {{receiver: hub, group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hub, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


def install(cache: Path) -> Path:
    """The program, downloaded and unpacked on the first call."""
    home = cache / "alertmanager"
    program = home / "usr/bin/prometheus-alertmanager"
    unpack(home, PACKAGE, finish=lambda: _make_relocatable(program))
    return program


class Alertmanager(Instance):
    """One instance with its data in `home`, to be used in a `with`; `kill` and `start` are a crash and its end."""

    def __init__(self, *, cache: Path, home: Path) -> None:
        super().__init__(install(cache.resolve()), home)
        self.rings_at = ""
        """The address of a webhook that it calls from its next start on, for each alert that fires or is resolved."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._port = self._port or free_port()
        configuration = self._home / "alertmanager.yml"
        configuration.write_text(RINGING.format(url=self.rings_at) if self.rings_at else CONFIGURATION)
        self._process = Background(
            [
                str(self._program),
                f"--config.file={configuration}",
                f"--storage.path={self._home / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--cluster.listen-address=",
            ],
            log=self._home / "alertmanager.log",
            folder=self._program.parents[2],
        )
        self._process.wait_until(self._is_ready, within=READY_WITHIN)

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

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=10, **arguments)
        answer.raise_for_status()
        return json.loads(answer.content) if answer.content else None

    def _is_ready(self) -> bool:
        return self._session.get(f"{self.url}/-/ready", timeout=1).ok


def _make_relocatable(program: Path) -> None:
    """Let the program look for its templates below its working directory, in place of the machine's own folder.

    Debian builds the absolute path in. Unpacked elsewhere it would need root to put them there; the relative path
    has the same length, so nothing else of the program moves.
    """
    built = program.read_bytes()
    program.write_bytes(built.replace(SHARED, SHARED[1:] + b"/"))
