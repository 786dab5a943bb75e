"""One table for all operations of all contracts: a path is found by its segments, in one step each.

It stands in the place of Connexion's RoutingMiddleware, whose nested routers try one regular expression after
another.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

from hub.errors import MethodNotAllowed, Violation

T = TypeVar("T")

METHODS = ("get", "post", "patch", "put", "delete")

TASKS = "/problem"
"""How the paths of task resources begin, in the contracts."""


class _Node(Generic[T]):
    """A segment of a path: its children by name, one child for a parameter, and what stands here by method."""

    def __init__(self) -> None:
        self.children: dict[str, _Node[T]] = {}
        self.parameter: tuple[str, _Node[T]] | None = None
        self.methods: dict[str, T] = {}

    def descend(self, segment: str) -> "_Node[T]":
        """The child for a segment of a path template, made if need be."""
        if segment.startswith("{"):
            if self.parameter is None:
                self.parameter = (segment[1:-1], _Node())
            return self.parameter[1]
        return self.children.setdefault(segment, _Node())


class PathTable(Generic[T]):
    """What stands at each method and path.

    Empty segments count for nothing: a base address that ends in a slash makes `//`, and people end a path with one.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._collections: dict[str, _Node[T]] = {}

    def add(self, method: str, path: str, value: T) -> None:
        """`path` is a template, such as /book/{id}; `method` is in capitals."""
        for spelling in spellings(path):
            node = self._root
            for segment in _segments(spelling):
                node = node.descend(segment)
            node.methods[method] = value
            if "{" not in spelling:
                self._collections[spelling] = node

    def _allowed(self, node: _Node[T]) -> list[str]:
        return sorted({*node.methods, *(("HEAD",) if "GET" in node.methods else ())})

    def find(self, method: str, path: str) -> tuple[T | None, dict[str, str]]:
        """What stands there, and the parameters of the path; None where nothing has this path.

        HEAD finds what GET finds. Raises MethodNotAllowed.
        """
        node, parameters = self._node(path)
        if node is None or not node.methods:
            return None, {}
        found = node.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            raise _not_allowed(method, path, self._allowed(node))
        return found, parameters

    def _node(self, path: str) -> tuple[_Node[T] | None, dict[str, str]]:
        """Most calls are for a collection or for one of its resources, so those are looked up whole."""
        folder, _, last = path.rpartition("/")
        if last and (collection := self._collections.get(folder)) is not None:
            child = collection.children.get(last)
            if child is None and collection.parameter is not None:
                name, child = collection.parameter
                return child, {name: last}
            return child, {}
        node: _Node[T] | None = self._collections.get(path)
        parameters: dict[str, str] = {}
        if node is not None:
            return node, parameters
        node = self._root
        for segment in _segments(path):
            node, parameters = _step(node, segment, parameters)
            if node is None:
                return None, {}
        return node, parameters


def _step(node: _Node[T], segment: str, parameters: dict[str, str]) -> tuple[_Node[T] | None, dict[str, str]]:
    child = node.children.get(segment)
    if child is not None:
        return child, parameters
    if node.parameter is None:
        return None, {}
    name, child = node.parameter
    return child, {**parameters, name: segment}


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def spellings(path: str) -> tuple[str, ...]:
    """The path as it is served; tasks also answer to the capital letter that older texts give them."""
    before, found, rest = path.partition(TASKS)
    return (path, f"{before}/{TASKS[1:].capitalize()}{rest}") if found else (path,)


def usual_spelling(path: str, parameters: Mapping[str, str]) -> str:
    """The path as the contract writes it, of all that lead to the same place; `parameters` are those in it."""
    begin, values = TASKS[1:].capitalize(), frozenset(parameters.values())
    usual = [
        f"{TASKS[1:]}{segment.removeprefix(begin)}"
        if segment.startswith(begin) and segment not in values
        else segment
        for segment in _segments(path)
    ]
    return f"/{'/'.join(usual)}"


def _not_allowed(method: str, path: str, allowed: list[str]) -> MethodNotAllowed:
    known = ", ".join(allowed)
    violation = Violation(field="method", value=method, message=f"{path} does not have {method}, only {known}")
    return MethodNotAllowed(violations=[violation], headers={"Allow": known})
