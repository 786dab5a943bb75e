"""A content digest of a raw record: equal digests mean that nothing worth telling has changed."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

import orjson

DIGEST_SIZE = 16
KEPT = 100
"""How many digests of one instant are kept."""


def digest(data: Mapping[str, Any], *, ignore: Collection[str] = (), revision: bytes = b"") -> bytes:
    """Sixteen bytes that do not depend on the order of keys.

    `ignore` names parts (`endsAt`, `status.since`) that move without a meaning. `revision` is the mapping's own,
    so that a mended mapping is applied to tickets that have not changed since.
    """
    return digest_of(content(data, ignore), revision)


def content(data: Mapping[str, Any], ignore: Collection[str]) -> bytes:
    """The JSON of a record without the parts to ignore, its keys in order."""
    if not ignore and type(data) is dict:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    kept: Any = {**data}
    for path in ignore:
        if "." in path:
            kept = _without(kept, path.split("."))
        else:
            kept.pop(path, None)
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


def digest_of(said: bytes, revision: bytes) -> bytes:
    return blake2b(said, digest_size=DIGEST_SIZE, key=revision).digest()


def _without(data: Any, path: list[str]) -> Any:
    if not isinstance(data, Mapping) or path[0] not in data:
        return data
    if len(path) == 1:
        return {name: value for name, value in data.items() if name != path[0]}
    return {**data, path[0]: _without(data[path[0]], path[1:])}


def is_among(one: bytes, digests: bytes) -> bool:
    """Whether a digest is one of those that stand one behind the other."""
    return any(digests[at : at + DIGEST_SIZE] == one for at in range(0, len(digests), DIGEST_SIZE))


def joined(digests: bytes, one: bytes) -> bytes:
    """The digests with one more behind them, without the oldest where there are too many."""
    return (digests + one)[-KEPT * DIGEST_SIZE :]
