"""Which attributes of a document are shown: `fields=status,relatedParty.name`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.query.vocabulary import Vocabulary

ALWAYS = ("id", "href", "@type")
"""What stays at every level: without them a client cannot tell what it has."""

NONE = "none"

Tree = dict[str, "Tree | None"]
"""The chosen attributes by name; None is the whole of one."""


def read_fields(text: str, *, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The paths of a `fields` parameter in order; () for everything, ("none",) for identity alone.

    Raises InvalidInput naming each path that is neither known nor always shown.
    """
    paths = tuple(dict.fromkeys(path for part in text.split(",") if (path := part.strip())))
    if paths == (NONE,):
        return paths
    violations = [
        Violation(field="fields", value=path, message=complaint)
        for path in paths
        if (complaint := _complaint(path, vocabulary))
    ]
    if violations:
        raise InvalidInput(violations=violations)
    return paths


def _complaint(path: str, vocabulary: Vocabulary) -> str:
    if path in ALWAYS:
        return ""
    try:
        vocabulary.find(tuple(path.split(".")))
    except ValueError as error:
        return str(error)
    return ""


def select(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The document with the fields asked for, and its identity; all of it when none is asked for."""
    return _cut(document, _tree(fields)) if fields else dict(document)


def select_event(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """An event with the `event.…` fields asked for; its envelope stays whole, for it tells order and identity."""
    if not fields or "event" in fields:
        return dict(document)
    chosen = _tree(fields).get("event") or {}
    event: dict[str, Any] = document.get("event", {})
    # A resource stays with its identity though not asked for, so that a listener sees which report is meant.
    kept = {
        name: part if (tree := chosen.get(name, {})) is None else _part(part, tree)
        for name, part in event.items()
        if name in chosen or isinstance(part, dict)
    }
    return {**document, "event": kept}


@lru_cache(maxsize=256)
def _tree(fields: tuple[str, ...]) -> Tree:
    tree: Tree = {}
    for path in () if fields == (NONE,) else fields:
        *above, last = path.split(".")
        place: Tree | None = tree
        for name in above:
            place = place.setdefault(name, {}) if place is not None else None
        if place is not None:
            place[last] = None
    return tree


def _cut(document: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    return {
        name: value if (part := tree.get(name)) is None else _part(value, part)
        for name, value in document.items()
        if name in tree or name in ALWAYS
    }


def _part(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_cut(element, tree) if isinstance(element, dict) else element for element in value]
    return _cut(value, tree) if isinstance(value, dict) else value
