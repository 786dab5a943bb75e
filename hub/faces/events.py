"""The events of v5 in the envelopes of the other faces."""

from collections.abc import Callable

from hub.faces import r18, v4
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


def render_v5(envelope: Document) -> Document:
    return envelope


def render_v4(envelope: Document) -> Document | None:
    """v4 spells `timeOcurred`, and tells in `fieldPath` which information is required."""
    if envelope["eventType"] not in TOLD_IN_V4:
        return None
    rendered = {name: envelope[name] for name in KEPT if name in envelope}
    if "timeOccurred" in envelope:
        rendered["timeOcurred"] = envelope["timeOccurred"]
    event = envelope["event"]
    if "informationRequired" in event:
        rendered.setdefault("fieldPath", _asked_for(event["informationRequired"]))
    return {**rendered, "event": {"serviceProblem": _report(event["serviceProblem"], "/v4/")}}


def render_v3(envelope: Document) -> Document | None:
    """v4's envelope around a report that has the names of R18.5, too."""
    rendered = render_v4(envelope)
    if rendered is None:
        return None
    report = r18.outgoing(_moved(rendered["event"]["serviceProblem"], "/v4/", "/v3/"))
    return {**rendered, "event": {"serviceProblem": report}}


def _asked_for(operations: list[Document]) -> str:
    return ",".join(operation["path"].removeprefix("/").replace("/", ".") for operation in operations)


def _report(report: Document, version: str) -> Document:
    return _moved(v4.outgoing(report), "/v5/", version)


def _moved(report: Document, before: str, after: str) -> Document:
    """The report with the href that it has at another face."""
    href = report.get("href")
    if not href:
        return report
    base, found, rest = href.rpartition(f"{before}serviceProblem/")
    return {**report, "href": f"{base}{after}serviceProblem/{rest}"} if found else report
