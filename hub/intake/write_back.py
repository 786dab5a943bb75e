"""Writes into the tickets of one source what was changed here: each change once, in the order of its ticket."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from hub.intake.given_up import stand_again
from hub.intake.health import Random, back_off
from hub.model.problem import Status
from hub.model.times import Clock, to_micros
from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.ports import AuthFailed, RateLimited, Refused, Source, SourceError, Writes, Writing
from hub.problems.sources import SourceRules
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.intake")

LEASE = timedelta(minutes=10)
"""After so long a change counts as not written whose writer said no more: longer than any adapter tries."""

REST = timedelta(minutes=1)
"""So long what a dead process was writing is left alone: the system may still carry out its last request."""

ATTEMPTS = 24
"""After so many a change is dead; with the waits between them, which are drawn, that is 30 hours on average."""

FIRST_WAIT, LONGEST_WAIT = 15.0, 4 * 3600.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class WriteBackRun:
    """Writes what is due, on the thread of the source's own poller. `words` are the source's, by our status."""

    name: str
    source: Source
    words: Mapping[Status, str]
    store: Store
    rules: SourceRules
    clock: Clock
    draw: Random = field(default=random.random)
    holder: Holder = field(default_factory=Holder.this)
    _turns: Iterator[int] = field(default_factory=count)

    def run(self, stopped: Callable[[], bool] = lambda: False) -> list[str]:
        """Write until nothing is due, the source fails or it is time to end; gives what was not written, and why.

        Raises AuthFailed when the source refuses our credentials, and RateLimited when it asks us to wait: it is asked
        for nothing else then.
        """
        failed: list[str] = []
        if not self.store.read.write_backs.has_open(self.name):
            return failed
        self._bound()
        self._free()
        while not stopped() and (claimed := self._claim()) is not None:
            one, token = claimed
            why, goes_on = self._write(replace(one, word=self._word(one)), token)
            if why is not None:
                failed.append(_named(one, why))
            if not goes_on:
                break
        return failed

    def _bound(self) -> None:
        """What waits or is held for longer than we ever ask was noted by a clock that has been set back."""
        now = self.clock()
        due_at = to_micros(now + timedelta(seconds=LONGEST_WAIT) + REST)
        lease_until = to_micros(now + LEASE)
        if self.store.read.write_backs.is_beyond(self.name, due_at=due_at, lease_until=lease_until):
            self.store.write(
                lambda tables: tables.write_backs.bound(
                    self.name, now=to_micros(now), due_at=due_at, lease_until=lease_until
                )
            )

    def _free(self) -> None:
        """What a dead process holds is written by us, once its last request has come to rest."""
        until = to_micros(self.clock() + REST)
        tokens = self.store.read.write_backs.tokens(self.name, until)
        left = [token for token in tokens if self.holder.abandoned(token)]
        if left:
            self.store.write(lambda tables: tables.write_backs.shorten(left, until))

    def _claim(self) -> tuple[WriteBack, str] | None:
        token, now = self.holder.token(next(self._turns)), self.clock()
        one = self.store.write(
            lambda tables: tables.write_backs.claim(
                self.name, now=to_micros(now), until=to_micros(now + LEASE), token=token
            )
        )
        return None if one is None else (one, token)

    def _write(self, one: WriteBack, token: str) -> tuple[str | None, bool]:
        """(why it was not written, whether the next may be). Raises AuthFailed and RateLimited."""
        try:
            self._ask(one)
        except Refused as error:
            return self._dead(one, token, str(error)), True
        except AuthFailed as error:
            self._later(one, token, error)
            raise
        except SourceError as error:
            is_last = one.attempts >= ATTEMPTS
            why = self._dead(one, token, str(error)) if is_last else self._later(one, token, error)
            if isinstance(error, RateLimited):
                raise RateLimited(f"could not write {_named(one, why)}", after=error.after) from error
            return why, False
        self._settle(one, token, WriteBackState.WRITTEN)
        return None, True

    def _ask(self, one: WriteBack) -> None:
        """Raises SourceError."""
        why = self.refusal(one)
        if why is not None or not isinstance(self.source, Writes):
            raise Refused(why)
        self.source.write(
            Writing(
                id=one.id,
                key=one.key,
                text=one.content.get("text"),
                author=one.content.get("author"),
                status=one.word,
            )
        )

    def refusal(self, one: WriteBack) -> str | None:
        """Why it is never to be written, as far as that is known without asking the source."""
        if one.overtaken is not None:
            return one.overtaken
        if not isinstance(self.source, Writes):
            return "the adapter of this source cannot write"
        if one.kind is WriteBackKind.STATUS and self._word(one) is None:
            return f"the mapping has no word for the status {one.content['status']}"
        return None

    def _word(self, one: WriteBack) -> str | None:
        return self.words.get(Status(one.content["status"])) if one.kind is WriteBackKind.STATUS else None

    def _dead(self, one: WriteBack, token: str, why: str) -> str:
        self._settle(one, token, WriteBackState.DEAD, why)
        return why

    def _settle(self, one: WriteBack, token: str, state: WriteBackState, why: str | None = None) -> None:
        now = to_micros(self.clock())

        def settle(tables: Tables) -> None:
            is_ours = tables.write_backs.settle(one, state, now=now, token=token, outcome=why)
            if is_ours and state is WriteBackState.DEAD:
                stand_again(tables, self.rules, one, now)

        self.store.write(settle)
        tell = log.info if why is None else log.warning
        tell("source.written", source=self.name, ticket=one.key, kind=one.kind, state=state, error=why)

    def _later(self, one: WriteBack, token: str, error: SourceError) -> str:
        asked = error.after if isinstance(error, RateLimited) else 0.0
        wait = max(min(asked, LONGEST_WAIT), back_off(one.attempts, FIRST_WAIT, LONGEST_WAIT, self.draw))
        due, why = to_micros(self.clock() + timedelta(seconds=wait)), str(error) or type(error).__name__
        self.store.write(lambda tables: tables.write_backs.put_off(one, due_at=due, token=token, outcome=why))
        return why


def _named(one: WriteBack, why: str) -> str:
    return f"{one.kind} for ticket {one.key}: {why}"
