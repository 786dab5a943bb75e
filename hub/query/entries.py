"""The keys under which an index finds the values at a path: a key for each that `eq` can tell apart.

A text is its own key, unless it names an instant: then any text of the same instant has the same key. A number is
its own key, true and false have their names. So a document has one of the keys of some values exactly when the
predicate `eq` with these values holds for it.
"""

from collections.abc import Sequence
from typing import Any

from hub.query.elements import elements_at
from hub.query.values import instant_in, number_in, storable

Key = str | int | float | bytes


def keys_at(document: Any, path: tuple[str, ...]) -> set[Key]:
    """The keys of all values at the end of the path; arrays on the way are entered, one level each."""
    only = only_text(document, path)
    if only is not None:
        return {only}
    keys: set[Key] = set()
    for found in elements_at(document, path):
        if type(found) is str and (found[4:5] != "-" or not found[:4].isdigit()):  # no year begins it
            keys.add(found)
        elif (key := _key_of(found)) is not None:
            keys.add(key)
    return keys


def only_text(node: Any, path: tuple[str, ...]) -> str | None:
    """The usual case, straight on: a text that is no instant, in one object; None is any other case."""
    if type(node) is list and len(node) == 1:
        (node,) = node
    for name in path:
        if type(node) is not dict:
            return None
        node = node.get(name)
    return node if type(node) is str and (node[4:5] != "-" or not node[:4].isdigit()) else None


def keys_for(values: Sequence[str]) -> list[Key]:
    """The keys that a document can have which equals one of the values of a comparison."""
    keys: list[Key] = []
    for value in values:
        keys.append(_text_key(value))
        number = number_in(value)
        if number is not None:
            keys.append(number)
    return keys


def _key_of(found: Any) -> Key | None:
    if isinstance(found, str):
        return _text_key(found)
    if isinstance(found, bool):
        return "true" if found else "false"
    return storable(found) if isinstance(found, int | float) else None


def _text_key(text: str) -> Key:
    instant = instant_in(text)
    return text if instant is None else str(instant).encode()
