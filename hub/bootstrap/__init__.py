"""The one place that builds objects and hands them to each other: a file for each door, and one for what they share."""

from hub.bootstrap.building import Hub, build
from hub.bootstrap.constraints import constraint_rules
from hub.bootstrap.contracts import FACE_V3, FACE_V4, FACE_V5, OPERATIONS_V1, Contracts, check_contracts
from hub.bootstrap.delivery import make_transport
from hub.bootstrap.faces import make_faces, report_attributes
from hub.bootstrap.outgoing import make_prober
from hub.bootstrap.parts import Parts, make_box, make_parts, make_store
from hub.bootstrap.registering import make_changing, make_reconciler, make_wanted
from hub.bootstrap.rules import report_rules
from hub.bootstrap.tracing import check_tracing
from hub.bootstrap.waking import wake_keys

__all__ = [
    "FACE_V3",
    "FACE_V4",
    "FACE_V5",
    "OPERATIONS_V1",
    "Contracts",
    "Hub",
    "Parts",
    "build",
    "check_contracts",
    "check_tracing",
    "constraint_rules",
    "make_box",
    "make_changing",
    "make_faces",
    "make_parts",
    "make_prober",
    "make_reconciler",
    "make_store",
    "make_transport",
    "make_wanted",
    "report_attributes",
    "report_rules",
    "wake_keys",
]
