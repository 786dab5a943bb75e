"""The operator's acts on the database, whether or not a hub runs on it; each is kept with who did it."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hub.api.constraints import constraint_view
from hub.api.coverage import coverage_views
from hub.api.credentials import rotated_view
from hub.api.erasures import erasure_view
from hub.api.lists import change_view, list_view, run_view
from hub.api.operations_view import attempt_view, delivery_view, recovery_view, subscription_view
from hub.bootstrap import (
    FACE_V5,
    OPERATIONS_V1,
    Parts,
    make_changing,
    make_faces,
    make_parts,
    make_prober,
    make_reconciler,
    make_wanted,
    report_attributes,
    report_rules,
)
from hub.bootstrap.rules import task_rules
from hub.constraints.reviewing import Reviewing
from hub.constraints.watch import stream_of
from hub.constraints.weekly import name_of_week, weekly_review
from hub.errors import NotFound, Violation
from hub.model.caller import Caller
from hub.model.constraint import Verdict
from hub.model.problem import Document
from hub.model.times import system_clock, to_micros
from hub.operate.backtesting import replayed
from hub.operate.write_back_desk import WriteBackDesk
from hub.settings import Settings
from hub.store.delivery_list import Filters
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from hub.subscriptions.coverage import Coverage
from hub.subscriptions.erasing import Erasing
from hub.subscriptions.recovering import Recovering, Span, known_registration
from hub.subscriptions.resending import known_delivery, resend
from hub.subscriptions.rotation import Rotations, read_rotation
from hub.telemetry import logger

log = logger("hub.operate")

LISTED = 10_000
"""The most registrations that a list has on the command line."""


class OperatorDesk:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        base = parts.settings.server.known_url
        self._base_url, self._face_url = base + OPERATIONS_V1, base + FACE_V5
        self.write_backs = WriteBackDesk(
            store=parts.store, clock=parts.clock, base_url=self._base_url, face_url=self._face_url
        )
        self._caller = Caller(name=f"cli:{_user()}", scopes=frozenset({"*"}))
        self._recovering = Recovering(clock=parts.clock, new_id=parts.new_id)
        self._rotations = Rotations(clock=parts.clock, secrets=parts.secrets)
        self._changing = make_changing(parts, self._recovering)

    def subscriptions(self, filters: Mapping[str, str]) -> list[Document]:
        tables = self._store.read
        found = tables.subscriptions.page(filters, offset=0, limit=LISTED)
        counts = tables.deliveries.counts()
        return [self._subscription(tables, one, counts.get(one.seq, {})) for one in found]

    def subscription(self, subscription_id: str) -> Document:
        """Raises NotFound."""
        tables = self._store.read
        one = known_registration(tables, subscription_id)
        open_ones = [self._recovery(each) for each in tables.recoveries.open_of(one.seq)]
        view = self._subscription(tables, one, tables.deliveries.counts_of(one.seq))
        return view | {"recovery": open_ones}

    def _subscription(self, tables: Tables, one: Registered, counts: Mapping[str, int]) -> Document:
        return subscription_view(
            one,
            href=f"{self._face_url}/hub/{one.subscription.id}",
            counts=counts,
            standing=tables.standings.get(one.seq),
            oldest_due=tables.deliveries.next_due(one.seq),
            last_delivered=tables.deliveries.last_delivered(one.seq),
        )

    def change(self, subscription_id: str, patch: Mapping[str, Any]) -> Document:
        """Raises NotFound, Conflict or InvalidInput."""
        change = partial(self._changing.change, subscription_id=subscription_id, patch=patch, caller=self._caller)
        self._store.write(change)
        return self.subscription(subscription_id)

    def test(self, subscription_id: str) -> Document:
        """Send a test event, now. Raises NotFound."""
        keys = self._rotations.keys(self._store.read, subscription_id)
        event, attempt = make_prober(self._parts).send(keys.registered.subscription, keys.credentials)
        return {"event": event, **attempt_view(attempt)}

    def rotate(self, subscription_id: str, asked: Mapping[str, Any]) -> Document:
        """Sign with another key; the view shows a shared secret, this once.

        Raises NotFound, Conflict or InvalidInput.
        """
        rotation = read_rotation(dict(asked))
        rotate = partial(self._rotations.rotate, subscription_id=subscription_id, rotation=rotation)
        keys = self._store.write(rotate)
        log.info(
            "subscription.key_rotated",
            subscription=subscription_id,
            kind=rotation.key.kind,
            overlap=rotation.overlap,
            actor=self._caller.name,
        )
        return rotated_view(keys, rotation)

    def deliveries(self, filters: Filters, *, limit: int) -> list[Document]:
        found = self._store.read.delivery_list.by_number(filters, offset=0, limit=limit)
        return [delivery_view(one, base_url=self._base_url, face_url=self._face_url) for one in found]

    def delivery(self, delivery_id: str) -> Document:
        """Raises NotFound."""
        tables = self._store.read
        view = known_delivery(tables, delivery_id)
        attempts = [attempt_view(attempt) for attempt in tables.deliveries.attempts(view.id)]
        return delivery_view(view, base_url=self._base_url, face_url=self._face_url) | {"attempt": attempts}

    def resend(self, delivery_id: str) -> Document:
        """Raises NotFound or Conflict."""
        now = to_micros(self._parts.clock())
        view = self._store.write(partial(resend, delivery_id=delivery_id, now=now))
        return delivery_view(view, base_url=self._base_url, face_url=self._face_url)

    def recover(self, subscription_id: str, span: Span) -> Document:
        """Raises NotFound, Conflict or InvalidInput."""
        work = partial(self._recovering.recover, subscription_id=subscription_id, span=span, caller=self._caller)
        return self._recovery(self._store.write(work))

    def replay(self, subscription_id: str, span: Span) -> Document:
        """Raises NotFound, Conflict or InvalidInput."""
        work = partial(self._recovering.replay, subscription_id=subscription_id, span=span, caller=self._caller)
        return self._recovery(self._store.write(work))

    def recoveries(self, *, limit: int) -> list[Document]:
        return [self._recovery(one) for one in self._store.read.recoveries.page({}, offset=0, limit=limit)]

    def _recovery(self, recovery: Any) -> Document:
        return recovery_view(recovery, base_url=self._base_url)

    def coverage(self, filters: Mapping[str, str]) -> list[Document]:
        """Raises NotFound or InvalidInput."""
        coverage = Coverage(make_wanted(self._parts, make_faces(self._parts)))
        return coverage_views(self._store.read, coverage, filters, base_url=self._base_url)

    def constraints(self, filters: Mapping[str, str], *, limit: int) -> list[Document]:
        found = self._store.read.constraints.page(filters, offset=0, limit=limit)
        return [self._constraint(one, document) for one, document in found]

    def _constraint(self, constraint_id: str, document: Document) -> Document:
        return constraint_view(constraint_id, document, base_url=self._base_url, face_url=self._face_url)

    def review(self, constraint_id: str, verdict: Verdict, note: str | None) -> Document:
        """Raises NotFound or Conflict."""
        keeper = report_rules(self._parts).keeper
        reviewing = Reviewing(clock=self._parts.clock, keeper=keeper, tasks=task_rules(self._parts, keeper))
        work = partial(
            reviewing.review, constraint_id=constraint_id, verdict=verdict, note=note, caller=self._caller
        )
        report = self._store.write(work)
        return self._constraint(report.id, report.document)

    def constraint_week(self, week: str | None) -> Document:
        """Raises InvalidInput."""
        now = self._parts.clock()
        return weekly_review(self._store.read, week or name_of_week(now), now=now)

    def backtest(self, *, count: int, seed: int) -> Document:
        """Of the reports that are here. Raises InvalidInput where they are too few, and InvalidSettings."""
        stream = partial(stream_of, self._store.read)
        return replayed(self._parts.settings.constraints, stream, count=count, seed=seed)

    def lists(self) -> list[Document]:
        tables, settings = self._store.read, self._parts.settings.lists
        names = sorted({*settings, *tables.lists.names()})
        return [list_view(tables, name, settings.get(name), base_url=self._base_url) for name in names]

    def list(self, name: str) -> Document:
        """Raises NotFound."""
        found = [view for view in self.lists() if view["name"] == name]
        if not found:
            raise _no_list(name)
        changes = self._store.read.lists.changes(name, limit=100)
        return found[0] | {"change": [change_view(change) for change in changes]}

    def reconcile(self, name: str, *, dry_run: bool) -> Document:
        """Raises NotFound for a list that the settings have not."""
        settings = self._parts.settings.lists.get(name)
        if settings is None:
            raise _no_list(name)
        reconciler = make_reconciler(self._parts, report_attributes(self._parts), make_faces(self._parts))
        done = reconciler.reconcile(settings, actor=self._caller.name, dry_run=dry_run)
        told = {"unchanged": done.unchanged, "dryRun": dry_run}
        return run_view(done.run) | told | {"change": [change_view(change) for change in done.changes]}

    def erase(self, party: str) -> Document:
        """Raises InvalidInput or Conflict."""
        lists = frozenset(self._parts.settings.lists)
        erasing = Erasing(clock=self._parts.clock, new_id=self._parts.new_id, lists=lists)
        erasure = self._store.write(partial(erasing.erase, party=party, caller=self._caller))
        return erasure_view(erasure, base_url=self._base_url)


@contextmanager
def operator_desk(settings: Settings) -> Iterator[OperatorDesk]:
    """Raises NotFound without a database: a misspelt path is no reason to make one."""
    if not Path(settings.store.database).is_file():
        raise NotFound(f"there is no database {settings.store.database}")
    parts = make_parts(settings, system_clock)
    try:
        yield OperatorDesk(parts)
    finally:
        parts.store.close()


def _no_list(name: str) -> NotFound:
    return NotFound(violations=[Violation(field="name", value=name, message=f"no list {name} in the settings")])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return "unknown"
