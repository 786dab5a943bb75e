"""Two hubs that are peers: each a process of its own, with a name of its own, reading the other when it is asked to."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.acceptance.running import Server

SECRET = "the-peer-rings-with-this"


class PeerHub:
    """A hub whose reports come from `name`; with a `peer` it reads that one, and is rung by it."""

    def __init__(
        self, folder: Path, name: str, *, peer: str = "", own_url: str = "", port: int = 0, interval: str = "1h"
    ) -> None:
        self.name = name
        folder.mkdir()
        source = "" if not peer else SOURCE.format(peer=peer, own_url=own_url, name=name)
        (folder / "hub.toml").write_text(SETTINGS.format(name=name, interval=interval) + source)
        self.server = Server(folder, "--config", "hub.toml", settings={"RING": SECRET})
        self.server.port = port

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, at)

    @property
    def url(self) -> str:
        return f"{self.server.client.base_url}{self.server.client.face}"

    def add(self, *reports: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Create reports in one transaction, so that all change in one instant."""
        operations = [{"op": "add", "path": "/-", "value": one} for one in reports]
        answer = self.server.client.call(
            "PATCH",
            f"{self.server.client.face}/serviceProblem",
            json=operations,
            headers={"Content-Type": "application/json-patch+json"},
        )
        assert answer.status_code == 200, answer.text
        made: list[dict[str, Any]] = answer.json()
        return made

    def names(self) -> list[str]:
        return sorted(one["name"] for one in self.server.client.problems(limit=1000))

    def one(self, name: str) -> dict[str, Any]:
        (found,) = self.server.client.problems(name=name)
        return found

    def rings_at(self, peer: "PeerHub") -> bool:
        """Whether it is registered at the peer's hub, and so rung by it."""
        found = peer.server.client.get(f"{peer.server.client.operations}/subscriptions").json()
        return any(f":{self.server.port}/" in one["callback"] for one in found)


SETTINGS = """
[api]
originating_system = "{name}"
[intake]
interval = "{interval}"
"""
SOURCE = """
[sources.peer]
adapter = "tmf656"
wake_secret = "env:RING"
backfill_notify = true
[sources.peer.options]
url = "{peer}"
own_systems = ["{name}"]
ring = {{ url = "{own_url}", secret = "env:RING" }}
"""
