"""Which of thousands of conditions an event fits, found without trying each.

Every distinct condition is a row. A row is the AND of clauses; a clause is a comparison, or an OR of comparisons.
Clauses that ask alike stand together in a group, whose probes give all rows whose clause holds; each group strikes
out the rows whose clause does not. What no probe answers (a regular expression, for example) is asked at the end, of
the rows that are left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

from hub.query.matching.clauses import GroupKey, parted
from hub.query.matching.found import Found
from hub.query.matching.groups import Branch, Clause, Facet
from hub.query.matching.rows import numbers_in
from hub.query.predicate import Predicate, predicate
from hub.query.syntax import Condition

Wanted = tuple[frozenset[str], Condition | None]


@dataclass(slots=True)
class _Row:
    """A distinct condition, and who has it. `tests` are what no probe answers."""

    wanted: Wanted
    clauses: list[tuple[GroupKey, Clause]]
    tests: list["_Test"]
    keys: set[int] = field(default_factory=set)


class _Test:
    """A condition that is asked of a document as it is; made a function when somebody first needs it."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition

    @cached_property
    def holds(self) -> Predicate:
        return predicate(self._condition)


def _group(key: GroupKey) -> Facet | Branch:
    return Branch(key.of) if isinstance(key.of, tuple) else Facet(nested=key.nested)


class Matcher:
    """Conditions by numbers of the caller's; each also names the event types that it is for.

    Adding and removing cost what the one condition costs, not what all do.
    """

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}
        self._row_of: dict[Wanted, int] = {}
        self._row_of_key: dict[int, int] = {}
        self._free: list[int] = []
        self._of_type: dict[str, int] = {}
        self._unasked: dict[str, list[int]] = {}
        """The keys of a type none of whose conditions asks about the document, until one comes or goes."""
        self._groups: dict[GroupKey, Facet | Branch] = {}
        self._asking = 0
        self._tested = 0
        self._tests: WeakValueDictionary[Condition, _Test] = WeakValueDictionary()

    def add(self, key: int, types: frozenset[str], condition: Condition | None) -> None:
        """`key` is not in use; no condition fits everything."""
        wanted = (types, condition)
        number = self._row_of.get(wanted)
        if number is None:
            number = self._new_row(wanted)
        self._unasked.clear()
        self._rows[number].keys.add(key)
        self._row_of_key[key] = number

    def remove(self, key: int) -> None:
        self._unasked.clear()
        number = self._row_of_key.pop(key)
        row = self._rows[number]
        row.keys.remove(key)
        if not row.keys:
            self._drop_row(number, row)

    def has(self, kind: str) -> bool:
        """Whether any condition is for this event type."""
        return bool(self._of_type.get(kind))

    def matching(self, kind: str, document: Callable[[], Mapping[str, Any]]) -> Sequence[int]:
        """The keys in ascending order. `document` is called only when a condition asks about it."""
        rows = self._of_type.get(kind, 0)
        if rows & self._asking:
            return self._keys_of(self._fitting(rows, document()))
        if kind not in self._unasked:
            self._unasked[kind] = self._keys_of(rows)
        return self._unasked[kind]

    def _keys_of(self, rows: int) -> list[int]:
        return sorted(key for number in numbers_in(rows) for key in self._rows[number].keys)

    def _fitting(self, rows: int, document: Mapping[str, Any]) -> int:
        found = Found(document)
        for group in self._groups.values():
            asked = rows & group.rows
            if asked:
                rows ^= asked ^ (asked & group.fitting(found))
        verdicts: dict[_Test, bool] = {}
        for number in numbers_in(rows & self._tested):
            for test in self._rows[number].tests:
                if test not in verdicts:
                    verdicts[test] = test.holds(document)
                if not verdicts[test]:
                    rows ^= 1 << number
                    break
        return rows

    def _new_row(self, wanted: Wanted) -> int:
        clauses, rest = parted(wanted[1])
        row = _Row(wanted=wanted, clauses=clauses, tests=[self._test(condition) for condition in rest])
        number = self._free.pop() if self._free else len(self._rows)
        self._rows[number] = row
        self._row_of[wanted] = number
        bit = 1 << number
        for kind in wanted[0]:
            self._of_type[kind] = self._of_type.get(kind, 0) | bit
        for key, clause in clauses:
            if key not in self._groups:
                self._groups[key] = _group(key)
            self._groups[key].add(number, clause)
        if wanted[1] is not None:
            self._asking |= bit
        if rest:
            self._tested |= bit
        return number

    def _drop_row(self, number: int, row: _Row) -> None:
        others = ~(1 << number)
        for kind in row.wanted[0]:
            self._of_type[kind] &= others
        for key, clause in row.clauses:
            group = self._groups[key]
            group.remove(number, clause)
            if not group.rows:
                del self._groups[key]
        self._asking &= others
        self._tested &= others
        del self._rows[number], self._row_of[row.wanted]
        self._free.append(number)

    def _test(self, condition: Condition) -> _Test:
        """One test a condition, so that rows that share it ask once."""
        known = self._tests.get(condition)
        if known is None:
            known = self._tests[condition] = _Test(condition)
        return known
