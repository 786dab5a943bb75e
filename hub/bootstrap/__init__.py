"""The one place that builds objects and hands them to each other: a file for each door, and one for what they share."""

from hub.bootstrap.building import Hub, build
from hub.bootstrap.contracts import FACE_V3, FACE_V4, FACE_V5, OPERATIONS_V1, Contracts, check_contracts
from hub.bootstrap.delivery import make_transport
from hub.bootstrap.parts import make_store
from hub.bootstrap.tracing import check_tracing

__all__ = [
    "FACE_V3",
    "FACE_V4",
    "FACE_V5",
    "OPERATIONS_V1",
    "Contracts",
    "Hub",
    "build",
    "check_contracts",
    "check_tracing",
    "make_store",
    "make_transport",
]
