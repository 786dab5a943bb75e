"""A notification list that is managed elsewhere: its entries, and what a reading of it brought about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.model.subscription import Order


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who is to be told, as the list says it; `key` is the same from reading to reading, `delivery` as in a hub body.

    `row` counts the entries of the content from 1.
    """

    key: str
    row: int
    callback: str
    query: str | None = None
    contact: str | None = None
    party: str | None = None
    face: str = "v5"
    order: Order = Order.REPORT
    secret: str | None = None
    delivery: dict[str, Any] | None = None
    digest: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Present:
    """An entry as it is kept; `subscription` is the row number of its registration, where that has not ended.

    Where somebody has changed the registration by hand since, `digest` is that of the entry behind a zero byte.
    """

    seq: int
    key: str
    digest: bytes
    callback: str
    query: str | None
    contact: str | None
    party: str | None
    subscription: int | None
    subscription_id: str | None
    error: str | None

    def is_changed_by_hand(self, entry: Entry) -> bool:
        """Whether this is all that has changed: the list says what it has said before."""
        return self.digest == b"\0" + entry.digest


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class ListChange:
    """What became of one entry; `subscription` is the id of its registration, `detail` why refused or put back."""

    time: int
    kind: ChangeKind
    key: str
    contact: str | None
    party: str | None
    callback: str
    query: str | None
    subscription: str | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListRun:
    """One reading of a list; `error` says why it changed nothing, or why it broke off."""

    origin: str
    actor: str
    started: int
    completed: int | None
    entries: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    refused: int = 0
    error: str | None = None
