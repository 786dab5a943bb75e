"""A listener of a soak: a real server that misbehaves by chance, and keeps an account of every request."""

import base64
from collections import Counter
from hashlib import sha256
from random import Random
from threading import Lock
from time import monotonic
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from benchmarks.soak_faults import Conduct, drawn, gone, well
from benchmarks.soak_nouns import Audience, Request
from tests.fakes.listener import Answer, Line, Listener

CALM, STORM = 0.04, 0.85
"""How probable a fault is, from one request to the next."""


class Keys:
    """Verifies what this registration is told: every kind of signature that it asked for has to be there and good."""

    def __init__(self, kinds: tuple[str, ...], registered: dict[str, Any]) -> None:
        self._kinds = frozenset(kinds)
        self._shared = Webhook(registered["secret"])
        self._public = public_key(registered["delivery"]) if "v1a" in kinds else None

    def verify(self, headers: dict[str, str], body: bytes) -> bool:
        signatures = dict(one.split(",", 1) for one in headers["webhook-signature"].split(" "))
        if signatures.keys() != self._kinds:
            return False
        try:
            self._shared.verify(body, headers)
            if self._public is not None:
                content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                self._public.verify(base64.b64decode(signatures["v1a"]), content)
        except (WebhookVerificationError, InvalidSignature):
            return False
        return True


def public_key(delivery: dict[str, Any]) -> Ed25519PublicKey:
    text: str = delivery["signature"]["publicKey"]
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix("whpk_")))


class SoakListener(Listener):
    """`trouble` is how probable a fault is, `is_gone` whether it answers 410; with `forgets` one event is not kept
    although it is answered: the ledger has to find it.
    """

    def __init__(self, audience: Audience, dice: Random, *, forgets: bool = False) -> None:
        super().__init__()
        self.audience = audience
        self.trouble = CALM
        self.is_gone = False
        self.faults: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.keys: Keys | None = None
        self._dice = dice
        self._forgets = forgets
        self._forgotten: str | None = None
        self._books = Lock()

    @property
    def is_listening(self) -> bool:
        return self._door is not None

    def _note(self, method: str, path: str, headers: dict[str, str], body: bytes, number: int) -> Answer:
        request = self._read(headers, body)
        with self._books:
            conduct = self._conduct()
            request.kept = conduct.keeps
            if self._is_forgotten(request):
                return well().answer
            self.requests.append(request)
            self.faults[conduct.name] += 1
        return _watched(conduct.answer, request)

    def _conduct(self) -> Conduct:
        if self.is_gone:
            return gone()
        return drawn(self._dice) if self._dice.random() < self.trouble else well()

    def _is_forgotten(self, request: Request) -> bool:
        if self._forgets and self._forgotten is None:
            self._forgotten = request.event
        return request.event == self._forgotten

    def _read(self, headers: dict[str, str], body: bytes) -> Request:
        event = orjson.loads(body)
        report = event["event"]["serviceProblem"]
        own = event["eventId"] == headers["webhook-id"]
        return Request(
            report=report["id"],
            sequence=event["sequence"],
            kind=event["eventType"],
            content=content_of(report),
            event=headers["webhook-id"],
            digest=sha256(body).digest(),
            time=monotonic(),
            signed=own and self.keys is not None and self.keys.verify(headers, body),
        )


def content_of(report: dict[str, Any]) -> str:
    """What tells this state of a report from its others."""
    return f"{report['status']}: {report['name']}"


def _watched(answer: Answer, request: Request) -> Answer:
    """The same answer; a connection that broke before it was complete is noted with the request."""

    def give(line: Line) -> None:
        request.cut = True
        answer(line)
        request.cut = not line.open or line.stopped.is_set()

    return give
