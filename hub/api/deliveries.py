"""The list of deliveries: by number of the entry or by place, and narrowed by what an operator asks about."""

import asyncio
from collections.abc import Sequence

from hub.api.filters import Asked, Words, asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.operations_view import delivery_view
from hub.api.paging import Headers, place_headers
from hub.errors import InvalidInput, Violation
from hub.model.delivery import DeliveryState
from hub.model.times import from_text, to_micros
from hub.query.cursors import cursor_text, position_of
from hub.query.ordering import Position
from hub.store.delivery_list import FILTERS, DeliveryPage, Filters, Place
from hub.store.sqlite import Store

PLACES = ("after", "before")


class DeliveryListing:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face (no final slashes).

    `outcomes` are the words of the contract for how a last attempt ended.
    """

    def __init__(
        self, *, store: Store, base_url: str, face_url: str, page_maximum: int, outcomes: Sequence[str]
    ) -> None:
        self._words: Words = {
            **dict.fromkeys(FILTERS, None),
            "state": tuple(state.value for state in DeliveryState),
            "outcome": outcomes,
        }
        self._store = store
        self._base_url = base_url
        self._face_url = face_url
        self._page_maximum = page_maximum

    async def deliveries(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, self._words, what="deliveries", maximum=self._page_maximum, more=PLACES)
        filters, place = _filters(asked), _place(asked)
        table, url = self._store.read.delivery_list, f"{self._base_url}/deliveries"
        total = table.count(filters)
        if place is None:
            rows = table.by_number(filters, offset=asked.offset, limit=asked.limit)
            headers = asked.headers(url, returned=len(rows), total=total)
        else:
            page = table.by_place(filters, place, limit=asked.limit)
            rows, headers = page.rows, _headers(url, asked, place, page, total)
        return json_response(
            [delivery_view(row, base_url=self._base_url, face_url=self._face_url) for row in rows], headers=headers
        )


def _filters(asked: Asked) -> Filters:
    """Raises InvalidInput for what is no instant."""
    filters: dict[str, str | int] = dict(asked.filters)
    violations = []
    for name in ("since", "until"):
        if name in filters:
            try:
                filters[name] = to_micros(from_text(str(filters[name]).replace(" ", "+")))
            except ValueError:
                message = "must be an instant with a zone, such as 2026-03-01T22:00:00Z"
                violations.append(Violation(field=name, value=filters[name], message=message))
    if violations:
        raise InvalidInput(violations=violations)
    return filters


def _place(asked: Asked) -> Place | None:
    """Where a page by place begins; None for one by number. Raises InvalidInput."""
    given = [(name, value) for name, value in asked.pairs if name in PLACES]
    if not given:
        return None
    name, text = given[-1]
    if len(given) > 1 or any(other == "offset" for other, _ in asked.pairs):
        message = "stands alone: a page has one beginning, `offset`, `after` or `before`"
        raise InvalidInput(violations=[Violation(field=name, value=text, message=message)])
    try:
        delivery = position_of(text, ()).seq if text else None
    except ValueError as error:
        raise InvalidInput(violations=[Violation(field=name, value=text, message=str(error))]) from error
    return Place(delivery=delivery, backwards=name == "before")


def _headers(url: str, asked: Asked, place: Place, page: DeliveryPage, total: int) -> Headers:
    inside = place.delivery is not None
    behind, ahead = (inside, page.more) if place.backwards else (page.more, inside)
    first = _cursor(page.rows[0].id) if page.rows and ahead else None
    last = _cursor(page.rows[-1].id) if page.rows and behind else None
    return place_headers(
        url, asked.pairs, limit=asked.limit, returned=len(page.rows), total=total, first=first, last=last
    )


def _cursor(delivery: int) -> str:
    return cursor_text(Position(values=(), seq=delivery), ())
