"""The events of v5 in the envelopes of the other faces."""

from collections.abc import Callable, Sequence

from hub.faces import r18, v4
from hub.faces.addresses import moved
from hub.model.event import EventType
from hub.model.problem import Document

EventRenderer = Callable[[Document], Document | None]
"""From the v5 envelope of an event to that of the face; None when the face has no such event."""

TOLD_IN_V4 = frozenset(
    {
        EventType.CREATE,
        EventType.STATE_CHANGE,
        EventType.ATTRIBUTE_VALUE_CHANGE,
        EventType.INFORMATION_REQUIRED,
    }
)
IN_EVENTS_OF_V4 = frozenset({"serviceProblem"})

KEPT = (
    "eventId",
    "eventTime",
    "eventType",
    "recordTime",
    "sequence",
    "correlationId",
    "domain",
    "title",
    "description",
    "priority",
    "fieldPath",
)
"""What the envelopes of v4 and v5 have in common; `recordTime` and `sequence` are additions of this hub to both."""

IN_ENVELOPES_OF_V4 = frozenset({*KEPT, "timeOccurred"})
"""Those, and one that v4 spells otherwise."""

KEPT_AT = "/v5/"
"""The version in the addresses that are kept."""


def render_v5(envelope: Document) -> Document:
    return envelope


def render_v4(envelope: Document) -> Document | None:
    return _rendered(envelope, "/v4/")


def render_v4_r18(envelope: Document) -> Document | None:
    """v4's envelope around a report that has the names of R18.5, too."""
    return _with_r18(render_v4(envelope))


def render_v3(envelope: Document) -> Document | None:
    """The same at the addresses of v3."""
    return _with_r18(_rendered(envelope, "/v3/"))


def _with_r18(rendered: Document | None) -> Document | None:
    if rendered is None:
        return None
    return {**rendered, "event": {"serviceProblem": r18.outgoing(rendered["event"]["serviceProblem"])}}


def with_older_names(envelope: Document, fields: Sequence[str]) -> Document:
    """An envelope of v4 or v3 and what `fields` ask of its report by names of R18.5."""
    begin = "event.serviceProblem."
    asked = [path.removeprefix(begin) for path in fields if path.startswith(begin)]
    return {**envelope, "event": {"serviceProblem": r18.asked(envelope["event"]["serviceProblem"], asked)}}


def _rendered(envelope: Document, version: str) -> Document | None:
    """v4 spells `timeOcurred`, and tells in `fieldPath` which information is required."""
    if envelope["eventType"] not in TOLD_IN_V4:
        return None
    rendered = {name: envelope[name] for name in KEPT if name in envelope}
    if "timeOccurred" in envelope:
        rendered["timeOcurred"] = envelope["timeOccurred"]
    event = envelope["event"]
    if "informationRequired" in event:
        rendered.setdefault("fieldPath", _asked_for(event["informationRequired"]))
    return {**rendered, "event": {"serviceProblem": _report(event["serviceProblem"], version)}}


def _asked_for(operations: list[Document]) -> str:
    return ",".join(operation["path"].removeprefix("/").replace("/", ".") for operation in operations)


def _report(report: Document, version: str) -> Document:
    """The report in v4, with the addresses of this hub in it at the version of the face."""
    shown = v4.outgoing(report)
    base, found, _ = report.get("href", "").rpartition(f"{KEPT_AT}serviceProblem/")
    return moved(shown, base + KEPT_AT, base + version) if found else shown
