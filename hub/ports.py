"""All that an adapter may see of the hub: the shapes it yields and the failures it can report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from hub.references import secret

__all__ = [
    "AuthFailed",
    "Check",
    "Closes",
    "FilterIgnored",
    "Lists",
    "Page",
    "RateLimited",
    "Record",
    "Source",
    "SourceError",
    "Unavailable",
    "secret",
]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One ticket or alert episode as the trouble system tells it.

    `key` is the source's own identity of it. `updated` is the source's change stamp in UTC, for order and lag,
    never for identity. `data` is the raw document, the only thing the mapping reads. `gone` says that the
    source deleted it or merged it away.
    """

    key: str
    updated: datetime
    data: Mapping[str, Any]
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """Records in the order of their change, and where to go on after them.

    `cursor` is opaque to the hub and is committed together with the records. `snapshot` is True on every page of
    a pull that lists everything open, so that absence from all of its pages means something.
    """

    records: tuple[Record, ...]
    cursor: Mapping[str, Any]
    snapshot: bool = False


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a source says of itself: who we are there, which version it runs, how far its clock is from ours."""

    identity: str
    version: str = ""
    clock_skew: float | None = None
    """Seconds that the source's clock is ahead of ours; None when it cannot be told."""
    details: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """An adapter: two methods. It knows neither TMF656, nor the database, nor threads.

    An entry point of group `qos_hub.adapters` names a callable `make(name: str, options: Mapping[str, Any]) -> Source`
    that raises ValueError (or marshmallow's ValidationError) for options it does not accept.
    """

    def check(self) -> Check:
        """Speak to the source once. Raises AuthFailed, RateLimited or Unavailable."""
        ...

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Yield what changed after `cursor` ({} on the first run). Raises AuthFailed, RateLimited or Unavailable.

        `{"since": "2026-11-22T17:00:00Z"}` asks for what changed since an instant; a source that cannot tell begins
        at the beginning, as for {}.
        """
        ...


@runtime_checkable
class Lists(Protocol):
    """What an adapter offers beside the two methods when its source deletes tickets without telling."""

    def keys(self) -> Iterator[str]:
        """The keys of all tickets that are there. Raises AuthFailed, RateLimited or Unavailable."""
        ...

    def ask(self, key: str) -> Record | None:
        """One ticket as it is now; None when it is not there. Raises AuthFailed, RateLimited or Unavailable."""
        ...


@runtime_checkable
class Closes(Protocol):
    """What an adapter offers beside the two methods when it has something to take back at the source in the end."""

    def close(self) -> None:
        """No pull follows. Raises AuthFailed, RateLimited or Unavailable; what then stays at the source stays."""
        ...


class SourceError(Exception):
    """Root of what an adapter may raise."""


class AuthFailed(SourceError):
    """The source refuses our credentials: polling stops until somebody mends them."""


class RateLimited(SourceError):
    """The source asks us to wait `after` seconds."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Unavailable(SourceError):
    """The source cannot be read now; a later poll may succeed."""


class FilterIgnored(Unavailable):
    """The source answered with what was not asked for, so it has not understood the question: the run fails."""
