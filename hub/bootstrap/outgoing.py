"""What is sent beside the deliveries: the question for a consent, test events, and the question for a list."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from hub.bootstrap.delivery import make_control, make_transport
from hub.bootstrap.parts import Parts, make_guard
from hub.delivery.control import ControlClient
from hub.delivery.outgoing import CONTENT
from hub.delivery.probe import Prober
from hub.delivery.resolve import Resolver
from hub.delivery.transport.port import Failure, Outgoing
from hub.model.credentials import TlsIdentity
from hub.model.times import Clock
from hub.settings import ListSettings, Settings
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import BadCallback, target_of
from hub.subscriptions.handshake import Answered, Consent, Handshake
from hub.upkeep.list_place import LONGEST, SIZE_LIMIT, Get, Got, Headers

SHARE = 0.4
"""The part of the time for an answer that a listener may take, so that the answer can still say that it did."""
_, USER_AGENT = CONTENT


def make_consent(parts: Parts) -> Consent:
    settings = parts.settings
    guard = make_guard(settings)
    control = make_control(settings, Resolver(guard, ttl=0), parts.clock, deadline=_deadline(parts))

    def ask(url: str, headers: Mapping[str, str], tls: TlsIdentity | None) -> Answered:
        sent = (USER_AGENT, *headers.items())
        result = control.call(Outgoing(key=None, url=url, headers=sent, body=b"", tls=tls), method="OPTIONS")
        why = None if result.error is None else f"{result.error}: {result.error_text}"
        return Answered(status=result.status, headers=_by_name(result.headers), why=why)

    origin = urlsplit(settings.server.base_url).hostname or "qos-hub"
    return Consent(ask=ask, mode=Handshake(settings.delivery.handshake), origin=origin)


def _by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By their names in small letters; what is said twice, as HTTP reads it."""
    named: dict[str, str] = {}
    for name, value in headers:
        before = named.get(name.lower())
        named[name.lower()] = value if before is None else f"{before}, {value}"
    return named


def make_list_get(settings: Settings, clock: Clock, *, longest: float = LONGEST) -> Get:
    """Under the guard of callbacks, with the networks that the list itself names; its port is the operator's choice.

    `longest` is in seconds.
    """

    def get(one: ListSettings, headers: Headers, began: float) -> Got:
        networks = (*settings.delivery.allowed_networks, *one.allowed_networks)
        guard = AddressGuard(networks, schemes=settings.delivery.schemes)
        try:
            target = target_of(one.url)
        except BadCallback as bad:
            return Got(why=f"the address {bad}", final=True)
        if objections := guard.objections(target.scheme, target.port):
            return Got(why=f"the address {objections[0]}", final=True)
        control = ControlClient(
            guard=guard,
            resolver=Resolver(guard, ttl=0),
            deadline=longest,
            limit=SIZE_LIMIT + 1,
            ca_file=one.ca_file or None,
            clock=clock,
        )
        sent = (USER_AGENT, ("accept-encoding", "identity"), *headers)
        result = control.call(Outgoing(key=None, url=one.url, headers=sent, body=b"", began=began), method="GET")
        if result.error is None:
            return Got(status=result.status, body=result.body)
        if result.error is Failure.TIMEOUT:
            return Got(why=f"it was not here within {longest:g} s", final=True)
        return Got(why=f"{result.error}: {result.error_text}", final=result.error is Failure.ADDRESS_REFUSED)

    return get


def make_prober(parts: Parts) -> Prober:
    settings, deadline = parts.settings, _deadline(parts)
    return Prober(
        make_transport=lambda: make_transport(settings, parts.clock, deadline=deadline, connections=1),
        clock=parts.clock,
        new_id=parts.new_id,
        deadline=deadline,
    )


def _deadline(parts: Parts) -> float:
    settings = parts.settings
    return min(settings.delivery.deadline, settings.api.answer_timeout * SHARE)
