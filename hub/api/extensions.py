"""Subclasses of a report: the schemas of the `@type`s that the settings register, and what they ask of a report.

A file `<Type>.schema.json` (or `<Type>.json`) in the folder of the settings is the JSON Schema of reports with that
`@type`; its `$id` is their `@schemaLocation`. Nothing is fetched: a location is a name here, never an address.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import orjson

from hub.api.violations import errors_of
from hub.errors import InvalidSettings, Violation
from hub.model.problem import Document

SETTING = "[api] extension_schemas"
BASE = "ServiceProblem"
BASE_FILES = frozenset({f"{BASE}.schema.json", f"{BASE}.json"})
BASE_SCHEMA = {"$anchor": BASE, "definitions": {BASE: {"$id": f"#{BASE}"}}, "$defs": {BASE: {}}}
"""What a reference to the standard's own schema leads to, in any draft: the contract is asked anyway."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """`properties` are the schemas of the attributes that it names; `location` is empty when it has no `$id`."""

    name: str
    location: str
    properties: Mapping[str, dict[str, Any]]
    validator: jsonschema_rs.Validator

    def has_null(self, name: str) -> bool:
        """Whether null may mean something in an attribute, as far as its schema tells."""
        kind = self.properties.get(name, {}).get("type")
        return kind is None or "null" in ([kind] if isinstance(kind, str) else kind)


class Extensions:
    """The registered subclasses by their `@type`; reports of a type that nobody registered pass as they are."""

    def __init__(self, extensions: Mapping[str, Extension]) -> None:
        self._extensions = extensions
        self._by_location = {one.location: one for one in extensions.values() if one.location}

    def names(self) -> list[str]:
        return sorted(self._extensions)

    def properties(self) -> dict[str, dict[str, Any]]:
        """{attribute: its schema} of all subclasses together; what they do not agree about may be anything."""
        found: dict[str, dict[str, Any]] = {}
        for extension in self._extensions.values():
            for name, schema in extension.properties.items():
                found[name] = schema if found.get(name, schema) == schema else {}
        return found

    def completed(self, document: Document) -> Document:
        """With the `@baseType` of a subclass, and the `@schemaLocation` of one that is registered.

        An attribute that is null is absent where the schema does not speak of null.
        """
        name = document.get("@type", BASE)
        if name == BASE or not isinstance(name, str):  # what is no text is refused by the schema of the report
            return document
        extension = self._extensions.get(name)
        if extension:
            document = {
                key: value for key, value in document.items() if value is not None or extension.has_null(key)
            }
        location = {"@schemaLocation": extension.location} if extension and extension.location else {}
        return {"@baseType": BASE, **location, **document}

    def violations(self, document: Document) -> list[Violation]:
        """What the schema of the report's type says, and whether it names the schema and the class that it has."""
        return [*self._misnamed(document), *self._faults(document)] if self._extensions else []

    def _faults(self, document: Document) -> list[Violation]:
        extension = self._extensions.get(_text(document.get("@type")))
        return errors_of(extension.validator, document) if extension else []

    def _misnamed(self, document: Document) -> Iterator[Violation]:
        name, location, base = (document.get(key) for key in ("@type", "@schemaLocation", "@baseType"))
        extension, located = self._extensions.get(_text(name)), self._by_location.get(_text(location))
        if located is not None and located is not extension:
            message = f"is not {located.name}, of which {location} is the schema"
            yield Violation(field="@type", value=name, message=message)
        elif extension is not None and extension.location and location not in (None, extension.location):
            message = f"is not the schema of {extension.name}, which is {extension.location}"
            yield Violation(field="@schemaLocation", value=location, message=message)
        if extension is not None and base not in (None, BASE) and _text(base) not in self._extensions:
            message = f"is neither {BASE} nor a type that has a schema here"
            yield Violation(field="@baseType", value=base, message=message)


def _text(value: Any) -> str:
    """The value, or "" for what is no text, which the schema of every report refuses."""
    return value if isinstance(value, str) else ""


def load_extensions(folder: str) -> Extensions:
    """The schemas of a folder; none when it is empty. Raises InvalidSettings with every file that is no schema."""
    if not folder:
        return Extensions({})
    if not Path(folder).is_dir():
        raise InvalidSettings(
            violations=[Violation(field=SETTING, value=folder, message=f"{folder} is no folder")]
        )
    loaded: dict[str, Extension] = {}
    violations: list[Violation] = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            extension = _load(path)
        except ValueError as error:
            violations.append(Violation(field=SETTING, value=str(path), message=f"{path}: {error}"))
            continue
        if extension.name in loaded:
            message = f"{path}: the type {extension.name} has a schema already"
            violations.append(Violation(field=SETTING, value=str(path), message=message))
        loaded[extension.name] = extension
    if violations:
        raise InvalidSettings(violations=violations)
    return Extensions(loaded)


def _load(path: Path) -> Extension:
    """Raises ValueError, of which JSON and schema errors are kinds."""
    try:
        schema = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if not isinstance(schema, dict):
        raise ValueError("is not a JSON Schema: an object is expected")
    name = path.name.removesuffix(".json").removesuffix(".schema")
    if name == BASE:
        raise ValueError(f"{BASE} itself is described by the contract; a subclass has a name of its own")
    schema = _rooted(schema, name)
    return Extension(
        name=name,
        location=schema.get("$id", ""),
        properties=_properties(schema, schema, set()),
        validator=_compiled(schema),
    )


SAYS_NOTHING = frozenset(
    {"$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "title", "description", "examples"}
)
"""Members of a schema that ask nothing of a report."""


def _rooted(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """A schema that asks something by itself.

    The files of TM Forum hold the type among their `definitions`, and nothing at their root.
    """
    if any(key not in SAYS_NOTHING and (key, value) != ("type", "object") for key, value in schema.items()):
        return schema
    for place in ("definitions", "$defs"):
        if isinstance(schema.get(place), dict) and name in schema[place]:
            return {**schema, "allOf": [{"$ref": f"#/{place}/{name}"}]}
    raise ValueError(f"asks nothing of a report: it has neither rules at its root nor a definition of {name}")


def _compiled(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """The validator of the draft that the schema names. Raises ValueError with one sentence."""
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_retrieve)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"is not a JSON Schema that can be used: {error.message}") from error


def _retrieve(uri: str) -> dict[str, Any]:
    if urlsplit(uri).path.rpartition("/")[2] in BASE_FILES:
        return BASE_SCHEMA
    raise ValueError(f"refers to {uri}, which is not at hand; put what it needs into its own $defs")


def _properties(root: dict[str, Any], schema: dict[str, Any], seen: set[str]) -> dict[str, dict[str, Any]]:
    """The attributes that a schema names, by itself, by its `allOf` parts and by what it refers to in its file."""
    found: dict[str, dict[str, Any]] = {}
    reference = schema.get("$ref", "")
    if reference not in seen:
        seen.add(reference)
        found |= _properties(root, _referred(root, schema), seen)
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            found |= _properties(root, part, seen)
    own = {name: each for name, each in schema.get("properties", {}).items() if isinstance(each, dict)}
    return found | {name: _referred(root, each) or each for name, each in own.items()}


def _referred(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a schema refers to within its own file; nothing where it refers elsewhere, or to nothing."""
    reference = schema.get("$ref", "")
    target: Any = root if reference.startswith("#/") else None
    for step in reference.removeprefix("#/").split("/"):
        target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    return target if isinstance(target, dict) else {}
