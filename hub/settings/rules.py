"""How one value of the settings is checked, and what it must be in words."""

import math
import re
from dataclasses import MISSING, Field, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, cast

from marshmallow import ValidationError, fields, validate

from hub.model.mail import MAIL_ADDRESS

Network = IPv4Network | IPv6Network
Check = fields.Field[Any]

UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)")
PATH = re.compile(r"[@\w]+(\.[@\w]+)*")
ORIGIN = re.compile(r"(\*|https?://[A-Za-z0-9.\[\]:-]+)")
ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}|")
URL = re.compile(r"https?://[^\s/?#@]+(/[^\s]*)?|")
API_KEY = re.compile(r"[A-Za-z0-9._-]+:[0-9a-fA-F]{64}")


class Exactly(fields.Field[Any]):
    """A value of one type; nothing is converted, so that `port = "8080"` is seen as the mistake it is."""

    def __init__(self, kind: type, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> Any:
        accepted = (int, float) if self.kind is float else (self.kind,)
        if type(value) not in accepted or (self.kind is float and not math.isfinite(value)):
            raise ValidationError("has another type")
        return self.kind(value)


class Seconds(fields.Field[float]):
    """A duration: a number of seconds, or a text such as "15m"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> float:
        try:
            return seconds(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class SecondsOrNever(Seconds):
    """A duration, where an empty text is 0."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:
        return 0.0 if value == "" else super()._deserialize(value, attr, data, **options)


class Since(fields.Field[str]):
    """Which tickets of old are wanted: a word, or an instant (RFC 3339); a date is its midnight in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> str:
        word, _, date = value.partition(" ") if isinstance(value, str) else ("", "", "")
        if value in ("all", "open"):
            return str(value)
        try:
            instant = datetime.fromisoformat(date if word == "since" else "")
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).isoformat()


class NetworkText(fields.Field[Network]):
    """A network in CIDR form. Bits behind the mask are refused: they hint at another network than was meant."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> Network:
        try:
            return ip_network(value if isinstance(value, str) else "")
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Items(fields.List[Any]):
    """A list, kept as a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValidationError("is not a list")
        return tuple(super()._deserialize(value, attr, data, **options))


def seconds(value: object) -> float:
    """The one reading of a duration: 15, 0.5, "15", "500ms", "15m", "2h", "3d". Raises ValueError for another."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is not a duration")
    return float(found[1]) * UNITS[found[2]]


def rule(check: Check, what: str, *, default: Any = MISSING, secret: bool = False) -> Any:
    """A field of a section: its check, what it must be in words, and whether a message may show its value."""
    metadata = {"check": check, "what": what, "secret": secret}
    return field(metadata=metadata) if default is MISSING else field(metadata=metadata, default=default)


def text(*, default: Any = MISSING, empty: bool = True) -> Any:
    if empty:
        return rule(Exactly(str), "a text", default=default)
    return rule(Exactly(str, validate=validate.Length(min=1)), "a text that is not empty", default=default)


def flag(*, default: Any = MISSING) -> Any:
    return rule(Exactly(bool), "true or false", default=default)


def whole(minimum: int, maximum: int) -> Any:
    check = Exactly(int, validate=validate.Range(minimum, maximum))
    return rule(check, f"a whole number from {minimum} to {maximum}")


def number(minimum: float, maximum: float, *, default: Any = MISSING) -> Any:
    check = Exactly(float, validate=validate.Range(minimum, maximum))
    return rule(check, f"a number from {minimum} to {maximum}", default=default)


def keeping() -> Any:
    """How long something is kept, in seconds; 0, which "" means, too, keeps it for ever."""
    return rule(SecondsOrNever(), 'a duration such as "30d", or "" to keep it for ever')


def now_and_then(*, default: float) -> Any:
    """The time between two doings, in seconds; 0, which "" means, too, is never."""
    return rule(SecondsOrNever(), 'a duration such as "1d", or "" for never', default=default)


def mail_address() -> Any:
    """An e-mail address, or nothing."""
    check = Exactly(str, validate=validate.Regexp(f"({MAIL_ADDRESS.pattern}|)\\Z"))
    return rule(check, 'an e-mail address, such as "reports@example.com", or empty')


