"""Lets a call through to its operation when its caller is known and has the scope that the contract names."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.access.callers import Callers
from hub.api.messages import error_response
from hub.api.quotas import Quotas
from hub.api.requirements import Requirement
from hub.errors import HubError, InvalidInput, Unauthorized, Violation
from hub.model.caller import LOCAL, Caller
from hub.telemetry import logger

log = logger("hub.api")

CONSOLE = Requirement("operations:read")
"""What the pages of the console demand."""

VERIFIERS = ThreadPoolExecutor(2, thread_name_prefix="verifier")
"""Threads of their own: while a key set is waited for, the readers of reports work on."""

Headers = Sequence[tuple[bytes, bytes]]

NO_HEADERS: dict[str, str] = {}

Admitted = tuple[Caller, dict[str, str]]
"""Who calls, and the headers that tell what is left to the caller."""

ANYBODY: Admitted = (LOCAL, NO_HEADERS)


class Guard:
    """Stands behind the routing, which says what is called, and before all that reads or looks up anything."""

    def __init__(self, *, callers: Callers, quotas: Quotas | None = None) -> None:
        self._callers = callers
        self._quotas = quotas

    def admit_local(self, requirement: Requirement) -> Admitted:
        """The same as `admit` at a hub that asks for no credentials."""
        if requirement.scope is None or self._quotas is None:
            return ANYBODY
        return self._admitted(requirement, LOCAL)

    def admit_known(self, requirement: Requirement, scope: Scope) -> Admitted | None:
        """The same as `admit`, without waiting; None where memory does not tell who calls. Raises what it raises."""
        if requirement.scope is None:
            return ANYBODY
        caller = self._callers.known(credential_in(scope["headers"]))
        return None if caller is None else self._admitted(requirement, caller)

    async def admit(self, requirement: Requirement, scope: Scope) -> Admitted:
        """Who calls, and the headers that tell what is left to the caller.

        Raises InvalidInput, Unauthorized, IdentityUnavailable, Forbidden or TooManyRequests.
        """
        credential = credential_in(scope["headers"])
        return self._admitted(requirement, await identified(self._callers, credential, scope, self._quotas))

    def _admitted(self, requirement: Requirement, caller: Caller) -> Admitted:
        headers = NO_HEADERS if self._quotas is None else self._quotas.count(caller)
        try:
            requirement.check(caller)
        except HubError as error:
            error.headers.update(headers)
            raise
        return caller, headers


class PagesGuard:
    """Lets people in to the console: a browser asks for name and password, and the password is the key.

    The console shows all reports, so it needs `requirement`, and no party may see it.
    """

    def __init__(
        self, app: ASGIApp, *, callers: Callers, requirement: Requirement, quotas: Quotas | None = None
    ) -> None:
        self._app = app
        self._callers = callers
        self._requirement = requirement
        self._quotas = quotas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                credential = credential_in(scope["headers"]) or password_in(scope["headers"])
                caller = self._callers.known(credential)
                if caller is None:
                    caller = await identified(self._callers, credential, scope, self._quotas)
                self._requirement.check(caller)
            except HubError as error:
                await _asking(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def identified(callers: Callers, credential: bytes, scope: Scope, quotas: Quotas | None) -> Caller:
    """Who has a credential that is not known yet. Raises Unauthorized, IdentityUnavailable or TooManyRequests."""
    if quotas is not None:
        quotas.admit(scope)
    try:
        if callers.takes_time(credential):
            return await asyncio.get_running_loop().run_in_executor(VERIFIERS, callers.identify, credential)
        return callers.identify(credential)
    except Unauthorized as error:
        address = (scope.get("client") or ("", 0))[0]
        log.info("access.refused", path=scope["path"], address=address, why=error.message)
        if quotas is not None:
            quotas.count_failure(scope)
        raise


def _asking(error: HubError) -> Any:
    """The refusal of a page; a browser that reads `Basic` asks the person for a key."""
    if isinstance(error, Unauthorized):
        error.headers["WWW-Authenticate"] = (
            'Basic realm="qos-hub: any name, and a key as password", charset="UTF-8"'
        )
    return error_response(error)


def credential_in(headers: Headers) -> bytes:
    """The key or token that was sent, b"" when none was; `X-API-Key` goes before `Authorization`.

    Raises InvalidInput where one of them is sent twice: nobody could say which of the two counts.
    """
    key: bytes | None = None
    authorization: bytes | None = None
    for name, value in headers:
        if name == b"x-api-key":
            if key is not None:
                raise _twice("X-API-Key")
            key = value.strip()
        elif name == b"authorization":
            if authorization is not None:
                raise _twice("Authorization")
            authorization = value[7:].strip() if value[:7].lower() == b"bearer " else b""
    return key if key is not None else authorization or b""


def _twice(name: str) -> InvalidInput:
    return InvalidInput(violations=[Violation(field=name, message="is sent more than once")])


def password_in(headers: Headers) -> bytes:
    """The password of HTTP Basic, b"" when there is none."""
    for name, value in headers:
        if name == b"authorization" and value[:6].lower() == b"basic ":
            try:
                return base64.b64decode(value[6:].strip(), validate=True).partition(b":")[2]
            except binascii.Error:
                return b""
    return b""
