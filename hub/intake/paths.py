"""JMESPath expressions, compiled once into functions; plain dotted names take a short way."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature

from hub.model.spelling import plain

Finder = Callable[[Any], Any]
"""Gives what a path finds in a record, or None."""

_NAMES = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_DOTTED = re.compile(_NAMES)
_FIRST_OF = re.compile(rf"{_NAMES}(?: *\|\| *{_NAMES})+")


class _Own(Functions):
    """The functions of JMESPath, and `plain(word)`, which is null for what is no text."""

    @signature({"types": []})
    def _func_plain(self, value: Any) -> str | None:
        return plain(value) if isinstance(value, str) else None


_OPTIONS = jmespath.Options(custom_functions=_Own())


def names_in(path: str) -> tuple[str, ...]:
    """The names of a path that is names with dots between them; none of any other."""
    return tuple(path.split(".")) if _DOTTED.fullmatch(path) else ()


def compile_path(path: str) -> Finder:
    """The function that a path stands for. Raises ValueError when it is no JMESPath.

    The short way gives what JMESPath gives, in a tenth of the time: most paths of a mapping are dotted names, or the
    first of several that has something.
    """
    try:
        compiled = jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(f"{path!r} is not a JMESPath: {str(error).splitlines()[0]}") from error
    if names := names_in(path):
        return _member(names)
    if _FIRST_OF.fullmatch(path):
        return _first_of([_member(tuple(part.strip().split("."))) for part in path.split("||")])

    def find(data: Any) -> Any:
        try:
            return compiled.search(data, options=_OPTIONS)
        except JMESPathError:
            # A function in the path was given a part that the record does not have: nothing is found.
            return None

    return find


def _first_of(finders: list[Finder]) -> Finder:
    def find(data: Any) -> Any:
        found = None
        for finder in finders:
            found = finder(data)
            if not (found is None or found is False or found in ("", [], {})):
                return found
        return found

    return find


def _member(names: tuple[str, ...]) -> Finder:
    if len(names) == 1:
        return _first_member(names[0])

    def find(data: Any) -> Any:
        for name in names:
            if type(data) is not dict and not isinstance(data, Mapping):
                return None
            data = data.get(name)
        return data

    return find


def _first_member(name: str) -> Finder:
    def find(data: Any) -> Any:
        return data.get(name) if type(data) is dict or isinstance(data, Mapping) else None

    return find
