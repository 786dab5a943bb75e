"""All that an adapter may see of the hub: the shapes it yields and the failures it can report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from hub.model.yaml_dates import OnceLoader
from hub.pausing import pause
from hub.reasons import words_of
from hub.redaction import Redaction
from hub.references import secret

__all__ = [
    "MARK",
    "AuthFailed",
    "Check",
    "FilterIgnored",
    "Lists",
    "OnceLoader",
    "Page",
    "RateLimited",
    "Record",
    "Redaction",
    "Refused",
    "Registers",
    "Rereads",
    "Rings",
    "Source",
    "SourceError",
    "Timed",
    "Unavailable",
    "Writes",
    "Writing",
    "pause",
    "secret",
    "words_of",
]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One ticket or alert episode as the trouble system tells it.

    `key` is the source's own identity of it. `updated` is the source's change stamp in UTC, for order and lag,
    never for identity. `data` is the raw document, the only thing the mapping reads. `gone` says that the
    source deleted it or merged it away. `log` says that it is an entry of a log, what the ticket said at one time:
    what such an entry repeats is no news. Any other record is the ticket as it is, and may say again what it said
    before, also with the same stamp.
    """

    key: str
    updated: datetime
    data: Mapping[str, Any]
    gone: bool = False
    log: bool = False


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

        A page is asked for while the one before is being committed; that one is kept although this one fails.

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
class Rereads(Protocol):
    """What an adapter offers beside the two methods when its cursor holds more than a place: what it has named, say."""

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """The cursor from which all is read again that changed since an instant, or ever, and nothing is forgotten.

        Without this method it is `{"since": since}`, or {}. A dry run calls it, too.
        """
        ...


@runtime_checkable
class Registers(Protocol):
    """What an adapter offers beside the two methods when its source can be asked to ring at the hub.

    A dry run calls neither. Both raise AuthFailed, RateLimited or Unavailable.
    """

    def register(self, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        """After each pull that came to its end: see to it that the source rings. Returns the cursor to keep."""
        ...

    def close(self) -> None:
        """No pull follows: what was registered is taken back."""
        ...


@runtime_checkable
class Rings(Protocol):
    """What an adapter offers beside `Registers` when its options (`ring.secret`) say with which secret it will ring."""

    @property
    def ring_secret(self) -> str | None:
        """The secret that the ring carries, which must be the source's `wake_secret`; None where it does not ring."""
        ...


@runtime_checkable
class Timed(Protocol):
    """What an adapter offers beside the two methods when the answers of its source tell the time there."""

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the source's clock was ahead of ours at its last answer; None when it did not tell."""
        ...


MARK = "[qos-hub {id}]"
"""How a text that the hub has written into a ticket is known there, by the hub and by people."""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """One change to write into the ticket `key`: a text for people, or a status, in the source's word.

    `id` is the same whenever the same change is asked for. `author` is who wrote the text, None where nobody is named.
    """

    id: str
    key: str
    text: str | None = None
    author: str | None = None
    status: str | None = None

    @property
    def mark(self) -> str:
        return MARK.format(id=self.id)

    @property
    def marked_text(self) -> str:
        """The text as it is written: with its author and the mark below it."""
        return f"{self.text}\n\n{self.author or 'the hub'} {self.mark}"


@runtime_checkable
class Writes(Protocol):
    """What an adapter offers beside the two methods when it can write into a ticket."""

    def write(self, change: Writing) -> None:
        """Write one change, unless the ticket has it: a text with its mark, or the status already.

        It reads before it writes, since an earlier attempt may have come through without our hearing of it. Raises
        Refused for what can never be written, and else what `pull` raises.
        """
        ...


class SourceError(Exception):
    """Root of what an adapter may raise."""


class AuthFailed(SourceError):
    """The source refuses our credentials: polling stops until somebody mends them."""


class RateLimited(SourceError):
    """The source asks us to wait `after` seconds; 0 where it does not say for how long."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Unavailable(SourceError):
    """The source cannot be read now; a later poll may succeed."""


class Refused(SourceError):
    """The source will never take this change: its ticket is not there, or has no such word."""


class FilterIgnored(Unavailable):
    """The source answered with what was not asked for, so it has not understood the question: the run fails."""
