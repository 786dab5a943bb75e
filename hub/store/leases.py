"""Lease tokens: they name their holder, so that a new start can free what a dead process held.

A process id means something within one start of a machine and one namespace of process ids only: two containers may
share both the name of their host and the id of their process. So a host is named by all of that.
"""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Holder:
    """This process: the place where its id means something, the id, and a random word that differs at each start."""

    host: str
    pid: int
    boot: str

    @classmethod
    def this(cls) -> "Holder":
        return cls(host=_place(), pid=os.getpid(), boot=os.urandom(6).hex())

    def token(self, turn: int) -> str:
        """Fresh for each turn: a claim that was lost and taken again is another claim."""
        return f"{self.host}:{self.pid}:{self.boot}:{turn}"

    def abandoned(self, token: str) -> bool:
        """Whether the holder of a token is a process of this host that no longer runs."""
        host, pid, boot, _ = token.rsplit(":", 3)
        if host != self.host or boot == self.boot:
            return False
        return int(pid) == self.pid or not _is_running(int(pid))


def _place() -> str:
    """The host, its start and the namespace of process ids, as far as the system tells."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return "/".join(parts)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
