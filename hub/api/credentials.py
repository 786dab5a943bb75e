"""The operations about how a registration is signed for: its keys, their exchange, and a test event."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

import orjson

from hub.api.conditions import on_condition, refuse_unmet, tag_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import REPLAYED, Once
from hub.api.operations_view import attempt_view
from hub.model.credentials import Credentials, SignatureKind, SigningKey
from hub.model.delivery import Attempt
from hub.model.problem import Document
from hub.model.subscription import Subscription
from hub.model.times import micros_to_text
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.rotation import Keys, Rotation, Rotations, read_rotation
from hub.subscriptions.signing_keys import public_key
from hub.telemetry import logger

log = logger("hub.api")

SendTest = Callable[[Subscription, Credentials], tuple[Document, Attempt]]
"""Sends a test event to a listener, and waits for what comes of it: (the event, the attempt)."""


class CredentialOperations:
    """`senders` run the tests, which wait for listeners: nothing else may have to wait for them."""

    def __init__(
        self, *, store: Store, rotations: Rotations, once: Once, send_test: SendTest, senders: Executor
    ) -> None:
        self._store = store
        self._rotations = rotations
        self._once = once
        self._send_test = send_test
        self._senders = senders

    async def keys(self, request: Request) -> Response:
        return await asyncio.to_thread(self._keys, request.path_params["id"])

    def _keys(self, subscription_id: str) -> Response:
        return json_response(keys_view(self._rotations.keys(self._store.read, subscription_id)))

    async def rotate(self, request: Request) -> Response:
        """The answer shows a new shared secret, this once; and once more to who repeats the request with its key."""
        rotation = read_rotation(request.body or {})
        subscription_id = request.path_params["id"]
        work = on_condition(
            request,
            partial(self._rotations.rotate, subscription_id=subscription_id, rotation=rotation),
            lambda tables: self._tag(tables, subscription_id),
        )
        response = await self._once.write(request, work, partial(_rotated, rotation=rotation), secret=True)
        if REPLAYED not in response.headers:
            log.info(
                "subscription.key_rotated",
                subscription=subscription_id,
                kind=rotation.key.kind,
                overlap=rotation.overlap,
                actor=request.caller.name,
            )
        return response

    def _tag(self, tables: Tables, subscription_id: str) -> str:
        return tag_of(orjson.dumps(keys_view(self._rotations.keys(tables, subscription_id))))

    async def test(self, request: Request) -> Response:
        """Whatever the state of the registration: a test is how one finds out whether it can be told again."""
        found = await asyncio.to_thread(self._rotations.keys, self._store.read, request.path_params["id"])
        refuse_unmet(request, tag_of(orjson.dumps(keys_view(found))))
        subscription = found.registered.subscription
        loop = asyncio.get_running_loop()
        event, attempt = await loop.run_in_executor(
            self._senders, self._send_test, subscription, found.credentials
        )
        log.info(
            "subscription.tested",
            subscription=subscription.id,
            outcome=attempt.outcome,
            status=attempt.status,
            total_ms=attempt.timing.total,
            actor=request.caller.name,
        )
        return json_response({"event": event, **attempt_view(attempt)})


def keys_view(keys: Keys) -> Document:
    """How a registration is signed for, without what is secret."""
    subscription = keys.registered.subscription
    return {"id": subscription.id, "signingKey": [_key_view(key) for key in keys.credentials.keys]}


def _key_view(key: SigningKey) -> Document:
    public = {"publicKey": public_key(key.key)} if key.kind is SignatureKind.V1A else {}
    return {"kind": key.kind, **public, "until": None if key.until is None else micros_to_text(key.until)}


def rotated_view(keys: Keys, rotation: Rotation) -> Document:
    """With the new shared secret, if there is one."""
    shown = {} if rotation.secret is None else {"secret": rotation.secret}
    return {**keys_view(keys), **shown}


def _rotated(keys: Keys, rotation: Rotation) -> Response:
    return json_response(rotated_view(keys, rotation))
