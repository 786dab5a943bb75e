"""The body of an event in the form in which a listener is told it."""

from collections.abc import Callable, Mapping

import orjson

from hub.delivery.listeners import Listener
from hub.faces import EVENT_RENDERERS, V5, EventRenderer
from hub.faces.demanded import with_demanded
from hub.faces.events import with_older_names
from hub.model.problem import Document
from hub.problems.ownership import Ownership
from hub.problems.views import may_hide
from hub.query.selection import select_event

Seen = Callable[[Document, Ownership], Document]
"""A v5 envelope as its listener's owner sees it."""


class Renderings:
    """The events of one turn, rendered once for all listeners of the same face and party that want the same fields.

    `events` has (event id, body) by the row number of the event; the body is the v5 envelope.
    """

    def __init__(
        self,
        events: Mapping[int, tuple[str, bytes]],
        seen: Seen,
        renderers: Mapping[str, EventRenderer] = EVENT_RENDERERS,
    ) -> None:
        self._events = events
        self._seen = seen
        self._renderers = renderers
        self._made: dict[tuple[int, str, str | None, tuple[str, ...]], bytes] = {}

    def of(self, event: int, listener: Listener) -> tuple[str, bytes]:
        """(event id, what is sent and signed). A listener is only given events that its face has."""
        event_id, body = self._events[event]
        party = listener.owner.party
        if party is not None and not may_hide(body):
            party = None
        if listener.face == V5 and not listener.fields and party is None:
            return event_id, body
        key = (event, listener.face, party, listener.fields)
        if key not in self._made:
            envelope = self._seen(orjson.loads(body), listener.owner)
            fields = listener.fields if listener.face == V5 else with_demanded(listener.fields)
            self._made[key] = orjson.dumps(select_event(self._rendered(envelope, listener), fields))
        return event_id, self._made[key]

    def _rendered(self, v5: Document, listener: Listener) -> Document:
        envelope = self._renderers[listener.face](v5)
        assert envelope is not None, f"fan-out gives a listener at {listener.face} only what EVENT_TYPES names"
        return envelope if listener.face == V5 else with_older_names(envelope, listener.fields)
