"""What the door for HTTP sends itself: the question for a listener's consent, and test events."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from hub.bootstrap.delivery import make_control, make_transport
from hub.bootstrap.parts import Parts, make_guard
from hub.delivery.outgoing import CONTENT
from hub.delivery.probe import Prober
from hub.delivery.resolve import Resolver
from hub.delivery.transport.port import Outgoing
from hub.model.credentials import TlsIdentity
from hub.subscriptions.handshake import Answered, Consent, Handshake

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
        return Answered(
            status=result.status, headers={name.lower(): value for name, value in result.headers}, why=why
        )

    origin = urlsplit(settings.server.base_url).hostname or "qos-hub"
    return Consent(ask=ask, mode=Handshake(settings.delivery.handshake), origin=origin)


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
