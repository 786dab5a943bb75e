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

    def violations(self, document: Document) -> Iterator[Violation]:
        given = document.get("@schemaLocation")
        if self.location and given not in (None, self.location):
            message = f"is not the schema of {self.name}, which is {self.location}"
            yield Violation(field="@schemaLocation", value=given, message=message)
        yield from errors_of(self.validator, document)


class Extensions:
    """The registered subclasses by their `@type`; reports of another type pass as they are."""

    def __init__(self, extensions: Mapping[str, Extension]) -> None:
        self._extensions = extensions

    def names(self) -> list[str]:
        return sorted(self._extensions)

    def properties(self) -> dict[str, dict[str, Any]]:
        """{attribute: its schema} of all subclasses together; the first one that names an attribute says its kind."""
        found: dict[str, dict[str, Any]] = {}
        for extension in self._extensions.values():
            for name, schema in extension.properties.items():
                found.setdefault(name, schema)
        return found

    def completed(self, document: Document) -> Document:
        """With the `@baseType` of a subclass, and the `@schemaLocation` of one that is registered."""
        name = document.get("@type", BASE)
        if name == BASE:
            return document
        extension = self._extensions.get(name)
        location = {"@schemaLocation": extension.location} if extension and extension.location else {}
        return {"@baseType": BASE, **location, **document}

    def violations(self, document: Document) -> list[Violation]:
        extension = self._extensions.get(document.get("@type", BASE))
        return list(extension.violations(document)) if extension else []


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
    validator = _compiled(schema)
    location = schema.get("$id", "")
    return Extension(name=name, location=location, properties=_properties(schema), validator=validator)


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


def _properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The attributes that the schema and its `allOf` parts name."""
    parts = [part for part in schema.get("allOf", ()) if isinstance(part, dict)]
    found = {name: each for part in parts for name, each in _properties(part).items()}
    return found | {name: each for name, each in schema.get("properties", {}).items() if isinstance(each, dict)}
