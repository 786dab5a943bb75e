"""Tells a want of our own from a fault of the other side: descriptors, ports, memory or threads have run out here."""

import os
import resource
from errno import EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM

from hub.reasons import causes

SHORT = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})

RESERVE = 256
"""Descriptors that sending leaves to callers of the API and to the database, or a quarter where there are few."""


def vet_descriptor(descriptor: int) -> None:
    """Raises OSError (EMFILE) for one out of the reserve: the numbers are given from below, so a high one tells."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and descriptor >= allowed - min(RESERVE, allowed // 4):
        raise OSError(EMFILE, os.strerror(EMFILE))


def is_short(number: int | None, address: str) -> bool:
    """Whether a system call towards this address failed, with this `errno`, for want of something of ours.

    EADDRNOTAVAIL says of IPv4 that no port is left, and of IPv6 that this host has none of it: an address that can
    never be reached from here.
    """
    return number in SHORT or (number == EADDRNOTAVAIL and ":" not in address)


def is_caused_by_want(error: BaseException, address: str) -> bool:
    """The same of whatever a library has wrapped an OSError in."""
    return any(isinstance(each, OSError) and is_short(each.errno, address) for each in causes(error))


def has_no_descriptor() -> bool:
    """Whether none is left at this moment: who looks a name up does not say that it found none."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in SHORT
    return False
