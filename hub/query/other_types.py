"""Queries of resources whose `@type` is described nowhere here: such a resource may have any attribute.

Which those are, nobody knows; so a name that is not known is a mistake unless the query itself asks for such a type.
"""

from collections.abc import Callable
from typing import TypeVar

from hub.errors import InvalidInput
from hub.query.attributes import Attributes, Path
from hub.query.syntax import And, Comparison, Condition, Operator, Or, Some

T = TypeVar("T")

TYPE: Path = ("@type",)


def read_openly(
    read: Callable[[Attributes], T],
    attributes: Attributes,
    condition_of: Callable[[T], Condition | None],
    *,
    inside: Path = (),
) -> T:
    """What is read with the attributes that are known, or, where only resources of other types can fit, with any.

    `inside` leads to the resource in what the condition is about. Raises InvalidInput.
    """
    try:
        return read(attributes)
    except InvalidInput:
        if not attributes.types or attributes.open:
            raise
        try:
            found = read(attributes.opened())
        except InvalidInput:
            found = None
        if found is None or not _is_of_other_types(condition_of(found), attributes.types, (*inside, *TYPE)):
            raise
        return found


def _is_of_other_types(condition: Condition | None, types: frozenset[str], path: Path) -> bool:
    """Whether nothing fits the condition that has one of these types."""
    match condition:
        case And(parts=parts):
            return any(_is_of_other_types(part, types, path) for part in parts)
        case Or(parts=parts):
            return bool(parts) and all(_is_of_other_types(part, types, path) for part in parts)
        case Some(path=(), part=part):
            return _is_of_other_types(part, types, path)
        case Comparison(operator=Operator.EQ, values=values):
            return condition.path == path and types.isdisjoint(values)
        case _:
            return False
