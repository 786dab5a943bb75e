"""The addresses of this hub in what it shows: kept at one base, shown at that of the face."""

from typing import Any

import orjson


class Addresses:
    """`kept` and `shown` are base URLs (no final slash); an `href` below one stands for the same below the other.

    Every other address stays as it is.
    """

    def __init__(self, kept: str, shown: str) -> None:
        self._kept = f"{kept}/"
        self._shown = f"{shown}/"
        before, after = (b'"href":' + orjson.dumps(base)[:-1] for base in (self._kept, self._shown))
        self._begin = before
        # A quote inside of a text has a backslash before it, so that only a member begins like this.
        self._members = [(mark + before, mark + after) for mark in (b"{", b",")]

    def shown(self, value: Any) -> Any:
        """A value of JSON as it is shown."""
        return moved(value, self._kept, self._shown)

    def kept(self, value: Any) -> Any:
        """A value of JSON as it is kept."""
        return moved(value, self._shown, self._kept)

    def kept_text(self, address: str) -> str:
        return _moved_text(address, self._shown, self._kept)

    def in_json(self, content: bytes) -> bytes:
        """JSON as orjson writes it, with the addresses that are shown; without any it costs one look at the bytes."""
        if self._begin in content:
            for before, after in self._members:
                content = content.replace(before, after)
        return content


def moved(value: Any, before: str, after: str) -> Any:
    """A value of JSON in which every `href` that begins with `before` begins with `after` instead."""
    if isinstance(value, dict):
        return {
            name: _moved_text(each, before, after)
            if name == "href" and isinstance(each, str)
            else moved(each, before, after)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [moved(each, before, after) for each in value]
    return value


def _moved_text(address: str, before: str, after: str) -> str:
    return after + address.removeprefix(before) if address.startswith(before) else address
