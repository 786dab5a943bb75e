"""The character U+0000, at which SQLite ends a text: it is kept nowhere, so that a text is the same to every reader."""

from collections.abc import Iterator
from typing import Any

NUL = "\x00"
REPLACEMENT = "\ufffd"


def place_of_nul(document: Any) -> str | None:
    """The dotted path of a text or of a name with U+0000, "" for the value itself; None where there is none."""
    return next(_places(document, ()), None)


def _places(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """`path` leads to the value; the depth of a document is limited before."""
    if isinstance(value, str):
        if NUL in value:
            yield ".".join(path)
    elif isinstance(value, dict):
        for name, member in value.items():
            place = (*path, name.replace(NUL, REPLACEMENT))
            if NUL in name:
                yield ".".join(place)
            yield from _places(member, place)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _places(element, (*path, str(index)))


def without_nul(value: Any) -> Any:
    """The value with another character in the place of each U+0000, as a text that cannot be shown is shown."""
    match value:
        case str():
            return value.replace(NUL, REPLACEMENT)
        case list():
            return [without_nul(each) for each in value]
        case dict():
            return {without_nul(name): without_nul(each) for name, each in value.items()}
        case _:
            return value
