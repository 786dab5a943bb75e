"""What holds `requests` to the port's promises: a pinned address, a line that can be cut, the times of phases."""

import os
import socket
import ssl
import time
from collections.abc import Callable
from threading import Lock, local
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from hub.delivery.shortage import vet_descriptor
from hub.delivery.transport.requests_head import BoundedResponse
from hub.delivery.transport.tls_refusal import holds_alert
from hub.subscriptions.addresses import AddressGuard


class RefusedAddress(Exception):
    """A connection was about to be made to an address that the guard refuses."""


class Line:
    """The connection under one attempt: when its phases ended, and a way to cut it from another thread."""

    def __init__(self, guard: AddressGuard, end: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.guard = guard
        self._monotonic = monotonic
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self.end = end
        self.cut_off = False
        self.opened: float | None = None
        self.secured: float | None = None
        self.peer: str | None = None

    def left(self) -> float:
        """Seconds until the deadline; never zero, which a socket takes for "do not block"."""
        return max(self.end - self._monotonic(), 0.001)

    def vet(self, address: str) -> None:
        why = self.guard.refusal(address)
        if why is not None:
            raise RefusedAddress(why)

    def hold(self, sock: socket.socket) -> None:
        """Keeps a second handle on the connection, valid while TLS wraps the first one.

        Who is at the other end is vetted once more: a packet filter may have led the connection elsewhere.
        """
        peer = sock.getpeername()[0]
        self.vet(peer)
        self.peer = peer
        with self._lock:
            self._sockets.append(socket.socket(fileno=os.dup(sock.fileno())))
            vet_descriptor(self._sockets[-1].fileno())
        if self.cut_off:
            self.cut()

    def note_opened(self) -> None:
        self.opened = self._monotonic()

    def note_secured(self) -> None:
        self.secured = self._monotonic()

    def cut(self) -> None:
        """Ends the attempt now, whatever it waits for on its connection."""
        self.cut_off = True
        with self._lock:
            for sock in self._sockets:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # The other side was faster.

    def holds_alert(self) -> bool:
        with self._lock:
            return any(map(holds_alert, self._sockets))

    def forget(self) -> None:
        """Lets go of a connection that turned out to be dead; another one follows."""
        self.release()
        self.peer = None

    def release(self) -> None:
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()


# urllib3 makes its connections itself, in the thread that sends: this is how they find the attempt they serve.
_attempt = local()


def _line() -> Line:
    line: Line = _attempt.line
    return line


class LineConnection(HTTPConnection):
    response_class = BoundedResponse

    def _new_conn(self) -> socket.socket:
        _line().vet(self.host)
        sock = super()._new_conn()
        try:
            _line().hold(sock)
        except (RefusedAddress, OSError):
            sock.close()
            raise
        _line().note_opened()
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and _line().opened is None:
            _line().hold(self.sock)
        super().request(*args, **kwargs)


class SecureLineConnection(LineConnection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _line().note_secured()


class LinePool(HTTPConnectionPool):
    ConnectionCls = LineConnection


class SecureLinePool(HTTPSConnectionPool):
    ConnectionCls = SecureLineConnection


class PinnedAdapter(HTTPAdapter):
    """Connects to a given address under the URL's own name; one thread uses it, for one request at a time."""

    def __init__(self) -> None:
        super().__init__(pool_connections=64, pool_maxsize=1)
        self.poolmanager.pool_classes_by_scheme = {"http": LinePool, "https": SecureLinePool}
        self._address = ""
        self._context: ssl.SSLContext | None = None

    def send_on(
        self,
        line: Line,
        request: requests.PreparedRequest,
        address: str,
        connect_time: float,
        verify: str,
        context: ssl.SSLContext | None = None,
    ) -> requests.Response:
        """Sends without redirects and without a look at the environment, which only a `Session` would do.

        A `context` is our side of TLS, whom to trust included; connections are kept by it.
        """
        self._address = address
        self._context = context
        _attempt.line = line
        return self.send(request, stream=True, timeout=(connect_time, line.left()), verify=verify)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, options = super().build_connection_pool_key_attributes(request, verify, cert)
        # The certificate is checked against the name, not against the pinned address.
        named = {} if host["host"] == self._address else {"server_hostname": host["host"]}
        if self._context is not None:
            options = {"cert_reqs": options["cert_reqs"], "ssl_context": self._context}
        return {**host, "host": self._address}, {**options, **named}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Whom to trust stands in the context, if there is one; to load the usual ones would trust them, too."""
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
