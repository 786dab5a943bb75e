"""The contract of v4 for bodies in the words of R18.5, in which the parts named in `hub.faces.r18` have no role."""

from typing import Any

PART = "RelatedEntity_Create"
ROLE = "role"


def without_roles(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract of v4, in which what is read of an entity may lack its role or have none (null)."""
    schemas = contract["components"]["schemas"]
    part = {**schemas[PART], "allOf": [_without_role(each) for each in schemas[PART]["allOf"]]}
    return {**contract, "components": {**contract["components"], "schemas": {**schemas, PART: part}}}


def _without_role(schema: dict[str, Any]) -> dict[str, Any]:
    if ROLE not in schema.get("required", ()):
        return schema
    required = [name for name in schema["required"] if name != ROLE]
    properties = {**schema["properties"], ROLE: {**schema["properties"][ROLE], "nullable": True}}
    return {**schema, "required": required, "properties": properties}
