"""The operations of the TMF hub: a listener registers and unregisters."""

import asyncio
from concurrent.futures import Executor
from functools import partial

from hub.api.conditions import on_condition, refuse_unmet
from hub.api.messages import Request, Response, json_response
from hub.api.once import REPLAYED, Once
from hub.api.render import Face
from hub.api.secrecy import refuse_secret
from hub.model.caller import Caller
from hub.model.problem import Document
from hub.model.subscription import Subscription
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.credentials_view import credentials_view, public_key_of
from hub.subscriptions.delivery_options import options_view
from hub.subscriptions.registration import Registrations
from hub.subscriptions.registration import Request as Checked
from hub.telemetry import logger

log = logger("hub.api")


class HubOperations:
    """`checkers` look at what is asked for, which waits for name servers and listeners."""

    def __init__(
        self, *, store: Store, registrations: Registrations, face: Face, once: Once, checkers: Executor
    ) -> None:
        self._store = store
        self._checkers = checkers
        self._registrations = registrations
        self._face = face
        self._once = once

    async def register(self, request: Request) -> Response:
        """The answer shows the signing secret, this once; and once more to who repeats the request with its key."""
        known = self._once.before(request)
        if known is not None:
            return known
        check = partial(self._registrations.check, request.body, face=self._face.name)
        checked = await asyncio.get_running_loop().run_in_executor(self._checkers, check)
        if request.caller.party is not None:
            refuse_secret(checked.parsed.condition)
        work = on_condition(
            request,
            partial(self._registrations.register, request=checked, caller=request.caller),
            lambda _: None,
        )
        answer = partial(self._registered, shown=_shown(request.body, checked))
        response = await self._once.write(request, work, answer, secret=True)
        if REPLAYED not in response.headers:
            _log("subscription.registered", dict(response.headers)["Location"].rpartition("/")[2], request.caller)
        return response

    def _registered(self, subscription: Subscription, shown: Document) -> Response:
        headers = (("Location", self._face.subscription_href(subscription.id)),)
        return json_response(self._face.subscription(subscription, shown), status=201, headers=headers)

    async def unregister(self, request: Request) -> Response:
        await self._store.awrite(partial(self._unregister, request=request))
        _log("subscription.ended", request.path_params["id"], request.caller)
        return Response(status=204)

    def _unregister(self, tables: Tables, request: Request) -> None:
        """A registration has no version, so that of all tags only `*` is met; what is refused is not done."""
        self._registrations.unregister(tables, request.path_params["id"], caller=request.caller)
        refuse_unmet(request, None)


def _shown(given: Document, checked: Checked) -> Document:
    """The shared secret, where it signs; and how the listener is told, where that was asked for."""
    shown: Document = {} if checked.secret is None else {"secret": checked.secret}
    if given.get("delivery"):
        delivery = {**options_view(checked.options), **credentials_view(checked.options)}
        public = public_key_of(checked.credentials)
        delivery["signature"] |= {} if public is None else {"publicKey": public}
        shown["delivery"] = delivery
    return shown


def _log(what: str, subscription_id: str, caller: Caller) -> None:
    """Without the callback, whose address may hold a secret; `/qos-hub/v1/subscriptions` shows it."""
    log.info(what, subscription=subscription_id, actor=caller.name, party=caller.party)
