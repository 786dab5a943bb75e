"""A real SMTP server on 127.0.0.1 that keeps what it took, and answers each step as it is told."""

import ssl
from asyncio import Server
from collections import defaultdict
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

OK = "250 OK"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One message, and between whom the envelope says it is; `secure` whether it came over TLS."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    secure: bool

    @property
    def message(self) -> EmailMessage:
        made = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made


class MailServer:
    """`on_recipient` and `on_data` answer for an address; the last answer of several stays.

    With `tls` it offers STARTTLS, or speaks TLS from the first byte when `at_once`; with a `user` it wants that one.
    Without `utf8` it reaches addresses in ASCII alone.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        at_once: bool = False,
        user: str = "",
        password: str = "",
        port: int = 0,
        utf8: bool = True,
    ) -> None:
        self.taken: list[Taken] = []
        self.tries: list[str] = []
        self.refused_names: list[str] = []
        self._recipients: dict[str, list[str]] = defaultdict(lambda: [OK])
        self._data: dict[str, list[str]] = defaultdict(lambda: [OK])
        self._user, self._password = user.encode(), password.encode()
        options: dict[str, Any] = {"hostname": "127.0.0.1", "port": port, "server_hostname": "mail.test"}
        options["enable_SMTPUTF8"] = utf8
        if tls is not None and at_once:
            options["ssl_context"] = tls
        elif tls is not None:
            options |= {"tls_context": tls, "require_starttls": True}
        if user:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            options["auth_require_tls"] = not at_once
        self._controller = _Anywhere(self, **options)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def on_recipient(self, address: str, *answers: str) -> None:
        self._recipients[address] = list(answers)

    def on_data(self, address: str, *answers: str) -> None:
        self._data[address] = list(answers)

    def of(self, recipient: str) -> list[Taken]:
        return [one for one in self.taken if recipient in one.recipients]

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, options: Any) -> str:
        self.tries.append(address)
        told = _next(self._recipients[address])
        if told.startswith("2"):
            envelope.rcpt_tos.append(address)
        return told

    async def handle_DATA(self, _: Any, session: Any, envelope: Any) -> str:
        told = _next(self._data[envelope.rcpt_tos[0]])
        if told.startswith("2"):
            taken = Taken(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content,
                secure=session.ssl is not None,
            )
            self.taken.append(taken)
        return told

    def _authenticate(self, _: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and given == LoginPassword(self._user, self._password)
        if not known:
            self.refused_names.append(given.login.decode())
        return AuthResult(success=known, handled=known)


class _Anywhere(Controller):
    """On a free port: the controller calls its own server to see that it runs, and so has to know the port."""

    def _trigger_server(self) -> None:
        if self.port == 0:
            assert isinstance(self.server, Server)
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _next(answers: list[str]) -> str:
    return answers.pop(0) if len(answers) > 1 else answers[0]
