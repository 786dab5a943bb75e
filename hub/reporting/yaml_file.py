"""Reads a YAML file that people write, and says at once everything that its schema finds wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from hub.errors import InvalidSettings, Violation
from hub.model.yaml_dates import Loader


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
        raise invalid(name, list(violations_of(error.messages))) from error
    return parts


def violations_of(messages: Any, place: tuple[str, ...] = ()) -> Iterator[Violation]:
    """What marshmallow says, each with its dotted place."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from violations_of(inner, place if name in ("value", "key") else (*place, str(name)))
    elif isinstance(messages, list):
        for one in messages:
            yield from violations_of(one, place)
    else:
        yield Violation(field=".".join(place), message=str(messages))


def invalid(name: str, violations: list[Violation]) -> InvalidSettings:
    return InvalidSettings(f"{name}: " + "; ".join(one.sentence() for one in violations), violations=violations)
