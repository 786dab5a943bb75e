"""The body of an event in the form in which a listener is told it."""

from collections.abc import Mapping

import orjson

from hub.delivery.listeners import Listener
from hub.faces import EVENT_RENDERERS, V5
from hub.model.problem import Document
from hub.query.selection import select_event


class Renderings:
    """The events of one turn, rendered once for all listeners of the same face that want the same fields.

    `events` has (event id, body) by the row number of the event; the body is the v5 envelope.
    """

    def __init__(self, events: Mapping[int, tuple[str, bytes]]) -> None:
        self._events = events
        self._made: dict[tuple[int, str, tuple[str, ...]], bytes] = {}

    def of(self, event: int, listener: Listener) -> tuple[str, bytes]:
        """(event id, what is sent and signed). A listener is only given events that its face has."""
        event_id, body = self._events[event]
        if listener.face == V5 and not listener.fields:
            return event_id, body
        key = (event, listener.face, listener.fields)
        if key not in self._made:
            self._made[key] = orjson.dumps(select_event(_rendered(body, listener.face), listener.fields))
        return event_id, self._made[key]


def _rendered(body: bytes, face: str) -> Document:
    envelope = EVENT_RENDERERS[face](orjson.loads(body))
    assert envelope is not None, f"fan-out gives a listener at {face} only what EVENT_TYPES names"
    return envelope
