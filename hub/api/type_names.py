"""Makes whole what was read leniently: the `@type` that a resource came without, null for what is absent, 2.0 for 2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a schema says of its members: the typed schemas that the value of one may have, or each of its values;
    which are integers; which are never null; and which must be there.
    """

    typed: dict[str, tuple[str, ...]]
    integers: frozenset[str]
    never_null: frozenset[str]
    required: frozenset[str]


class _Filler:
    def __init__(self, schemas: Mapping[str, dict[str, Any]]) -> None:
        self._schemas = schemas
        self._shapes: dict[str, _Shape] = {}

    def filled(self, value: Any, names: tuple[str, ...]) -> Any:
        """The value with its types; `names` are the schemas that it may have, the most likely first."""
        if isinstance(value, list):
            return [self.filled(each, names) for each in value]
        return self._filled(value, self._name_of(value, names)) if isinstance(value, dict) else value

    def _name_of(self, value: Document, names: tuple[str, ...]) -> str:
        if len(names) == 1:
            return names[0]
        return next((each for each in names if self._shape(each).required <= value.keys()), names[0])

    def _filled(self, value: Document, name: str) -> Document:
        shape = self._shape(name)
        whole = {"@type": name} if value.get("@type") is None else {}
        for key, each in value.items():
            if isinstance(each, dict | list):
                if key in shape.typed:
                    each = self.filled(each, shape.typed[key])
            elif isinstance(each, float):
                if key in shape.integers:
                    each = _whole_number(each)
            elif each is None and key in shape.never_null:
                continue
            whole[key] = each
        return whole

    def _shape(self, name: str) -> _Shape:
        shape = self._shapes.get(name)
        if shape is None:
            shape = self._shapes[name] = self._shape_of(name)
        return shape

    def _shape_of(self, name: str) -> _Shape:
        schema = self._schemas[name]
        parts, properties = _parts(self._schemas, schema), _properties(self._schemas, schema)
        typed = {key: self._typed(each.get("items", each)) for key, each in properties.items()}
        return _Shape(
            typed={key: names for key, names in typed.items() if names},
            integers=frozenset(key for key, each in properties.items() if each.get("type") == "integer"),
            never_null=frozenset(
                key for key, each in properties.items() if "type" in each or _names(self._schemas, each)
            ),
            required=frozenset(key for part in parts for key in part.get("required", ())) - {"@type"},
        )

    def _typed(self, schema: dict[str, Any]) -> tuple[str, ...]:
        names = _names(self._schemas, schema)
        return tuple(name for name in names if "@type" in _properties(self._schemas, self._schemas[name]))


def _whole_number(value: float) -> float:
    """2 for 2.0; what a float cannot count exactly stays one."""
    return int(value) if value.is_integer() and abs(value) <= LARGEST_EXACT else value


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
