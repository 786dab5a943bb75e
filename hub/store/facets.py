"""A condition taken apart by what can serve each of its parts: the tally, an index by date, a side table, nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from hub.query.sql import sql_condition
from hub.query.sql_columns import Column
from hub.query.sqlite_json import Sql
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some
from hub.store.columns import COLUMNS, entries_column
from hub.store.windows import DATES, Bound, Window, bound_in, window_of

Path = tuple[str, ...]

COUNTED: tuple[Path, ...] = (("status",), ("priority",), ("category",))
"""What the tally counts, and what every index of reports holds."""

IDS: tuple[Path, ...] = (("id",),)

COMPILED_KEPT = 512
"""How many conditions are kept taken apart: clients ask the same again and again."""


@dataclass(kw_only=True)
class Facets:
    """The parts of a condition that must all hold.

    `keyed` are found by a unique id or by an indexed path; `others` need a look at each report.
    """

    counted: list[Condition] = field(default_factory=list)
    bounds: dict[str, list[Bound]] = field(default_factory=dict)
    keyed: list[Condition] = field(default_factory=list)
    others: list[Condition] = field(default_factory=list)

    @property
    def what(self) -> Condition | None:
        """The part that the tally can count."""
        return And(parts=tuple(self.counted)) if self.counted else None

    @cached_property
    def windows(self) -> list[Window]:
        return [window_of(column, bounds) for column, bounds in self.bounds.items()]

    def values_of(self, path: Path) -> tuple[str, ...]:
        """The values of which the attribute must have one; none when that is not said."""
        wanted = self.wanted(path)
        return () if wanted is None else wanted.values

    def wanted(self, path: Path) -> Comparison | None:
        """The comparison by which the attribute must have one of some values."""
        for part in self.counted:
            if isinstance(part, Comparison) and part.path == path and part.operator is Operator.EQ:
                return part
        return None


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A condition with its statement; `what` is the statement of the part that the tally can count."""

    facets: Facets
    where: Sql
    what: Sql


@lru_cache(maxsize=COMPILED_KEPT)
def compiled(condition: Condition | None, indexed: tuple[tuple[Path, int], ...]) -> Compiled:
    """`indexed` are the indexed paths with their numbers."""
    facets = facets_of(condition, dict(indexed))
    where = sql_condition(condition, columns=_columns(indexed))
    is_counted = not (facets.bounds or facets.keyed or facets.others)
    what = where if is_counted else sql_condition(facets.what, columns=COLUMNS)
    return Compiled(facets=facets, where=where, what=what)


@lru_cache(maxsize=8)
def _columns(indexed: tuple[tuple[Path, int], ...]) -> Mapping[Path, Column]:
    return {**COLUMNS, **{path: entries_column(number) for path, number in indexed}}


def facets_of(condition: Condition | None, indexed: Mapping[Path, int]) -> Facets:
    facets = Facets()
    for part in conjuncts(condition):
        bound = bound_in(part) if isinstance(part, Comparison) else None
        if bound and isinstance(part, Comparison):
            facets.bounds.setdefault(DATES[part.path], []).append(bound)
        elif _is_counted(part):
            facets.counted.append(part)
        elif _is_keyed(part, indexed):
            facets.keyed.append(part)
        else:
            facets.others.append(part)
    return facets


def conjuncts(condition: Condition | None) -> Iterator[Condition]:
    """The parts that must all hold."""
    match condition:
        case None:
            return
        case And(parts=parts):
            for part in parts:
                yield from conjuncts(part)
        case Some(path=(), part=part):
            yield from conjuncts(part)
        case _:
            yield condition


def _is_counted(condition: Condition) -> bool:
    match condition:
        case And(parts=parts) | Or(parts=parts):
            return all(_is_counted(part) for part in parts)
        case Not(part=part) | Some(path=(), part=part):
            return _is_counted(part)
        case Comparison(path=path):
            return path in COUNTED
        case _:
            return False


def _is_keyed(condition: Condition, indexed: Mapping[Path, int]) -> bool:
    match condition:
        case Or(parts=parts):
            return all(_is_keyed(part, indexed) for part in parts)
        case Comparison(path=path, operator=Operator.EQ):
            return path in IDS or path in indexed
        case _:
            return False


def paths_of(condition: Condition) -> Iterator[Path]:
    match condition:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from paths_of(part)
        case Not(part=part) | Some(path=(), part=part):
            yield from paths_of(part)
        case Comparison(path=path) | Exists(path=path) | Length(path=path) | Some(path=path) | Count(path=path):
            yield path
