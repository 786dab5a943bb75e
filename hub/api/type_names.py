"""Makes whole what was read leniently: the `@type` that a resource came without, null for what is absent, 2.0 for 2."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.model.problem import Document

LARGEST_EXACT = 2**53 - 1
"""The largest number up to which every float that is whole is one integer only."""

Fill = Callable[[Document], Document]


def type_filler(contract: dict[str, Any], name: str) -> Fill:
    """A function that makes a document of schema `name` whole.

    It gives every missing `@type` in it and below, writes whole numbers where the schema has integers, and takes out
    the attributes that are null; null stays where the schema has any JSON, and in what it does not know.
    """
    filler = _Filler(contract["components"]["schemas"])
    return lambda document: filler.filled(document, (name,))


class _Filler:
    def __init__(self, schemas: Mapping[str, dict[str, Any]]) -> None:
        self._schemas = schemas
        self._members: dict[str, dict[str, tuple[str, ...]]] = {}
        self._required: dict[str, frozenset[str]] = {}
        self._integers: dict[str, frozenset[str]] = {}
        self._never_null: dict[str, frozenset[str]] = {}

    def filled(self, value: Any, names: tuple[str, ...]) -> Any:
        """The value with its types; `names` are the schemas that it may have, the most likely first."""
        if isinstance(value, list):
            return [self.filled(each, names) for each in value]
        if not isinstance(value, dict):
            return value
        name = names[0]
        if len(names) > 1:
            name = next((each for each in names if self._required_of(each) <= value.keys()), name)
        members, never_null = self._members_of(name), self._never_null_of(name)
        whole = {
            key: self.filled(each, members[key]) if key in members else each
            for key, each in value.items()
            if each is not None or key not in never_null
        }
        for key in self._integers_of(name) & whole.keys():
            whole[key] = _whole_number(whole[key])
        return whole if "@type" in whole else {"@type": name, **whole}

    def _required_of(self, name: str) -> frozenset[str]:
        if name not in self._required:
            parts = _parts(self._schemas, self._schemas[name])
            self._required[name] = frozenset(key for part in parts for key in part.get("required", ())) - {"@type"}
        return self._required[name]

    def _members_of(self, name: str) -> dict[str, tuple[str, ...]]:
        """{property: the typed schemas that its value, or each of its values, may have}"""
        if name not in self._members:
            properties = _properties(self._schemas, self._schemas[name])
            found = {key: self._typed(schema.get("items", schema)) for key, schema in properties.items()}
            self._members[name] = {key: names for key, names in found.items() if names}
        return self._members[name]

    def _integers_of(self, name: str) -> frozenset[str]:
        if name not in self._integers:
            properties = _properties(self._schemas, self._schemas[name])
            self._integers[name] = frozenset(
                key for key, schema in properties.items() if schema.get("type") == "integer"
            )
        return self._integers[name]

    def _never_null_of(self, name: str) -> frozenset[str]:
        if name not in self._never_null:
            properties = _properties(self._schemas, self._schemas[name])
            self._never_null[name] = frozenset(
                key for key, schema in properties.items() if "type" in schema or _names(self._schemas, schema)
            )
        return self._never_null[name]

    def _typed(self, schema: dict[str, Any]) -> tuple[str, ...]:
        names = _names(self._schemas, schema)
        return tuple(name for name in names if "@type" in _properties(self._schemas, self._schemas[name]))


def _whole_number(value: Any) -> Any:
    """2 for 2.0; what a float cannot count exactly stays one."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT
    return int(value) if is_whole else value


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _parts(schemas: Mapping[str, dict[str, Any]], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema and all that it is made of by `allOf`."""
    if "$ref" in schema:
        return _parts(schemas, schemas[_name(schema["$ref"])])
    return [schema, *(part for each in schema.get("allOf", ()) for part in _parts(schemas, each))]


def _properties(schemas: Mapping[str, dict[str, Any]], schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: each for part in _parts(schemas, schema) for key, each in part.get("properties", {}).items()}


def _names(schemas: Mapping[str, dict[str, Any]], schema: dict[str, Any]) -> tuple[str, ...]:
    """The names of the schemas that a property refers to; those of an `anyOf` in its order."""
    made_of = [schema, *schema.get("allOf", ())]
    reference = next((each["$ref"] for each in made_of if "$ref" in each), None)
    if reference is None:
        return ()
    target = schemas[_name(reference)]
    if "anyOf" in target:
        return tuple(_name(each["$ref"]) for each in target["anyOf"])
    return (_name(reference),)
