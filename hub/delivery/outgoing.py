"""A claim made ready to send: addressed and signed."""

from hub.delivery.listeners import Listener
from hub.delivery.sign import headers as signed_headers
from hub.delivery.transport.port import Outgoing
from hub.model.delivery import Claim
from hub.telemetry.traceparent import NAME

CONTENT = (("content-type", "application/json;charset=utf-8"), ("user-agent", "qos-hub"))


def outgoing_of(
    claim: Claim, listener: Listener, event_id: str, body: bytes, now: int, traceparent: str | None = None
) -> Outgoing:
    """The signed request; its id is the event's, the same at every attempt. `body` is what is sent.

    `now`, in microseconds, says which of the listener's keys are in force.
    """
    proof = listener.proof
    headers = CONTENT + proof.headers + signed_headers(proof.signers, event_id, now, body)
    if traceparent is not None:
        headers += ((NAME, traceparent),)
    # By position: names would cost as much again.
    return Outgoing(claim, listener.url, headers, body, listener.id, proof.tls, proof.oauth, proof.hidden)
