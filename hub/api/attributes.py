"""The attributes that a contract gives a resource, and what each of them holds."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from hub.model.event import PROBLEM_EVENTS
from hub.query.attributes import ANY, Attribute, Attributes, Holds
from hub.query.event_paths import event_type_named

DEEPEST = 6
"""How far the members of members are known; below, an attribute holds anything."""

SCALARS = {
    "integer": Holds.NUMBER,
    "number": Holds.NUMBER,
    "boolean": Holds.BOOLEAN,
    "string": Holds.TEXT,
}


def attributes_of(contract: dict[str, Any], schema_name: str) -> Attributes:
    """The properties of a component schema, those of its parents included."""
    schemas: dict[str, Any] = contract["components"]["schemas"]
    return Attributes(members_of(schemas, schemas[schema_name], DEEPEST))


def problem_attributes(contract: dict[str, Any], more: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Those of a report, and `more` that its subclasses have: {name: its JSON Schema}."""
    known = attributes_of(contract, "ServiceProblem")
    return known.with_more(
        {name: attribute_of({}, schema, DEEPEST) for name, schema in more.items() if name not in known.by_name}
    )


def record_attributes(contract: dict[str, Any]) -> Attributes:
    """Those of an entry of the history, as the hub writes it."""
    change = Attribute(holds=Holds.OBJECT, members=attributes_of(contract, "ServiceProblemChange").by_name)
    report = Attribute(
        holds=Holds.OBJECT, members=dict.fromkeys(("id", "@type"), Attribute(holds=Holds.TEXT)), open=False
    )
    known = attributes_of(contract, "ServiceProblemEventRecord").without("href", "@baseType", "@schemaLocation")
    read = partial(event_type_named, types=frozenset(PROBLEM_EVENTS))
    return known.with_words("eventType", PROBLEM_EVENTS, read=read).with_more(
        {"notification": change, "serviceProblem": report}
    )


def members_of(schemas: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> dict[str, Attribute]:
    """The properties of a schema and of its parts; of alternatives, all together."""
    schema = _resolved(schemas, schema)
    found: dict[str, Attribute] = {}
    for part in _parts(schema):
        for name, attribute in members_of(schemas, part, depth).items():
            known = found.get(name, attribute)
            # What alternatives disagree about is left open.
            found[name] = attribute if known == attribute or "allOf" in schema else ANY
    for name, member in schema.get("properties", {}).items():
        found[name] = attribute_of(schemas, member, depth)
    return found


def attribute_of(schemas: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Attribute:
    """What a property with this schema holds."""
    if depth == 0:
        return ANY
    schema = _alone(schemas, schema)
    kind = schema.get("type")
    if not isinstance(kind, str | None):  # one of several types
        return ANY
    if kind == "array":
        inside = attribute_of(schemas, schema.get("items", {}), depth)
        return Attribute(
            holds=inside.holds, many=True, words=inside.words, members=inside.members, open=inside.open
        )
    if kind in SCALARS:
        is_instant = schema.get("format") == "date-time"
        words = tuple(str(word) for word in schema.get("enum", ()) if word is not None)
        return Attribute(holds=Holds.INSTANT if is_instant else SCALARS[kind], words=words)
    members = members_of(schemas, schema, depth - 1)
    # An object with a type can be extended under the name of another one.
    return Attribute(holds=Holds.OBJECT, members=members, open="@type" in members) if members else ANY


def _alone(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references and behind an `allOf` that only carries one."""
    schema = _resolved(schemas, schema)
    parts = schema.get("allOf", ())
    if len(parts) == 1 and "properties" not in schema:
        return _alone(schemas, parts[0])
    return schema


def _resolved(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references; what leads elsewhere may be anything."""
    while "$ref" in schema:
        schema = schemas.get(schema["$ref"].rpartition("/")[2], {})
    return schema


def _parts(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())]
