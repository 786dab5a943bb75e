"""Reads the trouble tickets of a TMF621 peer, of version 4 or 5."""

from collections.abc import Mapping
from typing import Any

from adapters.tmf.options import peer
from adapters.tmf.peer import Api, Peer

TROUBLE_TICKET = Api(
    resource="troubleTicket",
    stamps=("lastUpdate",),
    # A ticket has no originating system: who opened it from elsewhere keeps the other's identity with its owner.
    origin="externalIdentifier[].owner",
)


def make(name: str, options: Mapping[str, Any]) -> Peer:
    """The source for one peer. Raises marshmallow's ValidationError."""
    return peer(name, TROUBLE_TICKET, options)
