"""A real HTTP/1.1 listener on 127.0.0.1 that keeps what it received and answers well, badly or not at all."""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

TLS_HELLO = b"\x16"


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as it arrived; header names are in small letters, `connection` counts from 1."""

    path: str
    headers: dict[str, str]
    body: bytes
    time: float
    connection: int
    method: str = "POST"


class Line:
    """One connection, as an answer sees it."""

    def __init__(self, sock: socket.socket, stopped: Event) -> None:
        self.sock = sock
        self.stopped = stopped
        self.open = True

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        self.open = False
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        """Closes so that the other side sees a reset instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False
        self.sock.close()

    def gone(self, seconds: float) -> bool:
        """Waits, and says whether the listener stopped or the other side hung up meanwhile."""
        if self.stopped.wait(seconds):
            return True
        try:
            return self.sock.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
        except (BlockingIOError, ValueError):
            return False
        except OSError:
            return True


Answer = Callable[[Line], None]


def head(status: int, headers: Sequence[tuple[str, str]]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} Said\r\n{fields}\r\n".encode()


def answer(status: int = 200, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> Answer:
    """A complete answer on a connection that stays open."""
    written = head(status, [*headers, ("Content-Length", str(len(body)))]) + body

    def give(line: Line) -> None:
        line.send(written)

    return give


def redirect(location: str, status: int = 302) -> Answer:
    return answer(status, [("Location", location)])


def held(released: Event, then: Answer) -> Answer:
    """Answers when the test says so."""

    def give(line: Line) -> None:
        while not released.wait(0.01):
            if line.gone(0):
                return
        then(line)

    return give


def hang(line: Line) -> None:
    """Never answers."""
    while not line.gone(0.01):
        pass


def drip_head(line: Line) -> None:
    """Sends a header that never ends, byte by byte."""
    line.send(b"HTTP/1.1 200 Said\r\nX-Long: ")
    while not line.gone(0.01):
        line.send(b"x")


def drip_body(line: Line) -> None:
    """Sends a success at once and a body that never ends, byte by byte."""
    line.send(head(200, [("Content-Length", "1000000")]))
    while not line.gone(0.01):
        line.send(b"x")


def huge(status: int, size: int) -> Answer:
    """A body of `size` bytes, sent for as long as somebody reads it."""

    def give(line: Line) -> None:
        line.send(head(status, [("Content-Length", str(size))]))
        for _ in range(size // 65536 + 1):
            line.send(b"x" * 65536)

    return give


def close_silently(line: Line) -> None:
    line.close()


def reset(line: Line) -> None:
    line.reset()


def reset_midway(line: Line) -> None:
    """Promises more of a body than it sends."""
    line.send(head(200, [("Content-Length", "100")]) + b"some")
    line.close()


def garbage(line: Line) -> None:
    line.send(b"\x00\x01 this is not HTTP\r\n\r\n")
    line.close()


def then_close(first: Answer) -> Answer:
    """Answers, and then closes the connection without having said so."""

    def give(line: Line) -> None:
        first(line)
        line.close()

    return give


class Listener:
    """The server. Answers are given per path, one after the other; the last one repeats; without any it is 204."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._answers: dict[str, list[Answer]] = {}
        self._received: list[Received] = []
        self._changed = Condition()
        self._stopped = Event()
        self._lines: list[Line] = []
        self._threads: list[Thread] = []
        self._door: socket.socket | None = None
        self.port = 0
        self.connections = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> None:
        with self._changed:
            self._answers[path] = list(answers)

    def received(self, path: str | None = None) -> list[Received]:
        with self._changed:
            return [each for each in self._received if path is None or each.path == path]

    def wait_for(self, count: int, path: str | None = None, timeout: float = 10.0) -> list[Received]:
        """What was received, once it is at least `count`; fails the test when that takes too long."""
        with self._changed:
            self._changed.wait_for(lambda: self._count(path) >= count, timeout)
        found = self.received(path)
        assert len(found) >= count, f"received {len(found)} of {count} requests in {timeout} s"
        return found

    def start(self) -> None:
        """Listens; after a `stop`, on the same port as before."""
        self._stopped = Event()
        self._door = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = self._door.getsockname()[1]
        self._run(self._welcome, self._door, self._stopped)

    def stop(self) -> None:
        """Closes the port and every connection: an outage."""
        if self._door is None:
            return
        self._stopped.set()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._door = None
        for line in self._lines:
            line.close()
        for thread in self._threads:
            thread.join()
        self._lines, self._threads = [], []

    def _count(self, path: str | None) -> int:
        return sum(path is None or each.path == path for each in self._received)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _welcome(self, door: socket.socket, stopped: Event) -> None:
        while not stopped.is_set():
            try:
                sock, _ = door.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                number = self.connections
            line = Line(sock, stopped)
            self._lines.append(line)
            self._run(self._serve, line, number)

    def _serve(self, line: Line, number: int) -> None:
        # A hostile test breaks the connection in every way there is; what the client saw is what is checked.
        with closing(line), suppress(OSError, ValueError):
            if self._tls is not None:
                line.sock = self._tls.wrap_socket(line.sock, server_side=True)
            elif line.sock.recv(1, socket.MSG_PEEK) == TLS_HELLO:
                line.send(head(400, [("Connection", "close")]))
                return
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with line.sock.makefile("rb") as reader:
                while line.open and not line.stopped.is_set():
                    method, path, headers = self._read_head(reader.readline)
                    if not method:
                        break
                    body = reader.read(int(headers.get("content-length", "0")))
                    self._note(method, path, headers, body, number)(line)

    @staticmethod
    def _read_head(read_line: Callable[[], bytes]) -> tuple[str, str, dict[str, str]]:
        method, _, rest = read_line().decode("latin-1").strip().partition(" ")
        headers = {}
        while (text := read_line().decode("latin-1").strip()) and method:
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return method, rest.partition(" ")[0], headers

    def _note(self, method: str, path: str, headers: dict[str, str], body: bytes, number: int) -> Answer:
        """Keeps a request and picks its answer."""
        with self._changed:
            self._received.append(
                Received(
                    path=path,
                    headers=headers,
                    body=body,
                    time=time.monotonic(),
                    connection=number,
                    method=method,
                )
            )
            self._changed.notify_all()
            answers = self._answers.get(path, [answer(204)])
            return answers.pop(0) if len(answers) > 1 else answers[0]
