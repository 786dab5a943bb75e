"""A test event on demand: one request to a listener, now, as any delivery would be made."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson

from hub.delivery.outcome import judge
from hub.delivery.outgoing import CONTENT
from hub.delivery.proof import Proof, proof_of
from hub.delivery.sign import headers as signed_headers
from hub.delivery.transport.port import Failure, Outgoing, SendResult, Transport
from hub.model.credentials import Credentials
from hub.model.delivery import Attempt
from hub.model.ids import NewId
from hub.model.problem import Document
from hub.model.subscription import Subscription
from hub.model.times import Clock, micros_to_text, to_micros

TEST_TYPE = "HubTestEvent"
TEST_HEADER = ("qos-hub-test", "true")
GRACE = 1.0
"""Seconds beyond the deadline until a transport that gives nothing back is given up."""


class Prober:
    """Each test has a transport of its own, so that it disturbs no delivery and uses no kept connection.

    At most `most` run at the same time; more wait for their turn.
    """

    def __init__(
        self,
        *,
        make_transport: Callable[[], Transport],
        clock: Clock,
        new_id: NewId,
        deadline: float,
        most: int = 4,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_transport = make_transport
        self._clock = clock
        self._new_id = new_id
        self._deadline = deadline
        self._monotonic = monotonic
        self.threads = ThreadPoolExecutor(max_workers=most, thread_name_prefix="test")

    def send(self, subscription: Subscription, credentials: Credentials) -> tuple[Document, Attempt]:
        """(the event, what came of it). Blocks until then."""
        event = self._event(subscription)
        outgoing = self._outgoing(subscription, proof_of(credentials), event)
        transport = self._make_transport()
        try:
            transport.submit([outgoing])
            result = self._result(transport)
        finally:
            transport.close(0)
        return event, Attempt(
            number=1,
            started=result.started,
            outcome=judge(result),
            timing=result.timing,
            status=result.status,
            peer_address=result.peer_address,
            headers=result.headers,
            body=result.body,
            error=result.error_text,
        )

    def _event(self, subscription: Subscription) -> Document:
        return {
            "eventId": self._new_id(),
            "eventTime": micros_to_text(to_micros(self._clock())),
            "eventType": TEST_TYPE,
            "title": "A test that an operator asked for; nothing has happened",
            "event": {"hub": {"id": subscription.id}},
        }

    def _outgoing(self, subscription: Subscription, proof: Proof, event: Document) -> Outgoing:
        body = orjson.dumps(event)
        signed = signed_headers(proof.signers, event["eventId"], to_micros(self._clock()), body)
        return Outgoing(
            key=None,
            url=subscription.url,
            headers=(*CONTENT, TEST_HEADER, *proof.headers, *signed),
            body=body,
            lane=subscription.id,
            tls=proof.tls,
            oauth=proof.oauth,
            hidden=proof.hidden,
        )

    def _result(self, transport: Transport) -> SendResult:
        end = self._monotonic() + self._deadline + GRACE
        while (left := end - self._monotonic()) > 0:
            found = transport.wait(left)
            if found:
                return found[0]
        return SendResult(key=None, started=0, error=Failure.TIMEOUT, error_text="the attempt did not end in time")
