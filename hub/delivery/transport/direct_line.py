"""One plain connection: opened without waiting, vetted, written to and read from."""

import socket
from errno import EINPROGRESS, ENOTCONN
from ipaddress import IPv6Address, ip_address
from os import strerror
from typing import TYPE_CHECKING

from hub.delivery.shortage import vet_descriptor
from hub.delivery.transport.direct_answer import Answer

if TYPE_CHECKING:
    from hub.delivery.transport.direct_exchange import Exchange
    from hub.delivery.transport.direct_route import Pool

PIECE = 16_384
"""The most bytes that are read at once."""


class Line:
    """`exchange` is what it carries at present, None while it rests; `unsent` is what the other side has not yet taken.

    `peer` is None until the connection stands.
    """

    __slots__ = (
        "answer",
        "born",
        "descriptor",
        "exchange",
        "peer",
        "pool",
        "recv",
        "rested",
        "send",
        "sock",
        "unsent",
    )

    def __init__(self, address: str, port: int, answer: Answer, pool: "Pool", now: float) -> None:
        """Begins to connect. Raises OSError."""
        family = socket.AF_INET6 if isinstance(ip_address(address), IPv6Address) else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.descriptor = self.sock.fileno()
        self.send, self.recv = self.sock.send, self.sock.recv
        self.answer = answer
        self.pool = pool
        self.born = self.rested = now
        self.exchange: Exchange | None = None
        self.peer: str | None = None
        self.unsent: memoryview | None = None
        try:
            vet_descriptor(self.descriptor)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _raise(self.sock.connect_ex((address, port)), but=EINPROGRESS)
        except OSError:
            self.sock.close()
            raise

    def connected(self) -> str | None:
        """The address of the other side once the connection stands, None before. Raises OSError when it failed."""
        _raise(self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        try:
            peer: str = self.sock.getpeername()[0]
        except OSError as error:
            if error.errno == ENOTCONN:
                return None
            raise
        return peer

    def write(self, data: bytes) -> bool:
        """Sends as much as is taken at once; True when that is all. Raises OSError."""
        try:
            sent = self.send(data)
        except BlockingIOError:
            sent = 0
        if sent == len(data):
            return True
        self.unsent = memoryview(data)[sent:]
        return False

    def write_on(self) -> bool:
        """Goes on with what is unsent; True when that is all. Raises OSError."""
        assert self.unsent is not None
        try:
            self.unsent = self.unsent[self.send(self.unsent) :]
        except BlockingIOError:
            return False
        if self.unsent:
            return False
        self.unsent = None
        return True


def _raise(number: int, but: int = 0) -> None:
    if number not in (0, but):
        raise OSError(number, strerror(number))
