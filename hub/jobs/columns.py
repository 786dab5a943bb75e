"""The columns of an export as CSV: every path to a value that the contract gives a report."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.jobs.flat import Path, name_of

DEEPEST_COLUMN = 3
"""How many steps a column has at most; what lies deeper, and what the contract does not know, has no column."""


RARE = ("@baseType", "@schemaLocation")
"""What hardly any part of a report states: these have a column for the report itself only."""


def columns_of(contract: Mapping[str, Any], schema_name: str) -> list[str]:
    """The columns for a component schema, in the order of the contract."""
    schemas = contract["components"]["schemas"]
    paths = dict.fromkeys(_paths(schemas, schemas[schema_name], ()))
    return [name_of(path) for path in paths if len(path) == 1 or path[-1] not in RARE]


def _paths(schemas: Mapping[str, Any], schema: Mapping[str, Any], above: Path) -> Iterator[Path]:
    members = _members(schemas, schema)
    if not members or len(above) == DEEPEST_COLUMN:
        yield above
        return
    for name, member in members.items():
        yield from _paths(schemas, member, (*above, name))


def _members(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """{name: schema} of the properties of a schema, of all that it is made of and of all that it may be."""
    if "$ref" in schema:
        return _members(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    found: dict[str, Any] = {}
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= {name: one for name, one in _members(schemas, part).items() if name not in found}
    found.update(schema.get("properties", {}))
    return found
