"""Clients of a soak: they make and change reports all the time, and know of each change what became of it.

A request that got no answer, or one that blames the server, is sent again with its key, to either hub, until there is
an answer: so in the end nothing is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from threading import Event, Lock
from time import monotonic
from typing import Any

import requests

from benchmarks.contract import COLLECTION
from benchmarks.reports import report
from benchmarks.soak_listener import content_of
from benchmarks.soak_nouns import ATTRIBUTE, CREATED, STATUS, Change

NEXT = {
    "acknowledged": ("inProgress", "cancelled"),
    "inProgress": ("held", "resolved", "cancelled"),
    "held": ("inProgress", "resolved"),
    "resolved": ("closed", "inProgress"),
    "closed": ("inProgress",),
}
OPEN_REPORTS = 12
ANSWERS_WITHIN = 20.0
AGAIN = frozenset({408, 429})
"""The refusals that ask for the same request once more, as does every 5xx."""


class Refused(Exception):
    """The hub refused a request that is right."""


@dataclass(kw_only=True)
class Open:
    """A report that its client still changes; nobody else does."""

    id: str
    status: str
    priority: int
    sequence: int = 1


class Book:
    """All that was accepted by anybody, and how often a request had to be repeated or was answered from memory."""

    def __init__(self) -> None:
        self.accepted: list[Change] = []
        self.repeated = 0
        self.given_again = 0
        self.writing = 0
        self._lock = Lock()

    def begins(self) -> None:
        with self._lock:
            self.writing += 1

    def ends(self) -> None:
        with self._lock:
            self.writing -= 1

    def accept(self, changes: Sequence[Change]) -> None:
        with self._lock:
            self.accepted += changes

    def again(self) -> None:
        with self._lock:
            self.repeated += 1

    def replayed(self) -> None:
        with self._lock:
            self.given_again += 1


class Client:
    """Writes until it is told to stop; `pace` is the mean pause between two requests in seconds."""

    def __init__(self, name: str, urls: Sequence[str], book: Book, dice: Random, pace: float) -> None:
        self._name = name
        self._urls = urls
        self._book = book
        self._dice = dice
        self._pace = pace
        self._open: list[Open] = []
        self._requests = 0
        self._pause = Event()
        self._session = requests.Session()
        self._session.trust_env = False

    def write_until(self, stopped: Event) -> None:
        with self._session:
            while not stopped.wait(self._dice.expovariate(1 / self._pace)):
                if not self._open or (len(self._open) < OPEN_REPORTS and self._dice.random() < 0.3):
                    self._create()
                else:
                    self._change(self._dice.choice(self._open))

    def _create(self) -> None:
        priority = self._dice.randint(1, 3)
        given = report(self._requests) | {"name": f"{self._name}, made", "priority": priority}
        made = self._ask("POST", COLLECTION, given)
        kept = Open(id=made["id"], status=made["status"], priority=priority)
        self._open.append(kept)
        self._accept(kept, made, [CREATED])

    def _change(self, kept: Open) -> None:
        """Of its status, of its name, or of both: then it is two events, the status first."""
        patch: dict[str, Any] = {}
        if self._dice.random() < 0.6:
            patch["status"] = self._dice.choice(NEXT[kept.status])
        if not patch or self._dice.random() < 0.3:
            patch["name"] = f"{self._name}, change {self._requests}"
        changed = self._ask("PATCH", f"{COLLECTION}/{kept.id}", patch)
        kinds = [kind for name, kind in (("status", STATUS), ("name", ATTRIBUTE)) if name in patch]
        kept.sequence += len(kinds)
        kept.status = changed["status"]
        self._accept(kept, changed, kinds)
        if kept.status not in NEXT or kept.sequence > 40:
            self._open.remove(kept)

    def _accept(self, kept: Open, answer: dict[str, Any], kinds: list[str]) -> None:
        now, first = monotonic(), kept.sequence - len(kinds) + 1
        self._book.accept(
            [
                Change(
                    report=kept.id,
                    sequence=number,
                    kind=kind,
                    content=content_of(answer),
                    priority=kept.priority,
                    time=now,
                )
                for number, kind in enumerate(kinds, first)
            ]
        )

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer, however many times it has to be asked for. Raises Refused."""
        self._requests += 1
        key = f"{self._name.replace(' ', '-')}-{self._requests}"
        while True:
            answer = self._once(method, path, body, key)
            if answer is not None and answer.ok:
                if answer.headers.get("Idempotent-Replayed"):
                    self._book.replayed()
                accepted: dict[str, Any] = answer.json()
                return accepted
            if answer is not None and answer.status_code < 500 and answer.status_code not in AGAIN:
                raise Refused(f"{method} {path} with {body}: {answer.status_code} {answer.text[:500]}")
            self._book.again()
            self._pause.wait(0.05)

    def _once(self, method: str, path: str, body: dict[str, Any], key: str) -> requests.Response | None:
        """None when there was no answer: whether it was done is then unknown."""
        url = self._dice.choice(self._urls) + path
        self._book.begins()
        try:
            return self._session.request(
                method, url, json=body, headers={"Idempotency-Key": key}, timeout=ANSWERS_WITHIN
            )
        except requests.RequestException:
            return None
        finally:
            self._book.ends()
