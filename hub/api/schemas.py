"""A contract and its schemas, compiled once into validators."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import yaml

from hub.api.violations import ADDRESS, errors_of
from hub.model.times import from_text

__all__ = ["CompiledSchema", "Schema", "compile_schema", "errors_of", "is_instant", "json_schema", "load_contract"]

Schema = dict[str, Any]
CompiledSchema = jsonschema_rs.Draft6Validator
"""Draft 4, on which OpenAPI 3.0 builds, and 2.0 is an integer. The drafts differ in `exclusiveMinimum` and
`exclusiveMaximum`, which no contract has."""

# What speaks to a reader and not to a validator; `nullable` is translated.
PROSE = frozenset(
    {
        "default",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "externalDocs",
        "nullable",
        "readOnly",
        "title",
        "writeOnly",
        "xml",
    }
)
COMPONENT = "#/components/schemas/"
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def load_contract(path: Path) -> dict[str, Any]:
    """The OpenAPI document in a file, for the caller alone. A process reads the YAML of a file once."""
    contract: dict[str, Any] = orjson.loads(_as_json(path))
    return contract


@cache
def _as_json(path: Path) -> bytes:
    """The C loader is four times as fast as the Python one, and JSON is twenty times as fast as that."""
    return orjson.dumps(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def compile_schema(contract: dict[str, Any], schema: Schema) -> CompiledSchema:
    """A validator for `schema`, whose references are those of `contract`. It takes milliseconds: keep it."""
    components = contract.get("components", {}).get("schemas", {})
    needed: dict[str, Schema] = {}
    _reach(schema, components, needed)
    return CompiledSchema(
        {
            "allOf": [json_schema(schema)],
            "components": {"schemas": {name: json_schema(each) for name, each in needed.items()}},
        },
        validate_formats=True,
        formats={"date-time": is_instant},
    )


def _reach(node: Any, components: dict[str, Schema], needed: dict[str, Schema]) -> None:
    """Put into `needed` the components that `node` refers to, and those that they refer to in turn."""
    if isinstance(node, list):
        for each in node:
            _reach(each, components, needed)
    elif isinstance(node, dict):
        for key, value in node.items():
            name = value.removeprefix(COMPONENT) if key == "$ref" and isinstance(value, str) else ""
            if name in components and name not in needed:
                needed[name] = components[name]
                _reach(components[name], components, needed)
            elif isinstance(value, dict | list):
                _reach(value, components, needed)


def is_instant(text: str) -> bool:
    """Whether the hub can read `text` as an instant: RFC 3339 with a zone, in the years that Python knows."""
    if not INSTANT.fullmatch(text):
        return False
    try:
        from_text(text)
    except ValueError:
        return False
    return True


def json_schema(schema: Schema) -> Schema:
    """The JSON Schema (draft 6) that means the same as an OpenAPI 3.0 schema."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    plain = dict(_translated(key, value) for key, value in schema.items() if not _is_prose(key))
    return _or_null(plain) if schema.get("nullable") else plain


def _is_prose(key: str) -> bool:
    return key in PROSE or key.startswith("x-")


def _translated(key: str, value: Any) -> tuple[str, Any]:
    match key:
        case "properties":
            return key, {name: json_schema(each) for name, each in value.items()}
        case "allOf" | "anyOf" | "oneOf":
            return key, [json_schema(each) for each in value]
        case "items" | "not":
            return key, json_schema(value)
        case "additionalProperties" if isinstance(value, dict):
            return key, json_schema(value)
        case "format" if value == "uri-reference":
            return "pattern", ADDRESS
        case _:
            return key, value


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema or schema.keys() & {"allOf", "anyOf", "oneOf", "not"}:
        return {"anyOf": [schema, {"type": "null"}]}
    widened = {**schema, "type": [schema["type"], "null"]}
    if None not in schema.get("enum", [None]):
        widened["enum"] = [*schema["enum"], None]
    return widened
