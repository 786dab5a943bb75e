"""Options that adapters over HTTP share, and secrets given by reference."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, Range

POSITIVE = Range(min=0, min_inclusive=False)


def secret(reference: str) -> str:
    """What `env:NAME` or `file:/path` refers to. Raises ValueError that never contains the secret."""
    kind, _, place = reference.partition(":")
    if kind == "env" and place:
        return _from_environment(place)
    if kind == "file" and place:
        return _from_file(place)
    raise ValueError("a secret is given by reference, as env:NAME or file:/path, never as plain text")


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ValueError(f"env:{name}: the environment has no such variable, or it is empty")
    return value


def _from_file(path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"file:{path}: the file cannot be read") from error
    if not value:
        raise ValueError(f"file:{path}: the file is empty")
    return value


class Secret(fields.String):
    """A reference in the options, the secret itself once loaded."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return secret(super()._deserialize(value, attr, data, **kwargs) or "")
        except ValueError as error:
            if isinstance(error, ValidationError):
                raise
            raise ValidationError(str(error)) from error


def base_address(url: str) -> None:
    """Accepts http and https addresses that carry no credentials, query or fragment."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError(f"{parts.scheme or 'this'} is no http or https address")
    if parts.username or parts.password:
        raise ValidationError("credentials do not belong into the address: use username and password")
    if parts.query or parts.fragment:
        raise ValidationError("the address has no query and no fragment")


class HttpOptions(Schema):
    """Where a system is, who we are there, and how patient we are. Times are in seconds."""

    url = fields.String(required=True, validate=base_address)
    username = fields.String(load_default=None, validate=Length(min=1))
    password = Secret(load_default=None)
    verify = fields.Boolean(load_default=True)
    ca_file = fields.String(load_default=None)
    connect_timeout = fields.Float(load_default=5.0, validate=POSITIVE)
    read_timeout = fields.Float(load_default=30.0, validate=POSITIVE)
    max_wait = fields.Float(load_default=60.0, validate=Range(min=0))
