"""Reads a YAML file that people write, and says at once everything that its schema finds wrong with it."""

from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from hub.errors import InvalidSettings, Violation
from hub.model.yaml_dates import Loader
from hub.reporting.schema_words import violations_of


def read_yaml(path: Path) -> Any:
    """Raises InvalidSettings, naming the file."""
    try:
        return yaml.load(path.read_bytes(), Loader=Loader) or {}
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InvalidSettings(f"{path}: is not YAML: {' '.join(str(error).split())}") from error


def checked(schema: Schema, raw: Any, name: str) -> dict[str, Any]:
    """What the schema makes of the content of a file; `name` is what errors call it. Raises InvalidSettings."""
    try:
        parts: dict[str, Any] = schema.load(raw)
    except ValidationError as error:
        raise invalid(name, list(violations_of(error.messages, raw))) from error
    return parts


def invalid(name: str, violations: list[Violation]) -> InvalidSettings:
    return InvalidSettings(f"{name}: " + "; ".join(one.sentence() for one in violations), violations=violations)
