"""Reads the alarms of a TMF642 peer, of version 4."""

from collections.abc import Mapping
from typing import Any

from adapters.tmf.options import peer
from adapters.tmf.peer import Api, Peer

ALARM = Api(
    resource="alarm",
    # An alarm that has not changed since it was raised may have no time of a change.
    stamps=("alarmChangedTime", "alarmReportingTime", "alarmRaisedTime"),
    origin="[sourceSystemId, reportingSystemId]",
)


def make(name: str, options: Mapping[str, Any]) -> Peer:
    """The source for one peer. Raises marshmallow's ValidationError."""
    return peer(Peer, name, ALARM, options)
