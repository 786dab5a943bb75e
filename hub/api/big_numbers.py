"""Whole numbers that are too large to be kept as they are: they would come back as others."""

import json
from collections.abc import Iterator
from typing import Any

from hub.api.violations import dotted
from hub.errors import InvalidInput, Violation

LEAST, MOST = -(2**63), 2**64 - 1

_DIGITS = bytes(ord("0") if chr(byte).isascii() and chr(byte).isdigit() else ord(" ") for byte in range(256))
_LONG = b"0" * len(str(-LEAST))


def has_long_number(content: bytes) -> bool:
    """Whether there are as many digits in a row as such a number has. Most bodies have not, and are not read twice.

    A tenth of what a regular expression takes.
    """
    return _LONG in content.translate(_DIGITS)


class _Inexact(str):
    """The digits of such a number."""


def refuse_inexact(content: bytes) -> None:
    """Raises InvalidInput naming each place with a whole number beyond 64 bits. `content` is JSON."""
    document = json.loads(content, parse_int=_exact)
    violations = [
        Violation(
            field=dotted(path),
            value=str(number),
            message=f"is beyond the whole numbers that are kept, which end at {LEAST} and {MOST}; send it as a text",
        )
        for path, number in _found(document, [])
    ]
    if violations:
        raise InvalidInput(violations=violations)


def _exact(digits: str) -> int | _Inexact:
    if len(digits) > len(str(LEAST)):
        return _Inexact(digits)
    number = int(digits)
    return number if LEAST <= number <= MOST else _Inexact(digits)


def _found(node: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], _Inexact]]:
    if isinstance(node, _Inexact):
        yield path, node
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in members:
        yield from _found(value, [*path, step])
