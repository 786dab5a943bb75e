"""One spelling for each condition, so that two texts of the same meaning are found to be the same."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from hub.query.syntax import SIGNS, And, Comparison, Condition, Operator, Or

_ESCAPED = re.compile(r"[%&;\x00-\x1f]")


def all_of(groups: Iterable[Sequence[Comparison]]) -> Condition | None:
    """AND of groups, each an OR of comparisons.

    A name that is repeated with `=` means any of its values, as TMF630 has it; repeated with `ne` it means none.
    """
    single: list[Comparison] = []
    several: dict[Or, None] = {}
    for group in groups:
        part = any_of(group) if len(group) > 1 else group[0]
        if isinstance(part, Or):
            several[part] = None
        else:
            single.append(part)
    merged: list[Comparison | Or] = [*_merged(single, (Operator.EQ, Operator.NE)), *several]
    if len(merged) < 2:
        return merged[0] if merged else None
    return And(parts=tuple(sorted(merged, key=_place)))


def any_of(comparisons: Sequence[Comparison]) -> Comparison | Or:
    """OR of comparisons, of which there is at least one."""
    merged = _merged(comparisons, (Operator.EQ,))
    return Or(parts=tuple(sorted(merged, key=_place))) if len(merged) > 1 else merged[0]


def _merged(comparisons: Sequence[Comparison], operators: tuple[Operator, ...]) -> list[Comparison]:
    """The comparisons, where those of the same path and one of `operators` are one with all their values."""
    given = [_in_order(each) for each in comparisons]
    if len(given) < 2 or len({each.path for each in given}) == len(given):
        return given
    kept: set[Comparison] = set()
    values: dict[tuple[tuple[str, ...], Operator], set[str]] = {}
    for each in given:
        if each.operator in operators:
            values.setdefault((each.path, each.operator), set()).update(each.values)
        else:
            kept.add(each)
    for (path, operator), together in values.items():
        kept.add(Comparison(path=path, operator=operator, values=tuple(sorted(together))))
    return list(kept)


def _in_order(comparison: Comparison) -> Comparison:
    """The comparison with each of its values once, where it has several."""
    if len(comparison.values) < 2:
        return comparison
    return replace(comparison, values=tuple(sorted(set(comparison.values))))


@lru_cache(maxsize=1024)
def _place(part: Comparison | Or) -> str:
    """Where a part stands among the others."""
    return render(part)


def render(condition: Condition) -> str:
    """The text of a condition that `all_of` made: `&` between groups, `;` within a group."""
    match condition:
        case And(parts=parts):
            return "&".join(render(part) for part in parts)
        case Or(parts=parts):
            return ";".join(render(part) for part in parts)
        case Comparison(operator=Operator.EQ):
            return _equality(".".join(condition.path), condition.values)
        case Comparison(operator=Operator.NE):
            return _inequality(".".join(condition.path), condition.values)
        case Comparison(path=path, operator=operator, values=values):
            return f"{'.'.join(path)}.{operator}={escaped(values[0])}"
        case _:
            raise TypeError(f"{condition} is not made by all_of")


def _equality(name: str, values: tuple[str, ...]) -> str:
    plain = [value for value in values if _is_plain(value)]
    spelt = [f"{name}={escaped(','.join(plain))}"] if plain else []
    spelt += [f"{name}.exact={escaped(value)}" for value in values if not _is_plain(value)]
    return ";".join(spelt)


def _inequality(name: str, values: tuple[str, ...]) -> str:
    """An empty value stands alone, for between commas it would not count."""
    empty = [f"{name}.ne="] if "" in values else []
    others = [value for value in values if value]
    return "&".join(empty + ([f"{name}.ne={escaped(','.join(others))}"] if others else []))


def _is_plain(value: str) -> bool:
    """Whether the value can stand behind `=`, between commas."""
    return bool(value) and "," not in value and value[0] not in "".join(SIGNS)


def escaped(text: str) -> str:
    """The text with what would not be read back as it is percent-encoded."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", text)
