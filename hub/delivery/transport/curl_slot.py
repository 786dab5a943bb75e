"""A reusable libcurl handle: set up once for the rules all requests share, loaded with one request at a time."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

import certifi
import pycurl

from hub.delivery.resolve import Pinned
from hub.delivery.shortage import is_short, vet_descriptor
from hub.delivery.transport import tls_refusal
from hub.delivery.transport.curl_head import Head
from hub.delivery.transport.port import HEAD_LIMIT, Failure, Outgoing, SendResult
from hub.model.credentials import TlsIdentity
from hub.model.delivery import Timing
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import Target

# An idle connection is given up after this time, and every connection after the second: a listener that moved to
# another address is followed.
IDLE_SECONDS, LIFE_SECONDS = 60, 600
COMMON_HEADERS = (b"Expect:", b"Accept-Encoding: identity")

TOO_LARGE = 100
"""CURLE_TOO_LARGE, for which pycurl has no name."""

_TLS_ERRORS = frozenset({35, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98})
_ON_THE_LINE = frozenset({pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR})
_MAY_BE_REFUSAL = frozenset({Failure.TLS_FAILED, Failure.BROKEN})
_FAILURES = {
    pycurl.E_COULDNT_RESOLVE_HOST: Failure.NAME_NOT_RESOLVED,
    pycurl.E_COULDNT_CONNECT: Failure.CONNECTION_FAILED,
    pycurl.E_OPERATION_TIMEDOUT: Failure.TIMEOUT,
} | dict.fromkeys(_TLS_ERRORS, Failure.TLS_FAILED)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for every request of a transport."""

    guard: AddressGuard
    response_limit: int
    ca_file: str | None


