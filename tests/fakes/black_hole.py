"""A middleman between a sender and a server on 127.0.0.1, which can lose what is sent over the present connections."""

import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

PIECE = 65_536


class BlackHole:
    """What comes over connections of before `swallow` goes nowhere from then on, and nobody is told; new ones work."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.connections = 0
        self._lost_before = 0
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for end in (self._door, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def swallow(self) -> None:
        self._lost_before = self.connections

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.create_connection(("127.0.0.1", self._server))
                self._ends += (here, there)
                for source, sink in ((here, there), (there, here)):
                    Thread(target=self._pass_on, args=(source, sink, self.connections), daemon=True).start()
                self.connections += 1

    def _pass_on(self, source: socket.socket, sink: socket.socket, number: int) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                if number >= self._lost_before:
                    sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
