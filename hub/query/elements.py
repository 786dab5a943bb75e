"""What stands at the end of a path in a document."""

from typing import Any


def elements_at(node: Any, path: tuple[str, ...]) -> list[Any]:
    """The values there, or the elements of those that are arrays; arrays on the way are entered, one level each."""
    nodes = [node]
    for name in path:
        nodes = [one.get(name) for one in _entered(nodes) if isinstance(one, dict)]
    return _entered(nodes)


def _entered(nodes: list[Any]) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        if isinstance(node, list):
            found += node
        else:
            found.append(node)
    return found
