"""The operations of the TMF hub: a listener registers and unregisters."""

import asyncio
from functools import partial

from hub.api.conditions import on_condition, refuse_unmet
from hub.api.messages import Request, Response, json_response
from hub.api.once import REPLAYED, Once
from hub.api.render import Face
from hub.api.secrecy import refuse_secret
from hub.model.caller import Caller
from hub.model.subscription import Subscription
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.registration import Registrations
from hub.telemetry import logger

log = logger("hub.api")


class HubOperations:
    def __init__(self, *, store: Store, registrations: Registrations, face: Face, once: Once) -> None:
        self._store = store
        self._registrations = registrations
        self._face = face
        self._once = once

    async def register(self, request: Request) -> Response:
        """The answer shows the signing secret, this once; and once more to who repeats the request with its key."""
        known = self._once.before(request)
        if known is not None:
            return known
        checked = await asyncio.to_thread(self._registrations.check, request.body, face=self._face.name)
        if request.caller.party is not None:
            refuse_secret(checked.parsed.condition)
        work = on_condition(
            request,
            partial(self._registrations.register, request=checked, caller=request.caller),
            lambda _: None,
        )
        answer = partial(self._registered, secret=checked.secret)
        response = await self._once.write(request, work, answer, secret=True)
        if REPLAYED not in response.headers:
            _log("subscription.registered", dict(response.headers)["Location"].rpartition("/")[2], request.caller)
        return response

    def _registered(self, subscription: Subscription, secret: str) -> Response:
        headers = (("Location", self._face.subscription_href(subscription.id)),)
        return json_response(self._face.subscription(subscription, secret), status=201, headers=headers)

    async def unregister(self, request: Request) -> Response:
        await self._store.awrite(partial(self._unregister, request=request))
        _log("subscription.ended", request.path_params["id"], request.caller)
        return Response(status=204)

    def _unregister(self, tables: Tables, request: Request) -> None:
        """A registration has no version, so that of all tags only `*` is met; what is refused is not done."""
        self._registrations.unregister(tables, request.path_params["id"], caller=request.caller)
        refuse_unmet(request, None)


def _log(what: str, subscription_id: str, caller: Caller) -> None:
    """Without the callback, whose address may hold a secret; `/qos-hub/v1/subscriptions` shows it."""
    log.info(what, subscription=subscription_id, actor=caller.name, party=caller.party)
