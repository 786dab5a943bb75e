"""Reads the members `auth`, `tls` and `signature` of a registration's `delivery`, and names what is wrong with them.

No message and no violation repeats a value, for any of them may be the secret, be it in the wrong place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from hub.errors import InvalidInput, Violation
from hub.model.credentials import (
    AUTH_TYPES,
    ApiKeyHeader,
    Auth,
    BasicLogin,
    BearerToken,
    OAuthClient,
    SignatureKind,
    TlsIdentity,
)
from hub.subscriptions.header_names import why_not_a_header
from hub.subscriptions.signing_keys import parse_private_key
from hub.subscriptions.tls_material import faults_of

MEMBERS = ("auth", "tls", "signature")
FIELD = "delivery"
LONGEST = 4096
LONGEST_TOKEN, LONGEST_PEM, LONGEST_KEY = 16_384, 65_536, 16_384

VISIBLE = re.compile(r"[\x21-\x7e]+")
"""What a token and the parts of a client's credentials are made of."""
PRINTED = re.compile(r"[\x21-\x7e]+([ \t]+[\x21-\x7e]+)*")
"""What the value of a header field is made of."""
PEM = re.compile(r"[\x20-\x7e\s]+", re.ASCII)
WITHOUT_CONTROLS = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a registration asks for; `private_key` is the seed that it brings along."""

    auth: Auth | None = None
    tls: TlsIdentity | None = None
    kinds: tuple[SignatureKind, ...] = (SignatureKind.V1,)
    private_key: bytes | None = None


def text(form: re.Pattern[str], longest: int, what: str, *, required: bool = True, colon: bool = True) -> Any:
    """A text of one form. marshmallow's own messages are replaced by one that says what it must be."""

    def check(value: str) -> None:
        if len(value) > longest or not form.fullmatch(value) or (":" in value and not colon):
            raise ValidationError(what)

    messages: dict[str, Any] = {"invalid": what, "null": what, "invalid_utf8": what, "required": "is missing"}
    return fields.String(required=required, validate=check, error_messages=messages)


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "is not known here", "type": "must be an object"}  # noqa: RUF012 (marshmallow's)
    type = fields.Raw()


class _Bearer(_Strict):
    token = text(VISIBLE, LONGEST_TOKEN, "must be a token of visible ASCII characters, without spaces")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> BearerToken:
        return BearerToken(token=data["token"])


class _Basic(_Strict):
    username = text(WITHOUT_CONTROLS, LONGEST, "must be a text without a colon or control characters", colon=False)
    password = text(WITHOUT_CONTROLS, LONGEST, "must be a text without control characters")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> BasicLogin:
        return BasicLogin(username=data["username"], password=data["password"])


class _ApiKey(_Strict):
    header = text(VISIBLE, 100, "must be the name of a header field, such as X-API-Key")
    value = text(PRINTED, LONGEST, "must be a text of visible ASCII characters")

    @validates_schema
    def name(self, data: dict[str, Any], **_: Any) -> None:
        why = why_not_a_header(data["header"]) if "header" in data else None
        if why:
            raise ValidationError(why, "header")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ApiKeyHeader:
        return ApiKeyHeader(header=data["header"].lower(), value=data["value"])


class _OAuth(_Strict):
    tokenUrl = text(VISIBLE, LONGEST, "must be an address such as https://identity.example.com/token")
    clientId = text(PRINTED, LONGEST, "must be a text of visible ASCII characters")
    clientSecret = text(PRINTED, LONGEST, "must be a text of visible ASCII characters")
    scope = text(PRINTED, LONGEST, "must be scopes with spaces between them", required=False)
    audience = text(PRINTED, LONGEST, "must be a text of visible ASCII characters", required=False)
    clientAuth = fields.String(
        load_default="basic", validate=validate.OneOf(("basic", "post"), error="must be basic or post")
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> OAuthClient:
        return OAuthClient(
            token_url=data["tokenUrl"],
            client_id=data["clientId"],
            client_secret=data["clientSecret"],
            scope=data.get("scope"),
            audience=data.get("audience"),
            client_auth=data["clientAuth"],
        )


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "bearer": _Bearer,
    "basic": _Basic,
    "apiKey": _ApiKey,
    "oauth2": _OAuth,
}


