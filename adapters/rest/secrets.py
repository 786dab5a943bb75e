"""Which options of an API are secrets: named by reference, and shown nowhere."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from marshmallow import ValidationError

from hub.ports import Redaction

ALWAYS = frozenset({"authorization", "cookie"})
ENDINGS = ("apikey", "accesskey", "token", "secret", "password", "passwd", "pwd")
"""What the name of a header or a parameter ends with, without its other signs, that carries a secret."""


def refuse_secrets(names: Iterable[str], place: str, instead: str) -> None:
    """Raises ValidationError for a name by which a secret goes; `instead` is the option that takes it by reference."""
    for name in names:
        letters = "".join(char for char in name.lower() if char.isalnum())
        if letters in ALWAYS or letters.endswith(ENDINGS):
            raise ValidationError(f"{name} is a secret: name it in {instead} by reference", place)


def names_in(path: str) -> list[str]:
    """The names of the parameters that stand in a path."""
    return [name for name, _ in parse_qsl(urlsplit(path).query, keep_blank_values=True)]


def without(redacted: Redaction, value: Any) -> Any:
    """The value of a JSON without the secrets: a system may put the address that it was asked by into its links."""
    match value:
        case str():
            return redacted(value)
        case list():
            return [without(redacted, each) for each in value]
        case dict():
            return {name: without(redacted, each) for name, each in value.items()}
        case _:
            return value
