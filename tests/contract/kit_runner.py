"""Runs a scenario of the kit: requests in order, each with what its answer must be.

A scenario is a YAML file:

    contract: serviceProblem-v5.yaml      # its base path is that of the requests, its schemas those of the answers
    base: /tmf-api/…                      # another base path
    server: plain                         # which of the servers of test_kit.py; `plain` unless said otherwise
    given: {...}                          # nothing but a place for YAML anchors
    steps:
      - name: a report is made
        each: [{word: gt}, {word: lt}]    # once for each of these, which have the values of ${word}
        request: {method: POST, path: /serviceProblem, headers: {}, body: {...}, edit: {priority: 3, reason: null}}
        expect:
          status: 201
          schema: ServiceProblem          # or [ServiceProblem]: a list of them, with at least one
          mandatory: [id, href, status]   # keys that the body, or each element of it, must have
          absent: [note]                  # keys that they must not have
          holds: {status: acknowledged}   # dotted paths with their values; a list's elements by number, `*` for all,
                                          # where what is missing counts as null
          contains: [Störung]             # texts that stand in the bytes of the body, in UTF-8
          headers: {Location: "${href}"}  # a header's value as a regular expression; null: must not be there
        keep: {problem: id, href: href}   # what later steps write as ${problem}; `header:ETag` keeps a header,
                                          # `link:next` the path of the page that has this relation
        eventually: true                  # asked again until it is so

`body` may be a text, which is sent as it stands; other bodies are sent as JSON. `edit` changes attributes of the body,
null takes one away. A path is sent byte for byte; one that begins with `//` is whole. Whatever a step expects, its
answer must be one that the contract promises.
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import yaml
from requests.utils import parse_header_links

from tests.acceptance.contract_client import check
from tests.contract.kit_checks import EXPECT_KEYS, MISSING, at, check_answer, contract
from tests.contract.kit_http import Answer, send

SCENARIO_KEYS = {"contract", "base", "server", "given", "steps"}
STEP_KEYS = {"name", "each", "request", "expect", "keep", "eventually"}
REQUEST_KEYS = {"method", "path", "headers", "body", "edit"}
VARIABLE = re.compile(r"\$\{(\w+)\}")
WITHIN = 15.0
"""Seconds until what comes eventually has to be there."""

Step = dict[str, Any]


class Scenario:
    def __init__(self, path: Path) -> None:
        written = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        _refuse_unknown(written, SCENARIO_KEYS)
        self.contract: str = written["contract"]
        self.base: str = written.get("base", contract(self.contract)["servers"][0]["url"])
        self.server: str = written.get("server", "plain")
        self.steps: list[list[Step]] = [_expanded(step) for step in written["steps"]]
        """Each as often as it has rows."""

    def path_of(self, request: Mapping[str, Any]) -> str:
        path: str = request["path"]
        return path[1:] if path.startswith("//") else self.base + path

    def run(self, url: str, variables: Mapping[str, Any]) -> None:
        """Every step against the server at `url`; raises AssertionError naming the step, and its rows that failed."""
        known = dict(variables)
        for rows in self.steps:
            faults = []
            for step in rows:
                try:
                    known |= self._perform(url, filled(step, known))
                except AssertionError as error:
                    faults.append(str(error))
            assert not faults, "\n".join(faults)

    def _perform(self, url: str, step: Step) -> dict[str, Any]:
        """What the step keeps."""
        assert (unknown := VARIABLE.search(json.dumps(step))) is None, f"{step['name']}: no {unknown[0]} was kept"
        answer, fault = self._ask(url, step)
        if fault and step.get("eventually"):
            deadline = time.monotonic() + WITHIN
            while fault and time.monotonic() < deadline:
                Event().wait(0.02)
                answer, fault = self._ask(url, step)
        told = f"{step['request']['method']} {self.path_of(step['request'])}: {answer.status_code}"
        assert not fault, f"{step['name']}: {fault}\n{told} {answer.text[:1500]}"
        return {name: _kept(answer, place) for name, place in step.get("keep", {}).items()}

    def _ask(self, url: str, step: Step) -> tuple[Answer, str]:
        """The answer, and what is wrong with it."""
        request = step["request"]
        answer = send(url, request["method"], self.path_of(request), _headers(request), _body(request))
        return answer, self._fault(answer, step)

    def _fault(self, answer: Answer, step: Step) -> str:
        """What is wrong with the answer; empty when it is as it must be."""
        try:
            check_answer(answer, step["expect"], self.contract)
            check(step["request"]["method"], urlsplit(self.path_of(step["request"])).path, answer)
        except AssertionError as error:
            return str(error) or "it is not so"
        return ""


def _expanded(step: Step) -> list[Step]:
    """The step, once for each row of its `each`."""
    _refuse_unknown(step, STEP_KEYS)
    _refuse_unknown(step["request"], REQUEST_KEYS)
    _refuse_unknown(step["expect"], EXPECT_KEYS)
    plain = {key: value for key, value in step.items() if key != "each"}
    return [filled(plain, row) | {"name": _named(step, row)} for row in step.get("each", [{}])]


def _named(step: Step, row: Mapping[str, Any]) -> str:
    return " ".join([step["name"], *(str(value)[:100] for value in row.values())])


def _refuse_unknown(part: Mapping[str, Any], known: set[str]) -> None:
    unknown = part.keys() - known
    assert not unknown, f"the kit does not know {sorted(unknown)} in {part}"


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    default = {} if request.get("body") is None else {"Content-Type": "application/json"}
    return default | {name: str(value) for name, value in request.get("headers", {}).items()}


def _body(request: Mapping[str, Any]) -> bytes | None:
    body = request.get("body")
    if body is None or isinstance(body, str):
        return None if body is None else body.encode()
    if "edit" in request:
        body = {name: value for name, value in (body | request["edit"]).items() if value is not None}
    return json.dumps(body, ensure_ascii=False).encode()


def _kept(answer: Answer, place: str) -> Any:
    if place.startswith("header:"):
        return answer.headers[place.removeprefix("header:")]
    if place.startswith("link:"):
        return _page(answer, place.removeprefix("link:"))
    found = at(answer.json(), place)
    assert found is not MISSING, f"there is no {place} to keep"
    return found


def _page(answer: Answer, relation: str) -> str:
    links = {link["rel"]: link["url"] for link in parse_header_links(answer.headers.get("Link", ""))}
    assert relation in links, f"there is no link with rel={relation}"
    parts = urlsplit(links[relation])
    return f"{parts.path}?{parts.query}"


def filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """With each `${name}` that is known in its place; a text that is nothing else becomes the value itself."""
    if isinstance(value, dict):
        return {filled(key, variables): filled(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, variables) for each in value]
    if not isinstance(value, str):
        return value
    whole = VARIABLE.fullmatch(value)
    if whole:
        return variables.get(whole[1], value)
    return VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), value)
