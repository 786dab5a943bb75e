"""The faces of the hub: the versions of TMF656 in which the same reports and events are shown.

What is kept is v5. A face is named as in its address; for each name there is what it makes of an event.
"""

from collections.abc import Callable, Mapping

from hub.model.event import EventType
from hub.model.problem import Document

V5 = "v5"

EventRenderer = Callable[[Document], Document | None]
"""From the v5 envelope of an event to that of the face; None when the face has no such event."""


def _as_kept(envelope: Document) -> Document:
    return envelope


EVENT_RENDERERS: Mapping[str, EventRenderer] = {V5: _as_kept}

EVENT_TYPES: Mapping[str, frozenset[EventType]] = {V5: frozenset(EventType)}
"""The events that each face has; a listener is told of no other."""
