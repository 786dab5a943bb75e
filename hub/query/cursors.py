"""A place in an ordered list as an opaque text: what `after` and `before` carry."""

import base64
import binascii
import hashlib
import math
from typing import Any

import orjson

from hub.query.ordering import Position, Sort, render_sort
from hub.query.values import LARGEST_INTEGER

TEXT_MAXIMUM = 65_536


def cursor_text(position: Position, sort: Sort) -> str:
    """The position in a list of this order, in characters that a URL takes as they are."""
    content = orjson.dumps([_mark(sort), position.seq, *position.values])
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def position_of(text: str, sort: Sort) -> Position:
    """Raises ValueError when the text is no cursor, or one of a list in another order."""
    content = _content(text)
    if not isinstance(content, list) or len(content) < 2 or not all(_is_value(part) for part in content):
        raise ValueError("is not a cursor of this server")
    mark, seq, *values = content
    if mark != _mark(sort) or len(values) != len(sort):
        order = f"sort={render_sort(sort)}" if sort else "no sort"
        raise ValueError(f"is a cursor of a list in another order than this one, which has {order}")
    if not isinstance(seq, int):
        raise ValueError("is not a cursor of this server")
    return Position(values=tuple(values), seq=seq)


def _content(text: str) -> Any:
    if len(text) > TEXT_MAXIMUM:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        return None


def _mark(sort: Sort) -> str:
    """What tells the orders apart, those of instants and of texts too."""
    spelt = f"{render_sort(sort)}|{''.join('t' if key.instants else '-' for key in sort)}"
    return hashlib.blake2s(spelt.encode(), digest_size=4).hexdigest()


def _is_value(part: object) -> bool:
    match part:
        case bool():
            return False
        case int():
            return -LARGEST_INTEGER <= part <= LARGEST_INTEGER
        case float():
            return math.isfinite(part)
        case str() | None:
            return True
        case _:
            return False
