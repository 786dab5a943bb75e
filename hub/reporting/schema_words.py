"""What a schema finds wrong with a document, in the words of the hub: each with its place and the value there."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.errors import Violation

MAX_VALUE = 200
UNKNOWN = "Unknown field."

Words = Callable[[re.Match[str]], str]


def _plain(text: str) -> Words:
    return lambda _: text


SENTENCES: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (re.escape(UNKNOWN), _plain("is not known here")),
        (r"Missing data for required field\.", _plain("is missing")),
        (r"Field may not be null\.", _plain("must not be null")),
        (r"Not a valid string\.|Not a valid utf-8 string\.", _plain("must be a text")),
        (r"Not a valid (integer|number)\.", _plain("must be a whole number")),
        (r"Not a valid boolean\.", _plain("must be true or false")),
        (r"Not a valid list\.", _plain("must be a list")),
        (r"Not a valid mapping type\.|Invalid input type\.", _plain("must be an object")),
        (r"Must be one of: (.*)\.", lambda found: f"must be one of {found[1]}"),
        (
            r"Length must be between (\d+) and (\d+)\.",
            lambda found: f"must have {found[1]} to {found[2]} characters",
        ),
        (r"Shorter than minimum length 1\.", _plain("must not be empty")),
        (r"Longer than maximum length (\d+)\.", lambda found: f"must not be longer than {found[1]}"),
        (
            r"Must be greater than or equal to (\d+) and less than or equal to (\d+)\.",
            lambda found: f"must be {found[1]} to {found[2]}",
        ),
    )
)
"""What marshmallow says, and what we say; what a schema of ours says itself stays as it is."""


def violations_of(messages: Any, given: Any, place: tuple[str, ...] = ()) -> Iterator[Violation]:
    """Of the messages about a document that was `given`; a member of it that no schema knows is named, too."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            if (
                name in ("value", "key") and inner != [UNKNOWN]
            ) or name == "_schema":  # which half of an entry is wrong
                yield from violations_of(inner, given, place)
            else:
                yield from violations_of(inner, _member(given, name), (*place, str(name)))
    elif isinstance(messages, list):
        for one in messages:
            yield from violations_of(one, given, place)
    else:
        yield _violation(str(messages), given, ".".join(place))


def _violation(message: str, given: Any, field: str) -> Violation:
    for pattern, words in SENTENCES:
        found = pattern.fullmatch(message)
        if found:
            said = words(found)
            message = (
                said if given is None else f"{said}, not {_short(given)!r}" if said.startswith("must") else said
            )
            break
    return Violation(field=field, message=message, value=_short(given))


def _member(given: Any, name: Any) -> Any:
    """None where there is no such member."""
    if isinstance(given, Mapping):
        return given.get(name)
    if isinstance(given, list) and isinstance(name, int) and name < len(given):
        return given[name]
    return None


def _short(value: Any) -> Any:
    """The value itself when it is small and may stand in JSON, otherwise the beginning of its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return value if isinstance(value, str | list | dict) and len(text) <= MAX_VALUE else text[:MAX_VALUE]
