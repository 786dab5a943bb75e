"""Runs a scenario of the kit: requests in order, each with what its answer must be.

A scenario is a YAML file:

    contract: serviceProblem-v5.yaml      # its base path is that of the requests, its schemas those of the answers
    steps:
      - name: a report is made
        request: {method: POST, path: /serviceProblem, headers: {}, body: {...}}
        expect:
          status: 201
          schema: ServiceProblem          # or [ServiceProblem]: a list of them, with at least one
          mandatory: [id, href, status]   # keys that the body, or each element of it, must have
          holds: {status: acknowledged}   # dotted paths with their values; a list's elements by number
          headers: {Location: "${href}"}  # a header's value as a regular expression; null: must not be there
        keep: {problem: id, href: href}   # what later steps write as ${problem}; `header:ETag` keeps a header

`body` may be a text, which is sent as it stands; other bodies are sent as JSON. A path that begins with `//` is whole.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml

from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir

STEP_KEYS = {"name", "request", "expect", "keep"}
REQUEST_KEYS = {"method", "path", "headers", "body"}
EXPECT_KEYS = {"status", "schema", "mandatory", "holds", "headers"}
VARIABLE = re.compile(r"\$\{(\w+)\}")
MISSING = object()


@cache
def contract(name: str) -> dict[str, Any]:
    return load_contract(openapi_dir() / name)


@cache
def schema(contract_name: str, schema_name: str) -> CompiledSchema:
    return compile_schema(contract(contract_name), {"$ref": f"#/components/schemas/{schema_name}"})


class Scenario:
    def __init__(self, path: Path) -> None:
        written = yaml.safe_load(path.read_text("utf-8"))
        self.contract: str = written["contract"]
        self.steps: list[dict[str, Any]] = written["steps"]
        self.base: str = contract(self.contract)["servers"][0]["url"]
        for step in self.steps:
            _refuse_unknown(step, STEP_KEYS)
            _refuse_unknown(step["request"], REQUEST_KEYS)
            _refuse_unknown(step["expect"], EXPECT_KEYS)

    def run(self, url: str, session: requests.Session, variables: Mapping[str, Any]) -> None:
        """Every step against the server at `url`; raises AssertionError naming the step."""
        known = dict(variables)
        for step in self.steps:
            answer = self._send(url, session, filled(step["request"], known))
            try:
                self._check(answer, filled(step["expect"], known))
                known |= {name: _kept(answer, place) for name, place in step.get("keep", {}).items()}
            except AssertionError as error:
                told = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:1500]}"
                raise AssertionError(f"{step['name']}: {error}\n{told}") from error

    def _send(self, url: str, session: requests.Session, request: Mapping[str, Any]) -> requests.Response:
        path, body = request["path"], request.get("body")
        headers = dict(request.get("headers", {}))
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        whole = url + (path[1:] if path.startswith("//") else self.base + path)
        return session.request(request["method"], whole, data=body, headers=headers, timeout=30)

    def _check(self, answer: requests.Response, expect: Mapping[str, Any]) -> None:
        assert answer.status_code == expect["status"], f"status {answer.status_code}, not {expect['status']}"
        for name, wanted in expect.get("headers", {}).items():
            _check_header(answer, name, wanted)
        if not answer.content:
            assert not expect.keys() & {"schema", "mandatory", "holds"}, "has no body"
            return
        body = answer.json()
        if "schema" in expect:
            self._check_schema(body, expect["schema"])
        for name in expect.get("mandatory", ()):
            for one in body if isinstance(body, list) else [body]:
                assert name in one, f"lacks {name}"
        for path, wanted in expect.get("holds", {}).items():
            found = at(body, path)
            assert found == wanted, f"{path} is {found!r}, not {wanted!r}"

    def _check_schema(self, body: Any, name: str | list[str]) -> None:
        listed = isinstance(name, list)
        assert isinstance(body, list) is listed, "is no list" if listed else "is a list"
        assert not listed or body, "is an empty list"
        compiled = schema(self.contract, name[0] if isinstance(name, list) else name)
        for one in body if listed else [body]:
            violations = errors_of(compiled, one)
            assert not violations, "; ".join(violation.sentence() for violation in violations)


def _check_header(answer: requests.Response, name: str, wanted: str | None) -> None:
    found = answer.headers.get(name)
    fits = found is None if wanted is None else re.fullmatch(str(wanted), found or "")
    assert fits, f"{name} is {found!r}, not {wanted!r}"


def _refuse_unknown(part: Mapping[str, Any], known: set[str]) -> None:
    unknown = part.keys() - known
    assert not unknown, f"the kit does not know {sorted(unknown)} in {part}"


def _kept(answer: requests.Response, place: str) -> Any:
    if place.startswith("header:"):
        return answer.headers[place.removeprefix("header:")]
    found = at(answer.json(), place)
    assert found is not MISSING, f"there is no {place} to keep"
    return found


def at(body: Any, path: str) -> Any:
    """The value at a dotted path; an element of a list by its number, `length` for how many it has."""
    for part in path.split(".") if path else ():
        if isinstance(body, list):
            body = len(body) if part == "length" else body[int(part)] if int(part) < len(body) else MISSING
        elif isinstance(body, dict):
            body = body.get(part, MISSING)
        else:
            return MISSING
    return body


def filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """With each `${name}` in its place; a text that is nothing else becomes the value itself."""
    if isinstance(value, dict):
        return {key: filled(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, variables) for each in value]
    if not isinstance(value, str):
        return value
    whole = VARIABLE.fullmatch(value)
    return variables[whole[1]] if whole else VARIABLE.sub(lambda found: str(variables[found[1]]), value)
