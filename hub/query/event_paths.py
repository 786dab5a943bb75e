"""Which paths lead into an event, and how its types are spelt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.model.event import EventType
from hub.model.task import TaskKind
from hub.query.attributes import ANY, Attribute, Attributes, Holds, Path, check_against
from hub.query.checks import check_comparison, unknown
from hub.query.syntax import Comparison, Operator
from hub.query.vocabulary import (
    HREF,
    ReadAddress,
    ResourceVocabulary,
    Translate,
    as_it_is,
    as_written,
    check_address,
    with_kept_addresses,
)

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
NEVER_THERE = frozenset({"@baseType", "@schemaLocation", "analyticCharacteristic", "href", "id", "relatedParty"})
"""What the standard has in an envelope, and no event of this hub."""

LIST = Attribute(many=True)
ENVELOPE_KNOWN = {name: Attribute(holds=Holds.INSTANT) for name in ("eventTime", "recordTime", "timeOccurred")}
REPORT = "serviceProblem"
OF_EVERY_TASK = frozenset({"@baseType", "@schemaLocation", "@type", "href", "id", "outcome", "state"})
TASKS: Mapping[str, frozenset[str]] = {
    TaskKind.ACKNOWLEDGEMENT.payload: OF_EVERY_TASK | {"problem", "ackProblem", "trackingRecord"},
    TaskKind.UNACKNOWLEDGEMENT.payload: OF_EVERY_TASK | {"problem", "unackProblem", "trackingRecord"},
    TaskKind.GROUP.payload: OF_EVERY_TASK | {"parentProblem", "childProblem"},
}
"""The attributes of the tasks that events hold."""

OF_NOTICES: Mapping[str, frozenset[str]] = {
    "listener": frozenset(
        {
            "@type",
            "callback",
            "certificateEnd",
            "condition",
            "consecutiveFailures",
            "failingSince",
            "href",
            "id",
            "lastOutcome",
            "lastStatus",
            "percentOfLimit",
            "reason",
            "state",
        }
    ),
    "delivery": frozenset(
        {
            "@type",
            "attempts",
            "event",
            "href",
            "id",
            "lastOutcome",
            "lastStatus",
            "reason",
            "state",
            "subscription",
        }
    ),
}
"""The attributes of what notices hold."""

OF_REPORTS: Mapping[str, frozenset[str]] = {
    "managementReport": frozenset(
        {
            "@type",
            "artefact",
            "audience",
            "completionDate",
            "creationDate",
            "definition",
            "error",
            "href",
            "id",
            "period",
            "recordedUntil",
            "restates",
            "schedule",
            "scope",
            "title",
            "zone",
        }
    )
}
"""The attributes of a management report as an event has it."""

LISTS = frozenset({"problem", "ackProblem", "unackProblem", "childProblem", "trackingRecord", "artefact"})
"""Of all these the lists."""

CLOSED = {**TASKS, **OF_NOTICES, **OF_REPORTS}
PAYLOAD = {name.lower(): name for name in (REPORT, "informationRequired", *CLOSED)}
PAYLOAD[TaskKind.UNGROUP.lower()] = TaskKind.UNGROUP.payload  # as examples of the standard have it

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


@dataclass(frozen=True, kw_only=True)
class Told:
    """What listeners are told of: the types of the events, what stands in them below `event`, and beside it."""

    types: frozenset[EventType]
    content: frozenset[str]
    envelope: frozenset[str] = ENVELOPE - NEVER_THERE


EVERYTHING_TOLD = Told(types=frozenset(EventType), content=frozenset(PAYLOAD.values()))


def event_type_named(name: str, types: frozenset[EventType] = EVERYTHING_TOLD.types) -> str:
    """The event type as it is spelt in events. Raises ValueError for one that is not among `types`."""
    capital = name[:1].upper() + name[1:]
    capital = OLDER.get(capital, capital)
    if capital not in types:
        known = ", ".join(kind for kind in EventType if kind in types)
        raise ValueError(f"{name!r} is not an event type; known are {known}")
    return capital


class EventVocabulary:
    """Names of the envelope, and paths behind `event.`; `translate` is for those of a report.

    What is never `told` is not known.
    """

    def __init__(
        self,
        attributes: Attributes,
        translate: Translate = as_it_is,
        *,
        address: ReadAddress = as_written,
        told: Told = EVERYTHING_TOLD,
        extended: bool = False,
    ) -> None:
        self._report = ResourceVocabulary(attributes=attributes, translate=translate, extended=extended)
        self._address = address
        self._told = told

    @property
    def closed(self) -> bool:
        return self._report.closed

    def with_extensions(self) -> "EventVocabulary":
        report = self._report
        return EventVocabulary(
            report.attributes, report.translate, address=self._address, told=self._told, extended=True
        )

    def find(self, path: Path) -> tuple[Path, Attribute]:
        """The path as it is spelt in events, and what is there; it may stop at `event` or at a resource.

        Raises ValueError naming the part that is not known.
        """
        head, *rest = path
        if head == "timeOcurred":  # The spelling of version 4 of the standard.
            head = "timeOccurred"
        if head != "event":
            return (head, *rest), self._in_envelope(head, *rest)
        if not rest:
            return ("event",), ANY
        name = PAYLOAD.get(rest[0].lower())
        if name not in self._told.content:
            raise unknown(rest[0], self._told.content)
        if name in CLOSED and rest[1:] and rest[1] not in CLOSED[name]:
            raise unknown(rest[1], CLOSED[name])
        if name != REPORT or not rest[1:]:
            is_list = name in CLOSED and len(rest) == 2 and rest[1] in LISTS
            return ("event", name, *rest[1:]), LIST if is_list else ANY
        below, attribute = self._report.find(tuple(rest[1:]))
        return ("event", name, *below), attribute

    def _in_envelope(self, head: str, *rest: str) -> Attribute:
        if head not in ENVELOPE:
            raise unknown(head, self._told.envelope | {"event"})
        if head not in self._told.envelope and self._report.attributes.closed:
            which = "of this server" if head in NEVER_THERE else "that is told here"
            raise ValueError(f"{head!r} is in no event {which}")
        return ANY if rest else ENVELOPE_KNOWN.get(head, ANY)

    def comparison(self, given: Comparison) -> Comparison:
        path, attribute = self.find(given.path)
        if path[0] == "event" and len(path) < 3:
            message = f"names no attribute; write event.{REPORT}.status, for example"
            raise ValueError(f"{'.'.join(given.path)!r} {message}")
        if path[0] == "event" and path[2:] == HREF and self._report.attributes.closed:
            check_address(given)
        checked = check_comparison(replace(given, path=path))
        if path == EVENT_TYPE:
            if given.operator not in (Operator.EQ, Operator.NE):
                raise ValueError(f"eventType is compared with eq or ne, not with {given.operator}")
            return replace(
                checked, values=tuple(event_type_named(value, self._told.types) for value in given.values)
            )
        try:
            check_against(attribute, checked)
        except ValueError as error:
            raise ValueError(f"{'.'.join(given.path)}: {error}") from None
        return with_kept_addresses(attribute.kept(checked), self._address)

    def field(self, text: str) -> str:
        """A path of `fields` as it is spelt in the events that the face tells. Raises ValueError."""
        if text == "none":
            return text
        given = tuple(text.split("."))
        found, _ = self.find(given)
        if given[:1] == ("event",):
            self._report.attributes.refuse_elsewhere(given[2:])
        return ".".join((*found[:2], *given[2:]) if found[:2] == ("event", REPORT) else found)
