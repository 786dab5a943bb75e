"""What an audience sees of the history: taken away before any figure is computed, so that no figure can tell of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hub.reporting.dimensions import CUSTOMER, NAMES, PARTY, Values
from hub.reporting.timelines import Seen, Timeline
from hub.store.histories import Sent, Unregistered


class Sight:
    """`only` is {dimension: the values that are seen}; empty, everything is."""

    def __init__(self, only: Mapping[str, frozenset[str]] | None = None) -> None:
        self._only = {NAMES.index(name): values for name, values in (only or {}).items()}
        self._customers = (only or {}).get(CUSTOMER)

    def of(self, seen: Iterable[Seen]) -> Iterator[Seen]:
        """The reports that are seen, each without the other values of what narrows the sight.

        Of a report that was deleted, or over before anything began, nobody can say here whose it was: who does not
        see everything sees none of these.
        """
        if not self._only:
            yield from seen
            return
        for one in seen:
            if isinstance(one, Timeline):
                narrowed = self._narrowed(one)
                if narrowed is not None:
                    yield narrowed

    def _narrowed(self, one: Timeline) -> Timeline | None:
        values = self.values(one.values)
        return None if values is None else one._replace(values=values)

    def values(self, said: Values) -> Values | None:
        """What is seen of what a report says; None where the report is not seen."""
        values = list(said)
        for at, wanted in self._only.items():
            values[at] = tuple(value for value in values[at] if value in wanted)
            if not values[at]:
                return None
        return tuple(values)

    def sent(self, deliveries: Iterable[Sent], seen: Sequence[Seen]) -> list[Sent]:
        """The deliveries about what is seen, and for a customer those to itself alone."""
        if not self._only:
            return list(deliveries)
        ids = {one.id for one in seen if isinstance(one, Timeline)}
        return [
            one
            for one in deliveries
            if one.problem_id in ids and (self._customers is None or one.party in self._customers)
        ]

    def unregistered(self, those: Iterable[Unregistered], seen: Sequence[Seen]) -> list[Unregistered]:
        """Who stood in a list and was to be told of what is seen: of a list entry with a party, of that one's reports;
        for a customer itself alone."""
        parties = {one.id: _parties(one) for one in seen if isinstance(one, Timeline)}
        return [
            one
            for one in those
            if one.problem_id in parties
            and (not one.party or one.party in parties[one.problem_id])
            and (self._customers is None or one.party in self._customers)
        ]


def _parties(one: Timeline) -> tuple[str, ...]:
    return one.values[NAMES.index(CUSTOMER)] + one.values[NAMES.index(PARTY)]
