"""What stands in a document at the paths that conditions ask for."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

Path = tuple[str, ...]


def values_at(node: Any, path: Path) -> Sequence[Any]:
    """What stands at the end of the path; arrays on the way are entered, one level each."""
    for position, name in enumerate(path):
        if isinstance(node, list):
            rest = path[position:]
            return [value for element in node if isinstance(element, dict) for value in values_at(element, rest)]
        if not isinstance(node, dict):
            return ()
        node = node.get(name)
    return node if isinstance(node, list) else (node,)


def values_within(node: Any, path: Path) -> list[Any]:
    """What stands at the end of the path when every array is entered, also one that is an element of another."""
    if isinstance(node, list):
        return [value for element in node for value in values_within(element, path)]
    if not path:
        return [node]
    return values_within(node.get(path[0]), path[1:]) if isinstance(node, dict) else []


class Found:
    """What stands in one document, each path looked up once; the document itself is at ()."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._values: dict[Path, Sequence[Any]] = {(): (document,)}
        self._within: dict[Path, Sequence[Any]] = {}
        self._names: dict[Path, Set[str]] = {}

    def at(self, path: Path) -> Sequence[Any]:
        values = self._values.get(path)
        if values is None:
            values = self._values[path] = values_at(self._document.get(path[0]), path[1:])
        return values

    def within(self, path: Path) -> Sequence[Any]:
        """What stands at the path and, of arrays in arrays, what `at` does not see."""
        values = self._within.get(path)
        if values is None:
            values = self._within[path] = values_within(self._document, path)
        return values

    def names_in(self, path: Path) -> Set[str]:
        """The attributes of all objects at the path."""
        names = self._names.get(path)
        if names is None:
            objects = [value for value in self.at(path) if isinstance(value, Mapping)]
            names = objects[0].keys() if len(objects) == 1 else set[str]().union(*objects)
            self._names[path] = names
        return names
