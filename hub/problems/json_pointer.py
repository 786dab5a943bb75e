"""JSON Pointer (RFC 6901), on values that are never changed: an addition gives a new value and shares the rest.

A place that does not exist is a LookupError, a text that is no pointer a ValueError.
"""

import re
from typing import Any

Tokens = tuple[str, ...]
"""The steps of a pointer, each a member's name, an index, or `-` for the end of a list."""

END = "-"

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_STRAY_TILDE = re.compile(r"~(?![01])")


def tokens_of(pointer: str) -> Tokens:
    """The steps of a pointer; () for the whole document. Raises ValueError."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON Pointer: it must begin with /")
    return tuple(unescaped(step) for step in pointer.split("/")[1:])


def unescaped(step: str) -> str:
    """The name that a step between two slashes writes. Raises ValueError."""
    if _STRAY_TILDE.search(step):
        raise ValueError(f"{step!r} has a ~ that is neither ~0 nor ~1")
    return step.replace("~1", "/").replace("~0", "~")


def pointer_of(tokens: Tokens) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def value_at(node: Any, tokens: Tokens) -> Any:
    """The value at a place. Raises LookupError."""
    for token in tokens:
        node = _child(node, token)
    return node


def added(node: Any, tokens: Tokens, value: Any) -> Any:
    """With the value as a member, or inserted into a list. Raises LookupError.

    The end of a list that is not there begins the list: `/note/-` adds the first note, too.
    """
    if not tokens:
        return value
    token, rest = tokens[0], tokens[1:]
    if rest == (END,) and isinstance(node, dict) and token not in node:
        return {**node, token: [value]}
    if rest:
        return _with_child(node, token, added(_child(node, token), rest, value))
    if isinstance(node, dict):
        return {**node, token: value}
    if isinstance(node, list):
        place = len(node) if token == END else _index(token, len(node))
        return [*node[:place], value, *node[place:]]
    raise LookupError(f"there is nothing to put {token!r} into")


def replaced(node: Any, tokens: Tokens, value: Any) -> Any:
    """With another value at a place that has one. Raises LookupError."""
    if not tokens:
        return value
    return _with_child(node, tokens[0], replaced(_child(node, tokens[0]), tokens[1:], value))


def removed(node: Any, tokens: Tokens) -> Any:
    """Without the value at a place; nothing is left of the whole document but null. Raises LookupError."""
    if not tokens:
        return None
    token, rest = tokens[0], tokens[1:]
    child = _child(node, token)
    if rest:
        return _with_child(node, token, removed(child, rest))
    if isinstance(node, dict):
        return {name: value for name, value in node.items() if name != token}
    place = int(token)
    return [*node[:place], *node[place + 1 :]]


def _child(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        if token not in node:
            raise LookupError(f"there is no {token!r}")
        return node[token]
    if isinstance(node, list):
        return node[_index(token, len(node) - 1)]
    raise LookupError(f"there is no {token!r} in a value that is neither an object nor a list")


def _with_child(node: Any, token: str, child: Any) -> Any:
    """With another value in the place of a child that is there."""
    if isinstance(node, dict):
        return {**node, token: child}
    place = int(token)
    return [*node[:place], child, *node[place + 1 :]]


def is_index(token: str) -> bool:
    return bool(_INDEX.fullmatch(token))


def _index(token: str, last: int) -> int:
    if not is_index(token):
        raise LookupError(f"{token!r} is no index of a list")
    if int(token) > last:
        raise LookupError(f"the list has no place {token}")
    return int(token)