def reference(*, default: Any = MISSING) -> Any:
    """Where a secret is. Its value is never shown: whoever gets the form wrong may have written the secret."""
    check = Exactly(str, validate=validate.Regexp(r"((env|file|command):.+|)\Z"))
    return rule(
        check,
        'a reference to a secret: "env:NAME", "file:/path" or "command:/program"',
        default=default,
        secret=True,
    )


def header(*, default: str) -> Any:
    """The name of a header field, or nothing."""
    check = Exactly(str, validate=validate.Regexp(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*\Z"))
    return rule(check, 'the name of a header field, such as "X-API-Key"', default=default)


def backfill(*, default: str) -> Any:
    what = '"all", "open", or "since" and a date, such as "since 2026-01-31"'
    return rule(Since(), what, default=default)


def duration(minimum: float = 0.0, *, default: Any = MISSING) -> Any:
    """A duration of at least `minimum` seconds."""
    check = Seconds(validate=validate.Range(min=minimum), allow_none=default is None)
    least = f" of at least {minimum:g} seconds" if minimum else ""
    return rule(check, f'a duration{least}, such as 15, "15s" or "2h"', default=default)


def durations() -> Any:
    check = Items(Seconds(), validate=validate.Length(min=1))
    return rule(check, 'a list with one or more durations, such as ["5s", "15m", "2h"]')


def one_of(*words: str, default: Any = MISSING) -> Any:
    told = ", ".join(word or '""' for word in words)
    return rule(Exactly(str, validate=validate.OneOf(words)), f"one of {told}", default=default)


def some_of(*words: str) -> Any:
    check = Items(Exactly(str, validate=validate.OneOf(words)), validate=validate.Length(min=1))
    return rule(check, f"a list with one or more of {', '.join(words)}")


def any_of(*words: str) -> Any:
    """Some of the words, or none."""
    check = Items(Exactly(str, validate=validate.OneOf(words)))
    return rule(check, f"a list of {', '.join(words)}, or empty", default=())


def networks(*, default: Any = MISSING) -> Any:
    return rule(Items(NetworkText()), 'a list of networks, such as ["10.1.0.0/16", "fd00::/8"]', default=default)


def ports() -> Any:
    """TCP ports."""
    check = Items(Exactly(int, validate=validate.Range(1, 65535)))
    return rule(check, "a list of ports from 1 to 65535, such as [443, 8443]")


def api_keys() -> Any:
    """Keys by name and digest. Their value is never shown: whoever gets the form wrong may have written a key."""
    check = Items(Exactly(str, validate=validate.Regexp(API_KEY.pattern + r"\Z")))
    return rule(check, 'a list of "name:digest", the digest being 64 hexadecimal digits of SHA-256', secret=True)


def fernet_keys() -> Any:
    """Keys that encrypt. Their value is never shown."""
    check = Items(Exactly(str, validate=validate.Regexp(r"[A-Za-z0-9_-]{43}=\Z")))
    return rule(check, "a list of keys, each of them 32 bytes in URL-safe base64", secret=True)


def origins() -> Any:
    """Sites as a browser names them in `Origin`: without a path, not even a slash."""
    check = Items(Exactly(str, validate=validate.Regexp(ORIGIN.pattern + r"\Z")))
    return rule(check, 'a list of origins, such as ["https://desk.example.com"], or ["*"]')


def address() -> Any:
    """Where to listen, or nothing."""
    check = Exactly(str, validate=validate.Regexp(ADDRESS.pattern + r"\Z"))
    return rule(check, 'a host and a port, such as "127.0.0.1:9464" or "[::1]:9464", or empty')


def url() -> Any:
    """An http or https address, or nothing."""
    check = Exactly(str, validate=validate.Regexp(URL.pattern + r"\Z"))
    return rule(check, 'an address, such as "http://127.0.0.1:4318/v1/traces", or empty')


def paths() -> Any:
    """Dotted paths into a report."""
    check = Items(Exactly(str, validate=validate.Regexp(PATH.pattern + r"\Z")), validate=validate.Length(min=1))
    return rule(check, 'a list with one or more paths, such as ["relatedParty.partyOrPartyRole.id"]')


def table() -> Any:
    """A table with keys of its own, empty when left out."""
    metadata = {"check": fields.Dict(keys=Exactly(str)), "what": "a table", "secret": True}
    return field(metadata=metadata, default_factory=dict)


def check_of(place: Field[Any]) -> Check:
    return cast(Check, place.metadata["check"])
