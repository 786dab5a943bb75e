"""Looks up the addresses of listeners' names, has every answer vetted, and keeps what was found for a while."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock, Thread

from hub.delivery.shortage import has_no_descriptor, is_caused_by_want
from hub.delivery.transport.port import Failure
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import Lookup, system_lookup

FAILURE_TTL = 5.0


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """The vetted addresses of a host, the preferred one first."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NotPinned:
    """A host that is not to be connected to."""

    failure: Failure
    reason: str


Resolution = Pinned | NotPinned
Done = Callable[[str, Resolution], None]


class Resolver:
    """Finds the addresses that a transport may connect to.

    Every name under look-up has a thread of its own, so that a name server that does not answer for one name
    delays no other; their number is bounded by what a transport has in flight.
    """

    def __init__(
        self,
        guard: AddressGuard,
        lookup: Lookup = system_lookup,
        ttl: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guard = guard
        self._lookup = lookup
        self._ttl = ttl
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Resolution]] = {}
        self._asking: dict[str, list[Done]] = {}
        self._lock = Lock()

    def known(self, host: str) -> Resolution | None:
        """What holds for a host now, without waiting; None when it has to be looked up."""
        kept = self._known.get(host)
        if kept is not None and self._monotonic() < kept[0]:
            return kept[1]
        return self._keep(host, self._vetted(host, (host,))) if _is_literal(host) else None

    def look_up(self, host: str, done: Done) -> None:
        """Looks a host up in the background and calls `done` from there; askers of one host share one look-up."""
        with self._lock:
            askers = self._asking.get(host)
            if askers is not None:
                askers.append(done)
                return
            self._asking[host] = [done]
        try:
            Thread(target=self._ask, args=(host,), name=f"look-up {host}", daemon=True).start()
        except RuntimeError as error:
            self._tell(host, NotPinned(failure=Failure.NO_RESOURCES, reason=f"{host}: {error}"))

    def _ask(self, host: str) -> None:
        self._tell(host, self._keep(host, self._answer(host)))

    def _tell(self, host: str, resolution: Resolution) -> None:
        with self._lock:
            askers = self._asking.pop(host)
        for done in askers:
            done(host, resolution)

    def _answer(self, host: str) -> Resolution:
        try:
            return self._vetted(host, tuple(self._lookup(host)))
        except Exception as error:
            # The outermost frame of a thread: who waits must hear of it. The system's resolver raises OSError, and
            # UnicodeError where it refuses a name with its own codec.
            failure = Failure.NO_RESOURCES if _is_our_want(error) else Failure.NAME_NOT_RESOLVED
            why = error.strerror if isinstance(error, socket.gaierror) else error
            return NotPinned(failure=failure, reason=f"{host}: {why}")

    def _vetted(self, host: str, addresses: tuple[str, ...]) -> Resolution:
        if not addresses:
            return NotPinned(failure=Failure.NAME_NOT_RESOLVED, reason=f"{host}: the name has no address")
        why = self._guard.refusal_of_any(addresses)
        if why is None:
            return Pinned(addresses=addresses)
        return NotPinned(failure=Failure.ADDRESS_REFUSED, reason=why if addresses == (host,) else f"{host}: {why}")

    def _keep(self, host: str, resolution: Resolution) -> Resolution:
        lasts = self._ttl if isinstance(resolution, Pinned) else min(self._ttl, FAILURE_TTL)
        if not isinstance(resolution, NotPinned) or resolution.failure is not Failure.NO_RESOURCES:
            self._known[host] = (self._monotonic() + lasts, resolution)
        return resolution


def _is_our_want(error: Exception) -> bool:
    return isinstance(error, MemoryError) or is_caused_by_want(error, "") or has_no_descriptor()


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
