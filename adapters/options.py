"""Options that adapters over HTTP share, and secrets given by reference."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, Range

from hub.ports import secret

POSITIVE = Range(min=0, min_inclusive=False)


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


def proxy_address(url: str) -> None:
    """Accepts the address of an HTTP proxy; its password, if any, cannot stand in it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.password:
        raise ValidationError("a proxy is an http or https address without a password")


def authorities(path: str) -> None:
    """Accepts a file of certificates in PEM form, and a folder as OpenSSL hashes it."""
    if Path(path).is_dir():
        return
    try:
        ssl.create_default_context(cafile=path)
    except FileNotFoundError as error:
        raise ValidationError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ValidationError(f"{path}: there is no certificate in it that can be read") from error


class HttpOptions(Schema):
    """Where a system is, who we are there, and how patient we are. Times are in seconds.

    `ca_file` are the certificate authorities to trust in place of the usual ones. No proxy of the environment is used.
    """

    url = fields.String(required=True, validate=base_address)
    username = fields.String(load_default=None, validate=Length(min=1))
    password = Secret(load_default=None)
    verify = fields.Boolean(load_default=True)
    ca_file = fields.String(load_default=None, validate=authorities)
    proxy = fields.String(load_default=None, validate=proxy_address)
    connect_timeout = fields.Float(load_default=5.0, validate=POSITIVE)
    read_timeout = fields.Float(load_default=30.0, validate=POSITIVE)
    max_wait = fields.Float(load_default=60.0, validate=Range(min=0))
