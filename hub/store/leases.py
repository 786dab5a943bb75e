"""Lease tokens: they name their holder, so that a new start can free what a dead process held."""

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Holder:
    """This process: host, process id, and a random word that differs at each start."""

    host: str
    pid: int
    boot: str

    @classmethod
    def this(cls) -> "Holder":
        return cls(host=socket.gethostname(), pid=os.getpid(), boot=os.urandom(6).hex())

    def token(self, turn: int) -> str:
        """Fresh for each turn: a claim that was lost and taken again is another claim."""
        return f"{self.host}:{self.pid}:{self.boot}:{turn}"

    def abandoned(self, token: str) -> bool:
        """Whether the holder of a token is a process of this host that no longer runs."""
        host, pid, boot, _ = token.rsplit(":", 3)
        if host != self.host or boot == self.boot:
            return False
        return int(pid) == self.pid or not _is_running(int(pid))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
