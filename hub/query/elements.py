"""What stands at the end of a path in a document."""

from collections.abc import Iterator
from typing import Any


def elements_at(node: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values there, or the elements of those that are arrays; arrays on the way are entered, one level each."""
    for position, name in enumerate(path):
        if isinstance(node, list):
            for element in node:
                if isinstance(element, dict):
                    yield from elements_at(element, path[position:])
            return
        if not isinstance(node, dict):
            return
        node = node.get(name)
    yield from node if isinstance(node, list) else (node,)
