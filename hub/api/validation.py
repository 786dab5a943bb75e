"""Holds each request against its operation, with validators compiled once from the contract.

It stands in the place of Connexion's RequestValidationMiddleware, which builds a validator for every request and
reports only the first error.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import orjson
from starlette.types import Receive, Scope

from hub.api.big_numbers import has_long_number, refuse_inexact
from hub.api.deadlines import UNHURRIED, Watch
from hub.api.messages import Request, headers_in
from hub.api.schemas import CompiledSchema, compile_schema, errors_of
from hub.errors import BodyTimeout, InvalidInput, TooLarge, UnsupportedMediaType, Violation
from hub.model.caller import Caller
from hub.model.nesting import DEEPEST, is_too_deep
from hub.model.nul import place_of_nul

T = TypeVar("T")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some clients write before UTF-8, and RFC 8259 lets a reader overlook."""


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes: a validator for each media type; it reads those that are `streamed` itself."""

    required: bool
    validators: Mapping[str, CompiledSchema]
    streamed: frozenset[str]


class Bodies:
    """Reads bodies of at most `body_limit` bytes, each of which must arrive within `body_timeout` seconds.

    Of a body that streams, each piece has that time.
    """

    def __init__(self, *, body_limit: int, body_timeout: float) -> None:
        self._body_limit = body_limit
        self._watch = Watch(body_timeout)

    async def request(
        self, body: Body, scope: Scope, receive: Receive, parameters: Mapping[str, str], caller: Caller
    ) -> Request:
        """The request with its body, which fits the contract. Raises InvalidInput, TooLarge or BodyTimeout."""
        headers = headers_in(scope)
        media_type = _media_type(body, headers.get(b"content-type"))
        streamed = media_type in body.streamed
        if streamed:
            scope[UNHURRIED] = True
        return Request(
            path=scope["path"],
            path_params=parameters,
            query_string=scope["query_string"],
            body=None if streamed else await self._read(headers, receive, body, media_type),
            headers=headers,
            media_type=media_type,
            caller=caller,
            receive=partial(self._in_time, receive) if streamed else None,
            method=scope["method"],
        )

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive, body: Body, media_type: str) -> Any:
        _refuse_encoded(headers.get(b"content-encoding", b"identity"))
        self._refuse_longer(int(headers.get(b"content-length", b"0")))
        validator = body.validators[media_type]
        content = await self._receive(receive)
        if not content and not body.required:
            return None
        document = _parsed(content)
        if not validator.is_valid(document):
            raise InvalidInput(violations=errors_of(validator, document))
        return document

    async def _receive(self, receive: Receive) -> bytes:
        return await self._in_time(partial(self._read_whole, receive))

    async def _in_time(self, reading: Callable[[], Awaitable[T]]) -> T:
        """A whole body, or the next piece of one that streams. Raises BodyTimeout."""
        task = self._watch.begin()
        try:
            return await reading()
        except asyncio.CancelledError:
            if not self._watch.has_cancelled(task):
                raise
            message = f"the body did not arrive within {self._watch.seconds:g} s"
            # The connection is of no more use: the rest of the body would come before the next request.
            raise BodyTimeout(
                violations=[Violation(field="body", message=message)], headers={"Connection": "close"}
            ) from None
        finally:
            self._watch.end(task)

    async def _read_whole(self, receive: Receive) -> bytes:
        message = await receive()
        content: bytes = message.get("body", b"")
        self._refuse_longer(len(content))
        while message.get("more_body"):
            message = await receive()
            content += message.get("body", b"")
            self._refuse_longer(len(content))
        return content

    def _refuse_longer(self, length: int) -> None:
        if length > self._body_limit:
            message = f"the body has {length} bytes or more, the server reads {self._body_limit}"
            raise TooLarge(violations=[Violation(field="body", value=length, message=message)])


def body_of(contract: dict[str, Any], operation: dict[str, Any]) -> Body | None:
    """What an operation of the contract takes; None for one without a body."""
    described = _resolved(contract, operation.get("requestBody"))
    if described is None:
        return None
    validators = {
        media_type.partition(";")[0]: compile_schema(contract, content["schema"])
        for media_type, content in described["content"].items()
    }
    streamed = frozenset(
        media_type
        for media_type, content in described["content"].items()
        if (_resolved(contract, content["schema"]) or {}).get("format") == "binary"
    )
    return Body(required=described.get("required", False), validators=validators, streamed=streamed)


def _resolved(contract: dict[str, Any], node: dict[str, Any] | None) -> dict[str, Any] | None:
    while node is not None and "$ref" in node:
        target: Any = contract
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


ANY = "*/*"
"""The media type of an operation that takes a body of whatever kind."""

MAY_BE_SECRET = re.compile(rb"secret|password|token|key|whsk_|auth", re.IGNORECASE)
"""What stands in a body of which nothing is repeated, since nobody knows where in it the secret is."""

NUL_IN_JSON = rb"\u0000"
"""The only spelling that JSON has for it; a text may hold these six characters, too."""


def _media_type(body: Body, content_type: bytes | None) -> str:
    """The media type of a body, which the operation takes.

    A body without one is refused: a page of another site can make a browser send such a body, but not one that is
    named as JSON.
    """
    named = (content_type or b"").decode("latin-1")
    media_type, *parameters = (part.strip().lower() for part in named.split(";"))
    charsets = {part.partition("=")[2].strip(' "') for part in parameters if part.startswith("charset=")}
    if ANY in body.validators:
        return ANY
    if media_type not in body.validators or charsets - {"utf-8", "utf8"}:
        accepted = " or ".join(body.validators)
        message = (
            f"{named!r} is not accepted, only {accepted} in UTF-8" if named else f"is missing; send {accepted}"
        )
        violation = Violation(field="Content-Type", value=named or None, message=message)
        raise UnsupportedMediaType(violations=[violation])
    return media_type


def _refuse_encoded(encoding: bytes) -> None:
    named = encoding.decode("latin-1").strip().lower()
    if named != "identity":
        violation = Violation(
            field="Content-Encoding", value=named, message="is not accepted; send the body as it is"
        )
        raise UnsupportedMediaType(violations=[violation], headers={"Accept-Encoding": "identity"})


def _parsed(content: bytes) -> Any:
    try:
        document = orjson.loads(content.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        begin = None if MAY_BE_SECRET.search(content) else content[:60].decode("utf-8", "replace")
        violation = Violation(field="body", value=begin, message=f"is not JSON: {error}")
        raise InvalidInput(violations=[violation]) from error
    if content.count(b"[") + content.count(b"{") > DEEPEST and is_too_deep(document):
        message = f"has more than {DEEPEST} levels of arrays and objects"
        raise InvalidInput(violations=[Violation(field="body", message=message)])
    if has_long_number(content):
        refuse_inexact(content)
    if NUL_IN_JSON in content:
        _refuse_nul(document)
    return document


def _refuse_nul(document: Any) -> None:
    place = place_of_nul(document)
    if place is not None:
        raise InvalidInput(violations=[Violation(field=place or "body", message="holds the character U+0000")])
