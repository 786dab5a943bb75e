"""Which paths lead into an event, and how its types are spelt."""

from collections.abc import Mapping

from hub.model.event import EventType
from hub.model.task import TaskKind
from hub.query.checks import unknown

EVENT_TYPE = ("eventType",)

ENVELOPE = frozenset(
    {
        "@baseType",
        "@schemaLocation",
        "@type",
        "analyticCharacteristic",
        "correlationId",
        "description",
        "domain",
        "eventId",
        "eventTime",
        "eventType",
        "fieldPath",
        "href",
        "id",
        "priority",
        "recordTime",
        "relatedParty",
        "reportingSystem",
        "sequence",
        "source",
        "timeOccurred",
        "title",
    }
)
REPORT = "serviceProblem"
OF_EVERY_TASK = frozenset({"@baseType", "@schemaLocation", "@type", "href", "id", "outcome", "state"})
TASKS: Mapping[str, frozenset[str]] = {
    TaskKind.ACKNOWLEDGEMENT.payload: OF_EVERY_TASK | {"problem", "ackProblem", "trackingRecord"},
    TaskKind.UNACKNOWLEDGEMENT.payload: OF_EVERY_TASK | {"problem", "unackProblem", "trackingRecord"},
    TaskKind.GROUP.payload: OF_EVERY_TASK | {"parentProblem", "childProblem"},
}
"""The attributes of the tasks that events hold."""

PAYLOAD = {name.lower(): name for name in (REPORT, "informationRequired", *TASKS)}

OLDER = {
    "ServiceProblemCreateNotification": EventType.CREATE,
    "ServiceProblemCreationNotification": EventType.CREATE,
    "ServiceProblemStateChangeNotification": EventType.STATE_CHANGE,
    "ServiceProblemStatusChangeNotification": EventType.STATE_CHANGE,
    "ServiceProblemAttributeValueChangeNotification": EventType.ATTRIBUTE_VALUE_CHANGE,
    "ServiceProblemInformationRequiredNotification": EventType.INFORMATION_REQUIRED,
    "ServiceProblemDeleteNotification": EventType.DELETE,
    "ServiceProblemRemoveNotification": EventType.DELETE,
}
"""Names of earlier versions of the standard, which clients still send."""


def event_type_named(name: str) -> str:
    """The event type as it is spelt in events. Raises ValueError."""
    capital = name[:1].upper() + name[1:]
    if capital in OLDER:
        return OLDER[capital].value
    if capital not in {kind.value for kind in EventType}:
        raise ValueError(f"{name!r} is not an event type; known are {', '.join(EventType)}")
    return capital


def known_path(path: tuple[str, ...], attributes: frozenset[str]) -> tuple[str, ...]:
    """The path as it is spelt in events. Raises ValueError naming the part that is not known."""
    head, *rest = path
    if head == "timeOcurred":  # The spelling of version 4 of the standard.
        head = "timeOccurred"
    if head in ENVELOPE:
        return (head, *rest)
    if head != "event":
        raise unknown(head, ENVELOPE | {"event"})
    if len(rest) < 2:
        raise ValueError(f"{'.'.join(path)!r} names no attribute; write event.{REPORT}.status, for example")
    return ("event", *_payload_path(rest[0], rest[1:], attributes))


def known_field(field: str, attributes: frozenset[str]) -> str:
    """A path of `fields`, which may also stop at `event` or at a part of the payload. Raises ValueError."""
    path = field.split(".")
    if path in (["none"], ["event"]):
        return field
    if path[0] == "event" and len(path) == 2:
        return ".".join(("event", *_payload_path(path[1], [], attributes)))
    return ".".join(known_path(tuple(path), attributes))


def _payload_path(resource: str, rest: list[str], attributes: frozenset[str]) -> tuple[str, ...]:
    name = PAYLOAD.get(resource.lower())
    if name is None:
        raise unknown(resource, frozenset(PAYLOAD.values()))
    known = attributes if name == REPORT else TASKS.get(name)
    if known is not None and rest and rest[0] not in known:
        raise unknown(rest[0], known)
    return (name, *rest)
