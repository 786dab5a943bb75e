"""The keys in force: those of the settings and those of the table, held in memory and looked up by digest."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from hub.access.scopes import ALL
from hub.model.api_key import ApiKey
from hub.model.caller import Caller
from hub.telemetry import logger

log = logger("hub.access")

REFRESH = 0.5
"""Seconds between two looks at the table: so long a key that was made or revoked meanwhile may be unknown."""


class KeyTable(Protocol):
    def version(self) -> int: ...

    def all(self) -> list[ApiKey]: ...


class KeyRing:
    """`settings_keys` are "name:sha256 of the key in hexadecimal"; such a caller may do everything.

    `table` gives the table of keys for reading on this thread, `now` microseconds of the wall clock.

    A key is found by its digest in a dict, whose search tells by its time nothing of the digests that it holds: the
    digest that is searched for is SHA-256 of what the caller sent, and its place in the dict is by a keyed hash.
    """

    def __init__(
        self,
        settings_keys: Sequence[str] = (),
        *,
        table: Callable[[], KeyTable] | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fixed = dict(_of_settings(key) for key in settings_keys)
        self._table = table
        self._now = now
        self._monotonic = monotonic
        self._due = 0.0
        self._version = -1
        self._rows: list[ApiKey] = []
        self._callers = dict(self._fixed)
        self._ended: dict[bytes, str] = {}
        self._next_end: int | None = None

    def is_empty(self) -> bool:
        """Whether no key was ever made. A revoked key counts: revoking the last one opens the door to nobody."""
        if self._monotonic() >= self._due:
            self._refresh()
        return not (self._fixed or self._rows)

    def caller_of(self, digest: bytes) -> Caller | None:
        """Who has the key with this digest, None when it is not in force."""
        if self._monotonic() >= self._due:
            self._refresh()
        return self._callers.get(digest)

    def ended(self, digest: bytes) -> str | None:
        """Why a key that we know is not in force: "expired" or "revoked". Only its holder can ask."""
        return self._ended.get(digest)

    def _refresh(self) -> None:
        self._due = self._monotonic() + REFRESH
        if self._table is None:
            return
        table, now = self._table(), self._now()
        version = table.version()
        if version != self._version:
            before, self._rows = self._rows, table.all()
            if self._version >= 0:
                _log_changes(before, self._rows)
            self._version = version
            self._sort(now)
        elif self._next_end is not None and self._next_end <= now:
            self._sort(now)

    def _sort(self, now: int) -> None:
        self._ended = {key.digest: why for key in self._rows if (why := why_ended(key, now))}
        in_force = [key for key in self._rows if key.digest not in self._ended]
        self._callers = {key.digest: caller_with(key) for key in in_force} | self._fixed
        self._next_end = min((key.expires for key in in_force if key.expires is not None), default=None)


def _log_changes(before: Sequence[ApiKey], present: Sequence[ApiKey]) -> None:
    """Who ran the command is known to the system that it ran on, not to the hub."""
    known = {key.id: key.revoked for key in before}
    for key in present:
        if key.id not in known:
            log.info("key.created", id=key.id, caller=key.name, party=key.party, scopes=sorted(key.scopes))
        if key.revoked is not None and known.get(key.id) is None:
            log.info("key.revoked", id=key.id, caller=key.name, party=key.party)


def why_ended(key: ApiKey, now: int) -> str | None:
    if key.revoked is not None:
        return "revoked"
    return "expired" if key.expires is not None and key.expires <= now else None


def caller_with(key: ApiKey) -> Caller:
    return Caller(name=key.name, scopes=key.scopes, party=key.party)


def _of_settings(key: str) -> tuple[bytes, Caller]:
    name, _, digest = key.rpartition(":")
    return bytes.fromhex(digest), Caller(name=name, scopes=frozenset({ALL}))
