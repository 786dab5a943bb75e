"""Which attributes of a document are shown: `fields=status,relatedParty.name`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.query.checks import unknown

ALWAYS = ("id", "href", "@type")
"""What stays at every level: without them a client cannot tell what it has."""

NONE = "none"

Tree = dict[str, "Tree | None"]
"""The chosen attributes by name; None is the whole of one."""


def read_fields(text: str, *, attributes: frozenset[str]) -> tuple[str, ...]:
    """The paths of a `fields` parameter in order; () for everything, ("none",) for identity alone.

    Raises InvalidInput naming each first-level name that is neither in `attributes` nor always shown.
    """
    paths = tuple(dict.fromkeys(path for part in text.split(",") if (path := part.strip())))
    if paths == (NONE,):
        return paths
    known = attributes | set(ALWAYS)
    strange = [path for path in paths if path.split(".")[0] not in known]
    if strange:
        raise InvalidInput(
            violations=[
                Violation(field="fields", value=path, message=str(unknown(path.split(".")[0], known)))
                for path in strange
            ]
        )
    return paths


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
        name: _part(part, chosen.get(name, {}))
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
        name: _part(value, tree.get(name)) for name, value in document.items() if name in tree or name in ALWAYS
    }


def _part(value: Any, tree: Tree | None) -> Any:
    if tree is None:
        return value
    if isinstance(value, list):
        return [_cut(element, tree) if isinstance(element, dict) else element for element in value]
    return _cut(value, tree) if isinstance(value, dict) else value
