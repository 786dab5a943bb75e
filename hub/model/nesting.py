"""How deep a document may be nested."""

from collections.abc import Iterable
from typing import Any

DEEPEST = 64
"""How many levels of arrays and objects a body may have: more than any report needs, and few for every later step."""


def is_too_deep(document: Any) -> bool:
    """Looks level by level, so that no depth can exhaust the stack."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEEPEST + 1:
            return True
        level = [child for one in level for child in _children(one)]
    return False


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
