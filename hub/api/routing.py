"""One table for all operations of all contracts: a path is found by its segments, in one step each.

It stands in the place of Connexion's RoutingMiddleware, whose nested routers try one regular expression after
another, and tells the same things to the middlewares behind it. Empty segments count for nothing: a base address
that ends in a slash makes `//`, and people end a path with one.
"""

from collections.abc import Mapping
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import MethodNotAllowed, Violation

TASKS = "/problem"
"""How the paths of task resources begin."""

METHODS = ("get", "post", "patch", "put", "delete")


class _Node:
    """A segment of a path: its children by name, one child for a parameter, and the operations that end here."""

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.parameter: tuple[str, _Node] | None = None
        self.operations: dict[str, tuple[str, str]] = {}

    def descend(self, segment: str) -> "_Node":
        """The child for a segment of a path template, made if need be."""
        if segment.startswith("{"):
            if self.parameter is None:
                self.parameter = (segment[1:-1], _Node())
            return self.parameter[1]
        return self.children.setdefault(segment, _Node())


class TableRouting(SpecMiddleware):
    """`pages` serves the paths that no contract has."""

    def __init__(self, app: ASGIApp, *, pages: ASGIApp) -> None:
        self._app = app
        self._pages = pages
        self._root = _Node()

    def add_api(self, specification: Specification, *, base_path: str | None = None, **_: Any) -> None:
        base = base_path or specification.base_path
        for path, operations in specification["paths"].items():
            for spelling in spellings(path):
                self._add(f"{base}{spelling}", base, operations)

    def _add(self, path: str, base: str, operations: Mapping[str, Any]) -> None:
        node = self._root
        for segment in _segments(path):
            node = node.descend(segment)
        for method in METHODS:
            if method in operations:
                node.operations[method.upper()] = (base, operations[method]["operationId"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        node, parameters = self._find(scope["path"])
        if node is None or not node.operations:
            await self._pages(scope, receive, send)
            return
        found = node.operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if found is None:
            raise _not_allowed(scope, node)
        scope["path_params"] = parameters
        context = {"api_base_path": found[0], "operation_id": found[1]}
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = context
        await self._app(scope, receive, send)

    def _find(self, path: str) -> tuple[_Node | None, dict[str, str]]:
        node, parameters = self._root, {}
        for segment in _segments(path):
            child = node.children.get(segment)
            if child is None:
                if node.parameter is None:
                    return None, {}
                name, child = node.parameter
                parameters[name] = segment
            node = child
        return node, parameters


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def spellings(path: str) -> tuple[str, ...]:
    """The path of a contract as it is served; tasks also answer to the capital letter that older texts give them."""
    return (path, f"/{path[1].upper()}{path[2:]}") if path.startswith(TASKS) else (path,)


def _not_allowed(scope: Scope, node: _Node) -> MethodNotAllowed:
    allowed = ", ".join(sorted(node.operations))
    message = f"{scope['path']} does not have {scope['method']}, only {allowed}"
    violation = Violation(field="method", value=scope["method"], message=message)
    return MethodNotAllowed(violations=[violation], headers={"Allow": allowed})
