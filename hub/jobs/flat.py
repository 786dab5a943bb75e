"""A document as a row of values: each path through its objects is a column; lists stay whole."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.model.problem import Document

Path = tuple[str, ...]


def name_of(path: Path) -> str:
    """A path as the name of a column, with dots between its steps; within a step a dot is `~1` and a tilde `~0`."""
    return ".".join(step.replace("~", "~0").replace(".", "~1") for step in path)


def path_of(name: str) -> Path:
    return tuple(step.replace("~1", ".").replace("~0", "~") for step in name.split("."))


def leaves(document: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of everything in a document that is no object, and of its empty objects."""
    for name, value in document.items():
        path = (*above, name)
        if isinstance(value, dict) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def put(document: Document, path: Path, value: Any) -> None:
    """Put a leaf into a document. Raises ValueError where something else stands in its way."""
    place = document
    for step in path[:-1]:
        below = place.setdefault(step, {})
        if not isinstance(below, dict):
            raise ValueError(f"cannot stand beside the column {step}")
        place = below
    if path[-1] in place:
        raise ValueError("is said twice")
    place[path[-1]] = value