class _Tls(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "is not known here", "type": "must be an object"}  # noqa: RUF012
    _pem = "must be a text in PEM form"
    certificate = text(PEM, LONGEST_PEM, _pem, required=False)
    key = text(PEM, LONGEST_KEY, f"{_pem} of at most {LONGEST_KEY} characters", required=False)
    authority = text(PEM, LONGEST_PEM, _pem, required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TlsIdentity:
        return TlsIdentity(**data)


class _Signature(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "is not known here", "type": "must be an object"}  # noqa: RUF012
    _kinds = "must be a list with v1, v1a or both"
    kinds = fields.List(
        fields.Enum(SignatureKind, by_value=True, error_messages={"unknown": _kinds}),
        validate=validate.Length(1, error=_kinds),
        load_default=(SignatureKind.V1,),
        error_messages={"invalid": _kinds, "null": _kinds},
    )
    privateKey = fields.String()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> tuple[tuple[SignatureKind, ...], bytes | None]:
        kinds = tuple(kind for kind in SignatureKind if kind in data["kinds"])
        if "privateKey" not in data:
            return kinds, None
        if SignatureKind.V1A not in kinds:
            raise ValidationError("is for signatures of the kind v1a, which `kinds` does not name", "privateKey")
        try:
            return kinds, parse_private_key(data["privateKey"])
        except ValueError as error:
            raise ValidationError(str(error), "privateKey") from error


def read_credentials(delivery: Mapping[str, Any] | None, *, secure: bool, now: int) -> Asked:
    """What is asked for in the three members; the others are for others to read.

    `secure` says that the callback begins with https. Raises InvalidInput with everything that is wrong.
    """
    given = delivery or {}
    violations: list[Violation] = []
    auth = _read(given, "auth", _auth, violations)
    tls = _read(given, "tls", lambda value: _Tls().load(value), violations)
    signature = _read(given, "signature", lambda value: _Signature().load(value), violations)
    if isinstance(tls, TlsIdentity):
        violations += _faults(tls, secure=secure, now=now)
    if violations:
        raise InvalidInput(violations=violations)
    kinds, private_key = signature or ((SignatureKind.V1,), None)
    return Asked(auth=auth, tls=tls, kinds=kinds, private_key=private_key)


def _read(
    given: Mapping[str, Any], member: str, load: Callable[[Any], Any], violations: list[Violation]
) -> Any | None:
    if given.get(member) is None:
        return None
    try:
        return load(given[member])
    except ValidationError as error:
        violations += _violations(error.messages, f"{FIELD}.{member}")
        return None


def _auth(value: Any) -> Auth:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in AUTH_TYPES:
        raise ValidationError(f"must be one of {', '.join(AUTH_TYPES)}", "type")
    return cast(Auth, SCHEMAS[kind]().load(value))


def _faults(tls: TlsIdentity, *, secure: bool, now: int) -> Iterator[Violation]:
    if not secure:
        message = "is for a callback that begins with https"
        yield Violation(field=f"{FIELD}.tls", message=message)
    for member, message in faults_of(tls, now=now):
        yield Violation(field=f"{FIELD}.tls.{member}" if member else f"{FIELD}.tls", message=message)


def _violations(messages: Any, place: str) -> Iterator[Violation]:
    """One violation for each member, with the first thing that is wrong with it."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            whole = name == "_schema" or isinstance(name, int)
            yield from _violations(inner, place if whole else f"{place}.{name}")
    else:
        yield Violation(field=place, message=str(messages[0]))
