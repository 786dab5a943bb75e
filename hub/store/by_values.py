"""A list that is ordered first by an attribute of few values: the lists of its values, read one after the other.

No index has the orders within the values of each attribute, but one of them has the order that is left.
"""

from dataclasses import replace
from typing import Any, Protocol

from hub.query.ordering import Cursor, Page, Position, Sort
from hub.query.syntax import And, Comparison, Condition, Operator
from hub.store.facets import COUNTED
from hub.store.moment import at_one_moment
from hub.store.search import Found, Search
from hub.store.way import exact_keys

APART = 100.0
"""The microseconds that it takes to begin the list of one more value."""

VALUES_MAXIMUM = 16


class Part(Protocol):
    """Gives the list of a condition, which is a part of another one."""

    def __call__(
        self,
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int = 0,
        cursor: Cursor | None = None,
    ) -> Search: ...


def may_go_by_values(sort: Sort) -> bool:
    return len(sort) > 1 and sort[0].path in COUNTED


class ByValues(Search):
    """A list that goes value by value where that is the cheaper way."""

    def __init__(self, *arguments: Any, part: Part, **asked: Any) -> None:
        super().__init__(*arguments, **asked)
        self._part = part

    @property
    def _cost(self) -> float:
        return min(super()._cost, self._cost_by_values)

    def page(self) -> Page[Found]:
        if self._cost_by_values >= super()._cost or not self._is_ordinary:
            return super().page()
        with at_one_moment(self._connection):
            return self._page_by_offset() if self._cursor is None else self._page_behind(self._cursor)

    @property
    def _column(self) -> str:
        return self._sort[0].path[0]

    @property
    def _is_ordinary(self) -> bool:
        """Whether the position has a value of the attribute's kind, which a client could change."""
        place = None if self._cursor is None else self._cursor.position
        kind = (int, float) if self._column == "priority" else str
        return place is None or isinstance(place.values[0], kind)

    def _values(self) -> list[Any]:
        """What may fit, in the order of reading; nothing where a value cannot be asked for alone."""
        found = self._tally.values(self._column, self._ways.what)
        if len(found) > VALUES_MAXIMUM:
            return []
        if any(exact_keys(self._column, [str(value)]) != [value] for value in found):
            return []
        backwards = self._cursor is not None and self._cursor.backwards
        return found[::-1] if self._sort[0].descending is not backwards else found

    def _of(self, value: Any, *, offset: int = 0, limit: int, cursor: Cursor | None = None) -> Search:
        alone = Comparison(path=self._sort[0].path, operator=Operator.EQ, values=(str(value),))
        condition = alone if self._condition is None else And(parts=(self._condition, alone))
        return self._part(condition, sort=self._sort[1:], offset=offset, limit=limit, cursor=cursor)

    @property
    def _cost_by_values(self) -> float:
        kept = self._ways.by_values
        cost = kept.get((self._sort, self._need))
        if cost is None:
            cost = kept[self._sort, self._need] = self._priced()
        return cost

    def _priced(self) -> float:
        """Microseconds to the rows that are needed, as long as nothing has to be looked for in the documents."""
        values = self._values()
        if self._ways.unindexed() or not values or (self._offset and not self._ways.is_tallied):
            return float("inf")
        need, cost = float(self._need), 0.0
        for value in values:
            part = self._of(value, limit=max(int(need) - 1, 0))
            cost += APART + part._cost
            need -= part._ways.fit
            if need <= 0:
                break
        return cost

    def _page_by_offset(self) -> Page[Found]:
        rows: list[Found] = []
        offset = self._offset
        for value in self._values():
            part = self._of(value, offset=offset, limit=self._limit - len(rows))
            found = part.page().rows
            offset = 0 if found or not offset else max(offset - part.count(), 0)
            rows += found
            if len(rows) >= self._limit:
                break
        return Page(rows=rows)

    def _page_behind(self, cursor: Cursor) -> Page[Found]:
        """The values from that of the position on: the first one behind the position, the others from their ends."""
        page: Page[Found] = Page(rows=[])
        place = cursor.position
        for value in self._values():
            if place is not None and self._is_before(value, place.values[0], cursor):
                continue
            inside = None
            if place is not None and value == place.values[0]:
                inside = Position(values=place.values[1:], seq=place.seq)
            begin = replace(cursor, position=inside)
            found = self._of(value, limit=self._limit - len(page.rows), cursor=begin).page()
            page = _joined(page, _under(value, found), backwards=cursor.backwards)
            if page.more:
                break
        return page

    def _is_before(self, value: Any, place: Any, cursor: Cursor) -> bool:
        """Whether all of a value lies before the place, in the direction of reading."""
        return bool(value > place if self._sort[0].descending is not cursor.backwards else value < place)


def _under(value: Any, page: Page[Found]) -> Page[Found]:
    """The page of a value, with the positions that its rows have among all."""
    first, last = (
        None if one is None else Position(values=(value, *one.values), seq=one.seq)
        for one in (page.first, page.last)
    )
    return replace(page, first=first, last=last)


def _joined(read: Page[Found], found: Page[Found], *, backwards: bool) -> Page[Found]:
    before, after = (found, read) if backwards else (read, found)
    return Page(
        rows=[*before.rows, *after.rows],
        first=before.first or after.first,
        last=after.last or before.last,
        more=found.more,
    )
