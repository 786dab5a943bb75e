"""Holds an answer against what a step of the kit expects; kit_runner says what that can be."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir
from tests.contract.kit_http import Answer

EXPECT_KEYS = {"status", "schema", "mandatory", "absent", "holds", "contains", "headers"}
OF_THE_JSON = EXPECT_KEYS - {"status", "headers", "contains"}
MISSING = object()


@cache
def contract(name: str) -> dict[str, Any]:
    return load_contract(openapi_dir() / name)


@cache
def schema(contract_name: str, schema_name: str) -> CompiledSchema:
    return compile_schema(contract(contract_name), {"$ref": f"#/components/schemas/{schema_name}"})


def check_answer(answer: Answer, expect: Mapping[str, Any], contract_name: str) -> None:
    """Raises AssertionError with the first thing that is not as expected."""
    assert answer.status_code == expect["status"], f"status {answer.status_code}, not {expect['status']}"
    for name, wanted in expect.get("headers", {}).items():
        _check_header(answer, name, wanted)
    for text in expect.get("contains", ()):
        assert str(text).encode() in answer.content, f"has no {text!r} in its bytes"
    if expect.keys() & OF_THE_JSON:
        _check_json(answer.json(), expect, contract_name)


def _check_json(body: Any, expect: Mapping[str, Any], contract_name: str) -> None:
    if "schema" in expect:
        _check_schema(body, contract_name, expect["schema"])
    for one in body if isinstance(body, list) else [body]:
        lacking = [name for name in expect.get("mandatory", ()) if name not in one]
        assert not lacking, f"lacks {', '.join(lacking)}"
        too_many = [name for name in expect.get("absent", ()) if name in one]
        assert not too_many, f"has {', '.join(too_many)}"
    for path, wanted in expect.get("holds", {}).items():
        found = at(body, path)
        # For Python, True is 1.
        same = found == wanted and type(found) is type(wanted)
        assert same, f"{path} is {'missing' if found is MISSING else repr(found)}, not {wanted!r}"


def _check_schema(body: Any, contract_name: str, name: str | list[str]) -> None:
    listed = isinstance(name, list)
    assert isinstance(body, list) is listed, "is no list" if listed else "is a list"
    assert not listed or body, "is an empty list"
    compiled = schema(contract_name, name[0] if isinstance(name, list) else name)
    for one in body if listed else [body]:
        violations = errors_of(compiled, one)
        assert not violations, "; ".join(violation.sentence() for violation in violations)


def _check_header(answer: Answer, name: str, wanted: str | None) -> None:
    found = answer.headers.get(name)
    fits = found is None if wanted is None else re.fullmatch(str(wanted), found or "")
    assert fits, f"{name} is {found!r}, not {wanted!r}"


def at(body: Any, path: str) -> Any:
    """The value at a dotted path; an element of a list by its number, all of them by `*`, their number by `length`."""
    if not path:
        return body
    step, _, rest = path.partition(".")
    if isinstance(body, dict):
        return at(body[step], rest) if step in body else MISSING
    if not isinstance(body, list):
        return MISSING
    if step == "*":
        found = [at(each, rest) for each in body]
        return [None if one is MISSING else one for one in found]
    if step == "length":
        return len(body)
    return at(body[int(step)], rest) if int(step) < len(body) else MISSING
