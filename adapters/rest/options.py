"""The options that declare an API: where its tickets are, how it pages, how it is asked for changes, who we are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jmespath
import yaml
from jmespath.exceptions import JMESPathError
from marshmallow import Schema, ValidationError, fields, pre_load, validates_schema
from marshmallow.validate import Length, OneOf, Range

from adapters.http import HttpClient
from adapters.options import HttpOptions, Secret
from adapters.rest.secrets import names_in, refuse_secrets
from adapters.rows import RowOptions, time_form
from hub.ports import OnceLoader

PAGE_SIZE = 100
WORD = Length(min=1)


def expression(path: str) -> None:
    """Accepts JMESPath."""
    try:
        jmespath.compile(path)
    except JMESPathError as error:
        raise ValidationError(f"{path!r} is not a JMESPath: {str(error).splitlines()[0]}") from error


class PagingOptions(Schema):
    """How one page leads to the next.

    `page` counts pages from `first`, `offset` counts rows; both in `parameter`. `link` follows the header Link,
    `cursor` the `member` of the answer: an address, or a word for `parameter`. `none`: one answer has all.
    With `short_last` a page with fewer rows than asked for is the last one, else only an empty page is.
    """

    kind = fields.String(load_default="none", validate=OneOf(("none", "page", "offset", "link", "cursor")))
    parameter = fields.String(load_default=None, validate=WORD)
    size_parameter = fields.String(load_default=None, validate=WORD)
    first = fields.Integer(load_default=1)
    member = fields.String(load_default=None, validate=expression)
    short_last = fields.Boolean(load_default=False)

    @validates_schema
    def _has_what_its_kind_needs(self, data: Mapping[str, Any], **_: Any) -> None:
        needed = {"page": "parameter", "offset": "parameter", "cursor": "member"}.get(data["kind"])
        if needed and not data[needed]:
            raise ValidationError(f"paging by {data['kind']} needs this", needed)


class ChangesOptions(Schema):
    """How the API is asked for what changed since an instant.

    `value` is what stands in the parameter, with {since} for the instant; `initial` what stands there in the first
    pull, when there is none. `sorted`: the answer has the oldest change first. `lookback` and `precision` in seconds.
    """

    parameter = fields.String(required=True, validate=WORD)
    value = fields.String(load_default="{since}")
    initial = fields.String(load_default=None)
    format = fields.String(load_default=None, validate=time_form)
    sorted = fields.Boolean(load_default=False)
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))
    precision = fields.Float(load_default=1.0, validate=Range(min=0.001, max=86400))

    @validates_schema
    def _names_the_instant(self, data: Mapping[str, Any], **_: Any) -> None:
        if "{since}" not in data["value"]:
            raise ValidationError("there is no {since} in it: nothing would ask for changes", "value")


class CheckOptions(Schema):
    """An address that answers only to who has logged in, and where it says who that is, and its version."""

    path = fields.String(required=True)
    identity = fields.String(load_default=None, validate=expression)
    version = fields.String(load_default=None, validate=expression)


class Options(HttpOptions, RowOptions):
    """One API. A `definition` is a YAML file with options; those of the settings are laid over it."""

    path = fields.String(load_default="")
    params = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    secret_params = fields.Dict(keys=fields.String(validate=WORD), values=Secret(), load_default=dict)
    headers = fields.Dict(keys=fields.String(validate=WORD), values=fields.String(), load_default=dict)
    token = Secret(load_default=None)
    secret_headers = fields.Dict(keys=fields.String(validate=WORD), values=Secret(), load_default=dict)
    items = fields.String(load_default="@", validate=expression)
    paging = fields.Nested(PagingOptions, load_default=lambda: PagingOptions().load({}))
    changes = fields.Nested(ChangesOptions, load_default=None)
    check = fields.Nested(CheckOptions, load_default=None)
    snapshot = fields.Boolean(load_default=False)
    log = fields.Boolean(load_default=False)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))

    @pre_load
    def _with_definition(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        own = {name: value for name, value in data.items() if name != "definition"}
        return {**_defined(data["definition"]), **own} if "definition" in data else own

    @validates_schema
    def _fits_together(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["snapshot"] and data["changes"]:
            raise ValidationError("what lists only changes is no snapshot: leave one of the two out", "snapshot")
        if data["snapshot"] and data["log"]:
            raise ValidationError("a log lists no tickets as they are: leave one of the two out", "log")
        paging, changes = data["paging"], data["changes"]
        counted = paging["kind"] in ("none", "page", "offset")
        if changes and changes["sorted"] and counted and not paging["size_parameter"]:
            raise ValidationError("reading in order needs a size: name paging.size_parameter", "paging")

    @validates_schema
    def _logs_in_one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        ways = [name for name in ("username", "token") if data[name]]
        ways += [name for name in data["secret_headers"] if name.lower() == "authorization"]
        if len(ways) > 1:
            raise ValidationError(f"there is more than one login: {' and '.join(ways)}", "token")

    @validates_schema
    def _writes_no_secret(self, data: Mapping[str, Any], **_: Any) -> None:
        refuse_secrets(data["headers"], "headers", "secret_headers")
        refuse_secrets(data["params"], "params", "secret_params")
        refuse_secrets(names_in(data["path"]), "path", "secret_params")
        refuse_secrets(names_in((data["check"] or {}).get("path", "")), "check", "secret_params")
        twice = sorted(data["params"].keys() & data["secret_params"].keys())
        if twice:
            raise ValidationError(f"{twice[0]} stands in params, too", "secret_params")


def client(loaded: Mapping[str, Any]) -> HttpClient:
    """The client that logs in as the options say."""
    own = {"Authorization": f"Bearer {loaded['token']}"} if loaded["token"] else {}
    headers = {**loaded["headers"], **loaded["secret_headers"], **own}
    secrets = (*loaded["secret_headers"].values(), *loaded["secret_params"].values(), loaded["token"] or "")
    return HttpClient.from_options(loaded, headers=headers, hidden=secrets)


def _defined(file: Any) -> Mapping[str, Any]:
    try:
        found = yaml.load(Path(str(file)).read_text(encoding="utf-8"), Loader=OnceLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"{file}: the file cannot be read", "definition") from error
    except yaml.YAMLError as error:
        raise ValidationError(f"{file}: it is not YAML: {' '.join(str(error).split())}", "definition") from error
    if not isinstance(found, dict) or "definition" in found:
        raise ValidationError(f"{file}: a definition holds options", "definition")
    return found
