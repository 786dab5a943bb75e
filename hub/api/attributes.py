"""The attributes that a contract gives a resource."""

from typing import Any


def attributes_of(contract: dict[str, Any], schema_name: str) -> frozenset[str]:
    """The names of the first-level properties of a component schema, those of its parents included."""
    schemas = contract["components"]["schemas"]

    def names(schema: dict[str, Any]) -> set[str]:
        if "$ref" in schema:
            return names(schemas[schema["$ref"].rpartition("/")[2]])
        inherited = [names(part) for part in schema.get("allOf", ())]
        return set(schema.get("properties", ())).union(*inherited)

    return frozenset(names(schemas[schema_name]))
