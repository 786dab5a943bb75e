"""Which operation a path and a method lead to."""

import asyncio
from typing import Any

import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.spec import Specification
from starlette.types import Receive, Scope, Send

from hub.api.routing import TableRouting
from hub.errors import MethodNotAllowed

CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "shelves", "version": "1"},
    "paths": {
        "/book": {
            "get": {"operationId": "listBook", "responses": {"200": {"description": "all"}}},
            "post": {"operationId": "createBook", "responses": {"201": {"description": "made"}}},
        },
        "/book/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "retrieveBook", "responses": {"200": {"description": "one"}}},
        },
        "/book/{id}/lend": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {"operationId": "lendBook", "responses": {"202": {"description": "lent"}}},
        },
        "/problemGroup": {
            "post": {"operationId": "createProblemGroup", "responses": {"201": {"description": "made"}}},
        },
        "/problemGroup/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "retrieveProblemGroup", "responses": {"200": {"description": "one"}}},
        },
        "/book/new": {"get": {"operationId": "listNew", "responses": {"200": {"description": "new"}}}},
    },
}
PAGES: tuple[str, dict[str, str]] = ("pages", {})


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    """(operationId, path parameters), or PAGES when no contract has the path."""
    calls: list[tuple[str, dict[str, str]]] = []

    async def operation(scope: Scope, receive: Receive, send: Send) -> None:
        context = scope["extensions"][ROUTING_CONTEXT]
        assert context["api_base_path"] == "/shelf/v1"
        calls.append((context["operation_id"], scope["path_params"]))

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        calls.append(PAGES)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("routing neither reads nor answers")

    routing = TableRouting(operation, pages=pages)
    routing.add_api(Specification.from_dict(CONTRACT), base_path="/shelf/v1")
    asyncio.run(routing({"type": "http", "method": method, "path": path}, nothing, nothing))
    (call,) = calls
    return call


ROUTES = [
    ("GET", "/shelf/v1/book", ("listBook", {})),
    ("POST", "/shelf/v1/book", ("createBook", {})),
    ("HEAD", "/shelf/v1/book", ("listBook", {})),
    ("GET", "/shelf/v1/book/", ("listBook", {})),
    ("GET", "/shelf/v1/book/4711", ("retrieveBook", {"id": "4711"})),
    ("GET", "/shelf/v1/book/%41 b", ("retrieveBook", {"id": "%41 b"})),
    ("GET", "/shelf/v1/book/new", ("listNew", {})),
    ("POST", "/shelf/v1/book/4711/lend", ("lendBook", {"id": "4711"})),
    ("GET", "/shelf/v1", PAGES),
    ("GET", "/shelf/v1/book/4711/sell", PAGES),
    ("GET", "/shelf/v1/book/4711/lend/again", PAGES),
    ("GET", "/shelf/v1//book", ("listBook", {})),
    ("GET", "//shelf/v1/book/4711//", ("retrieveBook", {"id": "4711"})),
    ("POST", "/shelf/v1/problemGroup", ("createProblemGroup", {})),
    ("POST", "/shelf/v1/ProblemGroup", ("createProblemGroup", {})),
    ("GET", "/shelf/v1/ProblemGroup/7", ("retrieveProblemGroup", {"id": "7"})),
    ("GET", "/shelf/v1/Book", PAGES),
    ("GET", "/docs", PAGES),
    ("GET", "/", PAGES),
]


@pytest.mark.parametrize(("method", "path", "expected"), ROUTES)
def test_a_path_leads_to_its_operation(method: str, path: str, expected: tuple[str, dict[str, str]]) -> None:
    assert found(method, path) == expected


REFUSED = [
    ("DELETE", "/shelf/v1/book", "GET, POST"),
    ("PUT", "/shelf/v1/book/4711", "GET"),
    ("OPTIONS", "/shelf/v1/book/4711", "GET"),
    ("HEAD", "/shelf/v1/book/4711/lend", "POST"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), REFUSED)
def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed, match=f"{path} does not have {method}, only {allowed}") as refused:
        found(method, path)
    assert refused.value.headers == {"Allow": allowed}


def test_what_is_not_http_is_passed_on() -> None:
    seen: list[str] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def unused(*_: Any) -> Any:
        raise AssertionError("not called")

    asyncio.run(TableRouting(behind, pages=unused)({"type": "lifespan"}, unused, unused))
    assert seen == ["lifespan"]
