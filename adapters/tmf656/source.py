"""Reads the service problems of a TMF656 peer, of version 4 or 5."""

from collections.abc import Mapping
from typing import Any

from adapters.tmf.options import peer
from adapters.tmf.peer import Api, Peer

SERVICE_PROBLEM = Api(
    resource="serviceProblem",
    stamps=("lastUpdate", "timeChanged"),
    origin="originatingSystem",
)


def make(name: str, options: Mapping[str, Any]) -> Peer:
    """The source for one peer. Raises marshmallow's ValidationError."""
    return peer(Peer, name, SERVICE_PROBLEM, options)
