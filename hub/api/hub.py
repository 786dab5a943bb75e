"""The operations of the TMF hub: a listener registers and unregisters."""

import asyncio
from functools import partial

from hub.api.conditions import refuse_unmet
from hub.api.messages import Request, Response, json_response
from hub.api.render import Face
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.registration import Registrations


class HubOperations:
    def __init__(self, *, store: Store, registrations: Registrations, face: Face) -> None:
        self._store = store
        self._registrations = registrations
        self._face = face

    async def register(self, request: Request) -> Response:
        """The answer shows the signing secret, this once."""
        checked = await asyncio.to_thread(self._registrations.check, request.body, face=self._face.name)
        work = partial(self._registrations.register, request=checked, caller=request.caller)
        subscription = await self._store.awrite(work)
        headers = (("Location", self._face.subscription_href(subscription.id)),)
        return json_response(self._face.subscription(subscription, checked.secret), status=201, headers=headers)

    async def unregister(self, request: Request) -> Response:
        await self._store.awrite(partial(self._unregister, request=request))
        return Response(status=204)

    def _unregister(self, tables: Tables, request: Request) -> None:
        """A registration has no version, so that of all tags only `*` is met; what is refused is not done."""
        self._registrations.unregister(tables, request.path_params["id"], caller=request.caller)
        refuse_unmet(request, None)