class Slot:
    """One handle, its buffers, and the request that it carries.

    A handle has one `tls` for all its life. libcurl shares a connection only between handles with the same.
    """

    def __init__(self, rules: Rules, opening: Callable[[], None], tls: TlsIdentity | None = None) -> None:
        self._rules = rules
        self.tls = tls
        self._opening = opening
        self._head = Head()
        self._body: list[bytes] = []
        self._room = 0
        self._cut = False
        self._refusal: str | None = None
        self._want: OSError | None = None
        self._opened: list[socket.socket] = []
        self._started = 0
        self._looked_up_ms = 0.0
        self._anew = False
        self.outgoing: Outgoing | None = None
        self.easy = self._fresh()

    def _fresh(self) -> pycurl.Curl:
        easy = pycurl.Curl()
        set_option: Callable[..., None] = easy.setopt
        for option, value in (
            (pycurl.POST, 1),
            (pycurl.NOSIGNAL, 1),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.PROXY, ""),
            (pycurl.NOPROXY, "*"),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.MAXAGE_CONN, IDLE_SECONDS),
            (pycurl.MAXLIFETIME_CONN, LIFE_SECONDS),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.CAINFO, self._rules.ca_file or certifi.where()),
            (pycurl.WRITEFUNCTION, self._take),
            (pycurl.HEADERFUNCTION, self._head.take),
            (pycurl.OPENSOCKETFUNCTION, self._open),
            (pycurl.PREREQFUNCTION, self._peer_check()),
        ):
            set_option(option, value)
        # The folder that libcurl was built with would be trusted beside the file.
        easy.unsetopt(pycurl.CAPATH)
        for option, text in _tls_options(self.tls):
            set_option(option, text)
        return easy

    def fill(
        self,
        outgoing: Outgoing,
        target: Target,
        pinned: Pinned,
        *,
        started: int,
        looked_up_ms: float,
        remaining_ms: int,
        anew: bool = False,
    ) -> None:
        """Loads a request, which is sent on a new connection where it is to be `anew`; only what differs is set."""
        easy = self.easy
        self.outgoing = outgoing
        self._started = started
        self._looked_up_ms = looked_up_ms
        self._room = self._rules.response_limit
        if not target.literal:
            # Without a sign before it the entry never expires, and it replaces an older one: libcurl itself asks
            # no name server.
            easy.setopt(pycurl.RESOLVE, [f"{target.host}:{target.port}:{','.join(pinned.addresses)}"])
        easy.setopt(pycurl.URL, target.url)
        easy.setopt(pycurl.POSTFIELDS, outgoing.body)
        easy.setopt(pycurl.HTTPHEADER, [*COMMON_HEADERS, *[f"{n}: {v}".encode() for n, v in outgoing.headers]])
        easy.setopt(pycurl.TIMEOUT_MS, remaining_ms)
        if anew is not self._anew:
            easy.setopt(pycurl.FRESH_CONNECT, anew)
            self._anew = anew

    def result(self, errno: int, text: str) -> SendResult:
        """What became of the request; `errno` is libcurl's, 0 for a complete answer."""
        assert self.outgoing is not None
        info = self.easy.getinfo
        status = info(pycurl.RESPONSE_CODE) or None
        reused = not info(pycurl.NUM_CONNECTS)
        failure = None if self._complete(errno) else self._failure(errno, text)
        why = self._why(errno, text) if failure else None
        if failure in _MAY_BE_REFUSAL and not reused and status is None:
            failure, why = self._of_new_connection(failure, errno, why or "")
        return SendResult(
            key=self.outgoing.key,
            started=self._started,
            status=status,
            headers=() if status and 200 <= status < 300 else self._head.fields(),
            body=b"".join(self._body),
            error=failure,
            error_text=why,
            timing=self._timing(reused, status is not None),
            peer_address=info(pycurl.PRIMARY_IP) or None,
            reused=reused and status is not None,
        )

    def hung_on_a_kept_connection(self, errno: int) -> bool:
        return errno == pycurl.E_OPERATION_TIMEDOUT and not self.easy.getinfo(pycurl.NUM_CONNECTS)

    def empty(self) -> None:
        """Ready for the next request."""
        self.outgoing = None
        self._head.empty()
        self._body.clear()
        self._cut = False
        self._refusal = None
        self._want = None
        for opened in self._opened:
            opened.close()
        self._opened.clear()

    def _complete(self, errno: int) -> bool:
        return (errno == 0 or (self._cut and errno == pycurl.E_WRITE_ERROR)) and self._head.is_whole()

    def _why(self, errno: int, text: str) -> str:
        if errno == TOO_LARGE:
            return "a line of the answer's header is too long"
        if errno == 0:
            return "the connection was closed in the header of the answer"
        if self._head.is_too_long():
            return f"the header of the answer is longer than {HEAD_LIMIT} bytes"
        if self._want is not None:
            return self._want.strerror or str(self._want)
        return self._refusal or text or f"libcurl gave up with error {errno}"

    def _failure(self, errno: int, text: str) -> Failure:
        if self._refusal is not None:
            return Failure.ADDRESS_REFUSED
        if self._is_our_want(errno):
            return Failure.NO_RESOURCES
        # The other side may refuse our certificate after the handshake: then the first reading tells.
        if errno in _ON_THE_LINE and " alert " in text:
            return Failure.TLS_FAILED
        if errno == pycurl.E_BAD_FUNCTION_ARGUMENT and self.tls is not None:  # a certificate or key of no use
            return Failure.TLS_FAILED
        return _FAILURES.get(errno, Failure.BROKEN)

    def _of_new_connection(self, failure: Failure, errno: int, text: str) -> tuple[Failure, str]:
        """What the end of a new connection before any answer means: the listener may have refused our certificate."""
        secured = bool(self.easy.getinfo(pycurl.APPCONNECT_TIME_T))
        refusal = tls_refusal.words(
            text,
            certificate=self.tls is not None and bool(self.tls.certificate),
            alerted=secured and errno in _ON_THE_LINE and any(map(tls_refusal.holds_alert, self._opened)),
        )
        if refusal is not None:
            return Failure.TLS_FAILED, refusal
        is_reset = secured and errno in _ON_THE_LINE and "reset" in text
        return failure, text + tls_refusal.HINT if is_reset else text

    def _is_our_want(self, errno: int) -> bool:
        """Whether nothing could be opened, or no port be had, for want of something of ours."""
        if self._want is not None:
            return is_short(self._want.errno, "")
        address = "::" if any(each.family == socket.AF_INET6 for each in self._opened) else ""
        return errno == pycurl.E_COULDNT_CONNECT and is_short(self.easy.getinfo(pycurl.OS_ERRNO), address)

    def _timing(self, reused: bool, answered: bool) -> Timing:
        info, before = self.easy.getinfo, self._looked_up_ms
        first = info(pycurl.STARTTRANSFER_TIME_T) if answered else 0
        connect, tls = (0, 0) if reused else (info(pycurl.CONNECT_TIME_T), info(pycurl.APPCONNECT_TIME_T))
        return Timing(
            name_lookup=before + info(pycurl.NAMELOOKUP_TIME_T) / 1000,
            connect=before + connect / 1000 if connect else None,
            tls=before + tls / 1000 if tls else None,
            first_byte=before + first / 1000 if first else None,
            total=before + info(pycurl.TOTAL_TIME_T) / 1000,
        )

    def _take(self, piece: bytes) -> int:
        """Keeps the beginning of the answer and ends the transfer where the room ends."""
        if len(piece) > self._room:
            self._body.append(piece[: self._room])
            self._room = 0
            self._cut = True
            return 0
        self._body.append(piece)
        self._room -= len(piece)
        return len(piece)

    def _open(self, purpose: int, address: tuple[int, int, int, tuple[str, int]]) -> socket.socket | int:
        """The last fence: whatever libcurl is about to connect to is vetted once more."""
        family, kind, protocol, place = address
        self._want = None
        self._refusal = self._rules.guard.refusal(place[0])
        if self._refusal is not None:
            return int(pycurl.SOCKET_BAD)
        self._opening()
        try:
            opened = socket.socket(family, kind, protocol)
            self._opened.append(opened)
            # pycurl connects a duplicate of it, and would not say why there is none; ours is closed in the end.
            duplicate = os.dup(opened.fileno())
            os.close(duplicate)
            vet_descriptor(duplicate)
        except OSError as error:
            self._want = error
            return int(pycurl.SOCKET_BAD)
        return opened

    def _peer_check(self) -> Callable[[str, str, int, int], int]:
        """What vets who is at the other end of a new connection: a packet filter may have led it elsewhere.

        It is called before every request; one on a kept connection has opened nothing.
        """
        opened, guard = self._opened, self._rules.guard
        goes_on, ends = int(pycurl.PREREQFUNC_OK), int(pycurl.PREREQFUNC_ABORT)

        def check(peer: str, _local: str, _peer_port: int, _local_port: int) -> int:
            if not opened:
                return goes_on
            self._refusal = guard.refusal(peer)
            return goes_on if self._refusal is None else ends

        return check


def _tls_options(tls: TlsIdentity | None) -> list[tuple[int, bytes]]:
    if tls is None:
        return []
    given = (
        (pycurl.SSLCERT_BLOB, tls.certificate),
        (pycurl.SSLKEY_BLOB, tls.key),
        (pycurl.CAINFO_BLOB, tls.authority),
    )
    return [(option, text.encode()) for option, text in given if text]
