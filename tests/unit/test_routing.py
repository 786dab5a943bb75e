"""Which operation a path and a method lead to."""

import pytest

from hub.api.routing import PathTable
from hub.errors import MethodNotAllowed

OPERATIONS = [
    ("GET", "/shelf/v1/book", "listBook"),
    ("POST", "/shelf/v1/book", "createBook"),
    ("GET", "/shelf/v1/book/{id}", "retrieveBook"),
    ("POST", "/shelf/v1/book/{id}/lend", "lendBook"),
    ("POST", "/shelf/v1/problemGroup", "createProblemGroup"),
    ("GET", "/shelf/v1/problemGroup/{id}", "retrieveProblemGroup"),
    ("GET", "/shelf/v1/book/new", "listNew"),
]
NOTHING: tuple[None, dict[str, str]] = (None, {})


def found(method: str, path: str) -> tuple[str | None, dict[str, str]]:
    """(operation, path parameters), or NOTHING when nobody has the path."""
    table: PathTable[str] = PathTable()
    for operation in OPERATIONS:
        table.add(*operation)
    return table.find(method, path)


ROUTES = [
    ("GET", "/shelf/v1/book", ("listBook", {})),
    ("POST", "/shelf/v1/book", ("createBook", {})),
    ("HEAD", "/shelf/v1/book", ("listBook", {})),
    ("GET", "/shelf/v1/book/", ("listBook", {})),
    ("GET", "/shelf/v1/book/4711", ("retrieveBook", {"id": "4711"})),
    ("GET", "/shelf/v1/book/%41 b", ("retrieveBook", {"id": "%41 b"})),
    ("GET", "/shelf/v1/book/new", ("listNew", {})),
    ("POST", "/shelf/v1/book/4711/lend", ("lendBook", {"id": "4711"})),
    ("GET", "/shelf/v1", NOTHING),
    ("GET", "/shelf/v1/book/4711/sell", NOTHING),
    ("GET", "/shelf/v1/book/4711/lend/again", NOTHING),
    ("GET", "/shelf/v1//book", ("listBook", {})),
    ("GET", "//shelf/v1/book/4711//", ("retrieveBook", {"id": "4711"})),
    ("POST", "/shelf/v1/problemGroup", ("createProblemGroup", {})),
    ("POST", "/shelf/v1/ProblemGroup", ("createProblemGroup", {})),
    ("GET", "/shelf/v1/ProblemGroup/7", ("retrieveProblemGroup", {"id": "7"})),
    ("GET", "/shelf/v1/Book", NOTHING),
    ("GET", "/docs", NOTHING),
    ("GET", "/", NOTHING),
]


@pytest.mark.parametrize(("method", "path", "expected"), ROUTES)
def test_a_path_leads_to_its_operation(
    method: str, path: str, expected: tuple[str | None, dict[str, str]]
) -> None:
    assert found(method, path) == expected


REFUSED = [
    ("DELETE", "/shelf/v1/book", "GET, HEAD, POST"),
    ("PUT", "/shelf/v1/book/4711", "GET, HEAD"),
    ("OPTIONS", "/shelf/v1/book/4711", "GET, HEAD"),
    ("HEAD", "/shelf/v1/book/4711/lend", "POST"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), REFUSED)
def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed, match=f"{path} does not have {method}, only {allowed}") as refused:
        found(method, path)
    assert refused.value.headers == {"Allow": allowed}
