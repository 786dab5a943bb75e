"""The options that all peers share."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range

from adapters.http import HttpClient
from adapters.options import POSITIVE, HttpOptions, Secret, base_address
from adapters.tmf.peer import Api, Peer, Reading
from adapters.tmf.ringing import Ringing, wake_address

PAGE_SIZE = 100

P = TypeVar("P", bound=Peer)


class RingOptions(Schema):
    """Where the peer's hub rings: `url` is the address of our hub, `secret` the source's `wake_secret`.

    `query` narrows what it rings for; `renew` is in seconds.
    """

    url = fields.String(required=True, validate=base_address)
    secret = Secret(required=True)
    query = fields.String(load_default=None, validate=Length(min=1))
    renew = fields.Float(load_default=600.0, validate=POSITIVE)


class Options(HttpOptions):
    """One peer. `own_systems` are the names under which our own resources come back from it.

    `filters` is false for a peer that cannot be asked for changes. `precision` (of its stamps) and `lookback` are in
    seconds.
    """

    token = Secret(load_default=None)
    own_systems = fields.List(fields.String(validate=Length(min=1)), required=True)
    query = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    filters = fields.Boolean(load_default=True)
    precision = fields.Float(load_default=0.001, validate=Range(min=0.001, max=86400))
    lookback = fields.Float(load_default=5.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))
    ring = fields.Nested(RingOptions, load_default=None)

    @validates_schema
    def _logs_in_one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["username"] and data["token"]:
            raise ValidationError("there is more than one login: username and token", "token")


def peer(kind: type[P], name: str, api: Api, options: Mapping[str, Any]) -> P:
    """The source `name` of this kind, which reads this API of a peer. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    token, ring = loaded["token"], loaded["ring"]
    http = HttpClient.from_options(
        loaded,
        headers={"Authorization": f"Bearer {token}"} if token else None,
        hidden=[secret for secret in (token, ring and ring["secret"]) if secret],
    )
    return kind(
        http,
        api=api,
        reading=Reading(
            own_systems=frozenset(loaded["own_systems"]),
            query=loaded["query"],
            filters=loaded["filters"],
            precision=timedelta(seconds=loaded["precision"]),
            lookback=timedelta(seconds=loaded["lookback"]),
            page_size=loaded["page_size"],
        ),
        identity=loaded["username"] or "anyone",
        ringing=None
        if ring is None
        else Ringing(
            http,
            address=wake_address(ring["url"], name, ring["secret"]),
            secret=ring["secret"],
            query=ring["query"],
            renew=timedelta(seconds=ring["renew"]),
        ),
    )
