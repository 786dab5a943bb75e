"""Reads the trouble tickets of a TMF621 peer, of version 4 or 5."""

from collections.abc import Mapping
from typing import Any

from adapters.tmf.options import peer
from adapters.tmf.peer import Api, Peer
from adapters.tmf621.writing import TicketWriter
from hub.ports import Writing

TROUBLE_TICKET = Api(
    resource="troubleTicket",
    stamps=("lastUpdate",),
    # A ticket has no originating system: who opened it from elsewhere keeps the other's identity with its owner.
    origin="externalIdentifier[].owner",
)


class TroubleTickets(Peer):
    """One peer whose tickets can be written to."""

    def write(self, change: Writing) -> None:
        """A note or a status, unless the ticket has it."""
        TicketWriter(self._http).write(change)


def make(name: str, options: Mapping[str, Any]) -> TroubleTickets:
    """The source for one peer. Raises marshmallow's ValidationError."""
    return peer(TroubleTickets, name, TROUBLE_TICKET, options)
