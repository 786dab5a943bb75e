"""An HTTP client that believes no answer: each one is held against the contract of its operation."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import requests

from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir

SERVED = ("serviceProblem-v5.yaml", "serviceProblem-v4.yaml", "operations-v1.yaml")
TIMEOUT = 30.0


class Either(NamedTuple):
    """A body of one of several media types, and what it is held against where it is JSON."""

    media_types: frozenset[str]
    schema: CompiledSchema


Held = CompiledSchema | frozenset[str] | Either | None


class Operation(NamedTuple):
    """`segments` are those of the path, None for a parameter; `responses` has for each status the schema of its body,
    the media types of one that is no JSON, both where it may be either, or None for no body.
    """

    name: str
    method: str
    segments: tuple[str | None, ...]
    responses: Mapping[int, Held]


class Answer(Protocol):
    """What is asked of an answer; those of requests are such."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(operation for name in SERVED for operation in _operations_of(load_contract(openapi_dir() / name)))


@cache
def error_schema() -> CompiledSchema:
    contract = load_contract(openapi_dir() / SERVED[0])
    return compile_schema(contract, {"$ref": "#/components/schemas/Error"})


def _operations_of(contract: dict[str, Any]) -> Iterator[Operation]:
    base = contract["servers"][0]["url"]
    for path, item in contract["paths"].items():
        segments = tuple(None if part[:1] == "{" else part for part in f"{base}{path}".strip("/").split("/"))
        for method in ("get", "post", "patch", "put", "delete"):
            if method in item:
                responses = {
                    int(status): _schema_of(contract, response)
                    for status, response in item[method]["responses"].items()
                }
                yield Operation(item[method]["operationId"], method.upper(), segments, responses)


def _schema_of(contract: dict[str, Any], response: dict[str, Any]) -> Held:
    if "$ref" in response:
        response = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content")
    if content and "application/json" not in content:
        return frozenset(content)
    schema = compile_schema(contract, content["application/json"]["schema"]) if content else None
    return Either(frozenset(content), schema) if content and schema and len(content) > 1 else schema


def operation_of(method: str, path: str) -> Operation | None:
    parts = path.strip("/").split("/")
    for operation in operations():
        fits = len(parts) == len(operation.segments) and all(
            wanted in (None, part) for wanted, part in zip(operation.segments, parts, strict=True)
        )
        if fits and operation.method == ("GET" if method == "HEAD" else method):
            return operation
    return None


def check(method: str, path: str, answer: Answer | requests.Response) -> None:
    """Fails unless the contract of the operation has such an answer; any other error has to be a TMF `Error`."""
    operation = operation_of(method, path)
    if operation is None or answer.status_code not in operation.responses:
        assert operation is None, f"{operation.name} does not promise {answer.status_code}: {answer.text[:500]}"
        if answer.status_code >= 400:
            _check_body(error_schema(), method, answer)
        return
    schema = operation.responses[answer.status_code]
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if isinstance(schema, Either):
        schema = schema.schema if media_type == "application/json" else schema.media_types
    if schema is None:
        assert answer.content == b"", f"{operation.name} promises no body with {answer.status_code}"
    elif isinstance(schema, frozenset):
        assert media_type in schema, answer.headers
    else:
        _check_body(schema, method, answer)


def _check_body(schema: CompiledSchema, method: str, answer: Answer | requests.Response) -> None:
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json", answer.headers
    if method == "HEAD":
        assert answer.content == b""
        return
    body = answer.json()
    assert errors_of(schema, body) == [], body
    if answer.status_code >= 400:
        assert errors_of(error_schema(), body) == [] or body.get("ready") is False
        assert body.get("status", str(answer.status_code)) == str(answer.status_code)


class ContractClient:
    """`face` is the path of the v5 face, `operations` that of the operations; other paths are given whole."""

    face = "/tmf-api/serviceProblemManagement/v5"
    operations = "/qos-hub/v1"

    def __init__(self, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers or {})

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """An answer that fits the contract. Raises requests.ConnectionError as the session does."""
        answer = self._session.request(
            method, f"{self.base_url}{path}", timeout=TIMEOUT, allow_redirects=False, **arguments
        )
        check(method, urlsplit(path).path, answer)
        return answer

    def get(self, path: str, **arguments: Any) -> requests.Response:
        return self.call("GET", path, **arguments)

    def post(self, path: str, body: Any, **arguments: Any) -> requests.Response:
        return self.call("POST", path, json=body, **arguments)

    def problems(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{self.face}/serviceProblem", params=filters).json()
        return found

    def create(self, body: Any) -> requests.Response:
        return self.post(f"{self.face}/serviceProblem", body)

    def patch(self, problem_id: str, **patch: Any) -> requests.Response:
        return self.call("PATCH", f"{self.face}/serviceProblem/{problem_id}", json=patch)

    def register(self, callback: str, query: str | None = None, **more: Any) -> dict[str, Any]:
        answer = self.post(f"{self.face}/hub", {"callback": callback, "query": query, **more})
        assert answer.status_code == 201, answer.text
        registered: dict[str, Any] = answer.json()
        return registered

    def deliveries(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{self.operations}/deliveries", params=filters).json()
        return found

    def records(self) -> list[dict[str, Any]]:
        """The whole history, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.get(f"{self.face}/serviceProblemEventRecord", params={"offset": len(found)})
            found += answer.json()
            if len(found) >= int(answer.headers["X-Total-Count"]):
                return found


def path_of(problem: dict[str, Any]) -> str:
    """The path of a report at the v5 face."""
    return f"{ContractClient.face}/serviceProblem/{problem['id']}"


def violations(refused: requests.Response) -> dict[str, str]:
    """{field: message} of a refusal."""
    return {one["field"]: one["message"] for one in refused.json()["violation"]}
