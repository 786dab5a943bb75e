"""What an audience sees of the history: taken away before any figure is computed, so that no figure can tell of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hub.reporting.dimensions import CUSTOMER, NAMES, NOT_SEEN, OF_A_PARTY, PARTIES, PARTY, UNKNOWN, Values
from hub.reporting.timelines import Seen, Timeline
from hub.store.histories import Sent, Unregistered

OF_A_PARTY_AT = tuple(map(NAMES.index, sorted(OF_A_PARTY)))

Own = Mapping[int, frozenset[str]]
"""{place in NAMES: the values that are seen of a shared report}, for each of OF_A_PARTY_AT."""


class Sight:
    """`only` is {dimension: the values that are seen}; empty, everything is. `to_all` says that of what is seen all
    notifications are, and not those to the seen customers alone.

    A report that names other parties besides those that are seen is shared. Of what it names of OF_A_PARTY that is
    seen which `own` has: what reports of these parties alone name, and what the sight is narrowed to.
    """

    def __init__(
        self,
        only: Mapping[str, frozenset[str]] | None = None,
        own: Own | None = None,
        *,
        to_all: bool = False,
    ) -> None:
        self._names = only or {}
        self._only = {NAMES.index(name): values for name, values in self._names.items()}
        self._parties = [NAMES.index(name) for name in PARTIES if name in self._names]
        self._customers = None if to_all else self._names.get(CUSTOMER)
        self._own = own or self._own_in(())

    def of(self, seen: Iterable[Seen]) -> Iterator[Seen]:
        """The reports that are seen, each without what of it is not; which values are own, they themselves say.

        Of a report that was deleted, or over before anything began, nobody can say here whose it was: who does not
        see everything sees none of these.
        """
        if not self._only:
            yield from seen
            return
        those = [one for one in seen if isinstance(one, Timeline) and self._is_seen(one.values)]
        knowing = self.knowing(one.values for one in those)
        for one in those:
            yield one._replace(values=knowing._narrowed(one.values))

    def knowing(self, those: Iterable[Values]) -> "Sight":
        """The sight to which what these reports name is own, but for the shared ones."""
        if not self._parties:
            return self
        return Sight(self._names, self._own_in(those), to_all=self._customers is None)

    def values(self, said: Values) -> Values | None:
        """What is seen of what a report says; None where the report is not seen."""
        return self._narrowed(said) if self._is_seen(said) else None

    def _narrowed(self, said: Values) -> Values:
        values = list(said)
        if self._is_shared(said):
            for at, own in self._own.items():
                values[at] = tuple([value for value in said[at] if value in own]) or (NOT_SEEN,)
        for at, wanted in self._only.items():
            values[at] = tuple([value for value in said[at] if value in wanted])
        return tuple(values)

    def _is_seen(self, said: Values) -> bool:
        return all(not wanted.isdisjoint(said[at]) for at, wanted in self._only.items())

    def _is_shared(self, said: Values) -> bool:
        return not all(self._only[at].issuperset(said[at]) for at in self._parties)

    def _own_in(self, those: Iterable[Values]) -> Own:
        found = {at: {UNKNOWN, *self._only.get(at, ())} for at in OF_A_PARTY_AT}
        for said in those:
            if not self._is_shared(said):
                for at, own in found.items():
                    own.update(said[at])
        return {at: frozenset(own) for at, own in found.items()}

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
