"""The operations of the TMF hub: a listener registers and unregisters."""

import asyncio
from functools import partial

from hub.api.messages import Request, Response, json_response
from hub.api.render import Face
from hub.store.sqlite import Store
from hub.subscriptions.registration import Registrations


class HubOperations:
    def __init__(self, *, store: Store, registrations: Registrations, face: Face) -> None:
        self._store = store
        self._registrations = registrations
        self._face = face

    async def register(self, request: Request) -> Response:
        """The answer shows the signing secret, this once."""
        checked = await asyncio.to_thread(self._registrations.check, request.body)
        work = partial(self._registrations.register, request=checked, caller=request.caller)
        subscription = await self._store.awrite(work)
        href = f"{self._face.base_url}/hub/{subscription.id}"
        body = {
            "@type": "Hub",
            "id": subscription.id,
            "href": href,
            "callback": subscription.callback,
            "query": subscription.query,
            "secret": checked.secret,
        }
        return json_response(body, status=201, headers=(("Location", href),))

    async def unregister(self, request: Request) -> Response:
        subscription_id = request.path_params["id"]
        work = partial(self._registrations.unregister, subscription_id=subscription_id, caller=request.caller)
        await self._store.awrite(work)
        return Response(status=204)
