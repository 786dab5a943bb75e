"""The operations of the TMF hub: a listener registers and unregisters."""

import asyncio
from functools import partial

from hub.api.conditions import on_condition, refuse_unmet
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.render import Face
from hub.api.secrecy import refuse_secret
from hub.model.subscription import Subscription
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.registration import Registrations


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
        return await self._once.write(request, work, answer, secret=True)

    def _registered(self, subscription: Subscription, secret: str) -> Response:
        headers = (("Location", self._face.subscription_href(subscription.id)),)
        return json_response(self._face.subscription(subscription, secret), status=201, headers=headers)

    async def unregister(self, request: Request) -> Response:
        await self._store.awrite(partial(self._unregister, request=request))
        return Response(status=204)

    def _unregister(self, tables: Tables, request: Request) -> None:
        """A registration has no version, so that of all tags only `*` is met; what is refused is not done."""
        self._registrations.unregister(tables, request.path_params["id"], caller=request.caller)
        refuse_unmet(request, None)
