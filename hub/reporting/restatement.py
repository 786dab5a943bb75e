"""What has become of an account: which figures are other ones today, and which late records made them so."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from hub.reporting.account import Account
from hub.reporting.dimensions import CUSTOMER, SERVICE, UNNAMED
from hub.reporting.edits import Edits
from hub.reporting.figures import Figure, Number
from hub.reporting.raised import Constraint
from hub.reporting.repeats import Line
from hub.reporting.rows import Row
from hub.store.histories import Late


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A figure that differs; None stands for one that is not defined, or that one of the accounts does not have.

    `rows` are the reports that came in, went out, or of which a late record tells. Where none of its own did, they are
    those that made another what it is counted with: what came again before or after, or the other parts of the whole;
    () where it is held against something else that moved.
    """

    metric: str
    group: tuple[str, ...]
    part: str
    before: Number | None
    after: Number | None
    rows: tuple[str, ...]

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """That of the figure."""
        return self.metric, self.group, self.part


@dataclass(frozen=True, kw_only=True)
class Restatement:
    """`late` are the records that explain it, `edits` {their ids: what they made another} of those that changed
    attributes; both accounts are as of the same instant."""

    before: Account
    after: Account
    changed: tuple[Changed, ...]
    late: tuple[Late, ...]
    edits: Mapping[str, Edits] = field(default_factory=dict)

    @property
    def others(self) -> frozenset[str]:
        """The reports and constraints that are not what they were; what one repeats is told by another one."""
        return frozenset(both(self.before, self.after)[1])

    def why(self, one: Changed) -> tuple[Late, ...]:
        """The late records of the reports that changed a figure."""
        return tuple(late for late in self.late if late.problem_id in one.rows)


def both(before: Account, after: Account) -> tuple[set[str], set[str]]:
    """The ids of the reports and constraints of either account, and of those that are not what they were."""
    olds, news = map(_by_id, (before, after))
    known = {*olds, *news}
    return known, {one for one in known if _is_another(olds.get(one), news.get(one))}


def _by_id(one: Account) -> dict[str, Row | Constraint]:
    found: dict[str, Row | Constraint] = {row.id: row for row in one.rows}
    return found | {each.id: each for each in one.raised}


def _is_another(old: Row | Constraint | None, new: Row | Constraint | None) -> bool:
    if isinstance(old, Row) and isinstance(new, Row):
        return replace(old, repeat_of=new.repeat_of) != new
    return old != new


def restatement(
    before: Account, after: Account, late: Iterable[Late], edits: Mapping[str, Edits] | None = None
) -> Restatement:
    """`late` is what was recorded between the two accounts about what was before their common `as_of`."""
    found = tuple(late)
    reports = {one.problem_id for one in found}
    return Restatement(
        before=before,
        after=after,
        changed=tuple(_with_the_whole(list(_changed(before, after, reports)))),
        late=found,
        edits=edits or {},
    )


def _changed(before: Account, after: Account, late: set[str]) -> Iterator[Changed]:
    olds = {one.key: one for one in before.figures}
    news = {one.key: one for one in after.figures}
    lines = _lines(before, after)
    for key in dict.fromkeys((*olds, *news)):
        old, new = olds.get(key), news.get(key)
        if _told(old) != _told(new):
            metric, group, part = key
            rows = {*(old.rows if old else ()), *(new.rows if new else ())}
            moved = set(old.rows if old else ()) ^ set(new.rows if new else ())
            found = moved | (rows & late)
            turned = _counted(old) ^ _counted(new)
            about = frozenset[Line]().union(*(lines.get(one, ()) for one in turned - found))
            yield Changed(
                metric=metric,
                group=group,
                part=part,
                before=old.value if old else None,
                after=new.value if new else None,
                rows=tuple(sorted(found | {one for one in late if not about.isdisjoint(lines.get(one, ()))})),
            )


def _with_the_whole(those: list[Changed]) -> Iterator[Changed]:
    """Of what moved by no report of its own, the reports that moved the other parts of its metric."""
    wholes: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for one in those:
        wholes[one.metric, one.group].update(one.rows)
    for one in those:
        yield one if one.rows else replace(one, rows=tuple(sorted(wholes[one.metric, one.group])))


def _lines(before: Account, after: Account) -> dict[str, frozenset[Line]]:
    """{report: the customers and services of which it told, before or after}, by which one is another come again."""
    found: dict[str, frozenset[Line]] = {}
    for row in (*before.rows, *after.rows):
        pairs = product(row.values[CUSTOMER], row.values[SERVICE])
        found[row.id] = found.get(row.id, frozenset()) | {one for one in pairs if one[1] not in UNNAMED}
    return found


def _counted(one: Figure | None) -> set[str]:
    """The reports in the numerator of a share."""
    return set(one.details.get("in", ())) if one is not None else set()


def _told(one: Figure | None) -> tuple[object, ...] | None:
    if one is None:
        return None
    bounds = one.details.get("low"), one.details.get("high")
    return one.value, one.n, one.numerator, one.denominator, one.rows, one.excluded, bounds
