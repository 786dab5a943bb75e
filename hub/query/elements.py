"""What stands at the end of a path in a document."""

from collections.abc import Sequence
from typing import Any


def elements_at(node: Any, path: tuple[str, ...]) -> Sequence[Any]:
    """The values there, or the elements of those that are arrays; arrays on the way are entered, one level each."""
    nodes: Sequence[Any] = node if isinstance(node, list) else (node,)
    for name in path:
        below: list[Any] = []
        for one in nodes:
            if isinstance(one, dict):
                value = one.get(name)
                if isinstance(value, list):
                    below += value
                else:
                    below.append(value)
        nodes = below
    return nodes
