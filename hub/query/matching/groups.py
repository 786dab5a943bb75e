"""Clauses of many rows that stand together: which rows a document leaves."""

from hub.query.matching.found import Found, Path
from hub.query.matching.probes import Probe, ProbeKey, new_probe
from hub.query.syntax import Comparison

Clause = dict[ProbeKey, Comparison]
"""The comparisons of which one has to hold, each by the probe that answers it."""


class Facet:
    """The clauses that ask the same probes; `rows` are those that have one.

    With `nested`, arrays in arrays are entered, too: then all rows are found whose clause holds, and perhaps others.
    """

    def __init__(self, *, nested: bool = False) -> None:
        self.rows = 0
        self._nested = nested
        self._probes: dict[ProbeKey, Probe] = {}

    def add(self, row: int, clause: Clause) -> None:
        self.rows |= 1 << row
        for key, comparison in clause.items():
            if key not in self._probes:
                self._probes[key] = new_probe(key)
            self._probes[key].add(row, comparison)

    def remove(self, row: int, clause: Clause) -> None:
        self.rows &= ~(1 << row)
        for key, comparison in clause.items():
            self._probes[key].remove(row, comparison)

    def fitting(self, found: Found) -> int:
        """The rows whose clause holds."""
        mask = 0
        for (path, _), probe in self._probes.items():
            mask |= probe.rows(found.within(path) if self._nested else found.at(path))
        return mask


class Branch:
    """Clauses of one comparison each with an attribute of the same object; `rows` have one clause here.

    A comparison of what is absent does not hold, so only the attributes that a document has are asked.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._facets: dict[str, dict[ProbeKey, Facet]] = {}

    def add(self, row: int, clause: Clause) -> None:
        self.rows |= 1 << row
        (key,) = clause
        facets = self._facets.setdefault(key[0][-1], {})
        facets.setdefault(key, Facet()).add(row, clause)

    def remove(self, row: int, clause: Clause) -> None:
        self.rows &= ~(1 << row)
        (key,) = clause
        facets = self._facets[key[0][-1]]
        facets[key].remove(row, clause)
        if not facets[key].rows:
            del facets[key]
        if not facets:
            del self._facets[key[0][-1]]

    def fitting(self, found: Found) -> int:
        """The rows whose clause holds."""
        mask = 0
        for name in self._facets.keys() & found.names_in(self._path):
            for facet in self._facets[name].values():
                mask |= facet.fitting(found)
        return mask
