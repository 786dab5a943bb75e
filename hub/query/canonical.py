"""One spelling for each condition, so that two texts of the same meaning are found to be the same."""

from collections.abc import Iterable

from hub.query.syntax import SIGNS, And, Comparison, Condition, Operator, Or


def all_of(groups: Iterable[Iterable[Comparison]]) -> Condition | None:
    """AND of groups, each an OR of comparisons.

    A name that is repeated with `=` means any of its values, as TMF630 has it; repeated with `ne` it means none.
    """
    parts = [any_of(group) for group in groups]
    single = [part for part in parts if isinstance(part, Comparison)]
    several = [part for part in parts if isinstance(part, Or)]
    merged: set[Comparison | Or] = {*_merged(single, (Operator.EQ, Operator.NE)), *several}
    if not merged:
        return None
    ordered = sorted(merged, key=render)
    return ordered[0] if len(ordered) == 1 else And(parts=tuple(ordered))


def any_of(comparisons: Iterable[Comparison]) -> Comparison | Or:
    """OR of comparisons, of which there is at least one."""
    ordered = sorted(_merged(comparisons, (Operator.EQ,)), key=render)
    return ordered[0] if len(ordered) == 1 else Or(parts=tuple(ordered))


def _merged(comparisons: Iterable[Comparison], operators: tuple[Operator, ...]) -> set[Comparison]:
    """The comparisons, where those of the same path and one of `operators` are one with all their values."""
    kept: set[Comparison] = set()
    values: dict[tuple[tuple[str, ...], Operator], set[str]] = {}
    for each in comparisons:
        if each.operator in (Operator.EQ, Operator.NE):
            each = Comparison(path=each.path, operator=each.operator, values=tuple(sorted(set(each.values))))
        if each.operator in operators:
            values.setdefault((each.path, each.operator), set()).update(each.values)
        else:
            kept.add(each)
    for (path, operator), together in values.items():
        kept.add(Comparison(path=path, operator=operator, values=tuple(sorted(together))))
    return kept


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
    return text.replace("%", "%25").replace("&", "%26").replace(";", "%3B")
