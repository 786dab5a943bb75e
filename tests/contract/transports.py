"""Transports as tests make them: both kinds, with a look-up that knows this machine only."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

from hub.delivery.resolve import Resolver
from hub.delivery.transport.curl_transport import CurlTransport
from hub.delivery.transport.port import Outgoing, SendResult, Transport
from hub.delivery.transport.requests_transport import RequestsTransport
from hub.subscriptions.addresses import AddressGuard

BODY = b'{"eventType":"ServiceProblemCreateEvent"}'
PATIENCE = 30.0
Make = Callable[..., Transport]
KINDS: dict[str, Make] = {"pycurl": CurlTransport, "requests": RequestsTransport}


@contextmanager
def transports(kind: str) -> Iterator[Make]:
    """What makes transports of a kind, which are closed at the end."""
    made: list[Transport] = []

    def build(
        *,
        guard: AddressGuard | None = None,
        lookup: Callable[[str], Sequence[str]] = lambda name: ("127.0.0.1",),
        deadline: float = 10.0,
        **options: object,
    ) -> Transport:
        guard = guard or AddressGuard([ip_network("127.0.0.0/8")])
        transport = KINDS[kind](guard=guard, resolver=Resolver(guard, lookup=lookup), deadline=deadline, **options)
        made.append(transport)
        return transport

    yield build
    for transport in made:
        transport.close(0)


def post(url: str, key: object = "k", headers: Sequence[tuple[str, str]] = (), **more: Any) -> Outgoing:
    return Outgoing(key=key, url=url, headers=(("content-type", "application/json"), *headers), body=BODY, **more)


def results(transport: Transport, count: int) -> list[SendResult]:
    """The next `count` results; fails when they take too long."""
    found: list[SendResult] = []
    end = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        found += transport.wait(1.0)
    assert len(found) == count
    return found


def send(transport: Transport, url: str, **more: Any) -> SendResult:
    transport.submit([post(url, **more)])
    return results(transport, 1)[0]
