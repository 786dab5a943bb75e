"""The faces of the hub: the versions of TMF656 in which the same reports and events are shown.

What is kept is v5. A face is named as in its address; for each name there is what it makes of an event.
"""

from collections.abc import Mapping

from hub.faces.events import (
    IN_ENVELOPES_OF_V4,
    IN_EVENTS_OF_V4,
    TOLD_IN_V4,
    EventRenderer,
    render_v3,
    render_v4,
    render_v4_r18,
    render_v5,
)
from hub.model.event import EventType

__all__ = [
    "EVENT_CONTENT",
    "EVENT_ENVELOPES",
    "EVENT_RENDERERS",
    "EVENT_RENDERERS_R18",
    "EVENT_TYPES",
    "V3",
    "V4",
    "V5",
    "EventRenderer",
]

V5, V4, V3 = "v5", "v4", "v3"

EVENT_RENDERERS: Mapping[str, EventRenderer] = {V5: render_v5, V4: render_v4, V3: render_v3}

EVENT_RENDERERS_R18: Mapping[str, EventRenderer] = {**EVENT_RENDERERS, V4: render_v4_r18}
"""Those of a hub that writes the names of R18.5 at v4, too."""

EVENT_TYPES: Mapping[str, frozenset[EventType]] = {V5: frozenset(EventType), V4: TOLD_IN_V4, V3: TOLD_IN_V4}
"""The events that each face has; a listener is told of no other."""

EVENT_CONTENT: Mapping[str, frozenset[str] | None] = {V5: None, V4: IN_EVENTS_OF_V4, V3: IN_EVENTS_OF_V4}
"""What stands below `event` at each face; None for everything that v5 has there."""

EVENT_ENVELOPES: Mapping[str, frozenset[str] | None] = {V5: None, V4: IN_ENVELOPES_OF_V4, V3: IN_ENVELOPES_OF_V4}
"""What stands beside `event` at each face; None for everything that v5 has there."""
