"""A condition as clauses: what has to hold together, each as comparisons of which one has to hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hub.query.matching.found import Path
from hub.query.matching.groups import Clause
from hub.query.matching.probes import ProbeKey, probe_key
from hub.query.syntax import And, Comparison, Condition, Not, Operator, Or, Some


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the clauses of a group have in common: the object whose attributes are compared, or all their probes.

    A row that has several such clauses has them in several groups, by `number`. Clauses of a `nested` group may hold
    for a row that does not fit.
    """

    of: Path | frozenset[ProbeKey]
    nested: bool = False
    number: int = 0


def parted(condition: Condition | None) -> tuple[list[tuple[GroupKey, Clause]], list[Condition]]:
    """(the clauses that probes answer, each with its group; what is left to ask)."""
    clauses: dict[GroupKey, Clause] = {}
    rest: list[Condition] = []
    for part in _conjuncts(condition):
        clause = _clause(part)
        if clause is not None:
            clauses[_free(GroupKey(_common(clause)), clauses)] = clause
            continue
        rest.append(part)
        for hint in _hints(part):
            clauses[_free(GroupKey(frozenset(hint), nested=True), clauses)] = hint
    return list(clauses.items()), rest


def _free(key: GroupKey, taken: dict[GroupKey, Clause]) -> GroupKey:
    while key in taken:
        key = replace(key, number=key.number + 1)
    return key


def _common(clause: Clause) -> Path | frozenset[ProbeKey]:
    match list(clause):
        case [(path, sign)] if sign != Operator.NE:
            return path[:-1]
        case keys:
            return frozenset(keys)


def _conjuncts(condition: Condition | None) -> Iterator[Condition]:
    match condition:
        case None:
            pass
        case And(parts=parts):
            for part in parts:
                yield from _conjuncts(part)
        case Not(part=part) if (opposite := _opposite(part)) is not None:
            yield from _conjuncts(opposite)
        case _:
            yield condition


def _disjuncts(condition: Condition) -> Iterator[Condition]:
    match condition:
        case Or(parts=parts):
            for part in parts:
                yield from _disjuncts(part)
        case Not(part=part) if (opposite := _opposite(part)) is not None:
            yield from _disjuncts(opposite)
        case _:
            yield condition


def _opposite(condition: Condition) -> Condition | None:
    """What holds when the condition does not, without a Not before it; None when that cannot be said."""
    match condition:
        case Not(part=part):
            return part
        case And(parts=parts):
            return Or(parts=tuple(Not(part=part) for part in parts))
        case Or(parts=parts):
            return And(parts=tuple(Not(part=part) for part in parts))
        case Comparison(operator=Operator.EQ):
            return replace(condition, operator=Operator.NE)
        case Comparison(operator=Operator.NE):
            return replace(condition, operator=Operator.EQ)
        case _:
            return None


def _clause(condition: Condition) -> Clause | None:
    """The comparisons of a clause by their probes; None when a part has none, or has it in common with another."""
    clause: Clause = {}
    for part in _disjuncts(condition):
        key = probe_key(part) if isinstance(part, Comparison) else None
        if key is None or key in clause or not isinstance(part, Comparison):
            return None
        clause[key] = part
    return clause


def _hints(condition: Condition, inside: Path = ()) -> Iterator[Clause]:
    """Clauses without which the condition does not hold, though they say less: what one element of an array has to
    fit together, some elements have to fit."""
    if not isinstance(condition, Some):
        return
    path = (*inside, *condition.path)
    for part in _conjuncts(condition.part):
        yield from _hints(part, path)
        parts = list(_disjuncts(part))
        named = [replace(one, path=(*path, *one.path)) for one in parts if isinstance(one, Comparison)]
        clause = _clause(Or(parts=tuple(named)))
        if len(named) == len(parts) and clause and not any(sign == Operator.NE for _, sign in clause):
            yield clause
