"""Whole numbers that are too large to be kept as they are: they would come back as others."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hub.api.violations import dotted
from hub.errors import InvalidInput, Violation

LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""Stands in every body that has such a number; most bodies have none, and are not read twice."""

LEAST, MOST = -(2**63), 2**64 - 1


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
