"""Reconciles the registrations with a notification list: what came, changed and went, each change kept by its list."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from hub.errors import Conflict, HubError
from hub.model.caller import Caller
from hub.model.listed import ChangeKind, Entry, ListChange, ListRun, Present
from hub.model.times import Clock, to_micros
from hub.settings import ListSettings
from hub.store.sqlite import Store
from hub.store.subscriptions import Change
from hub.store.tables import Tables
from hub.subscriptions.delivery_options import options_view, read_options
from hub.subscriptions.list_file import Unreadable, read_list
from hub.subscriptions.list_plan import Plan, plan_of, why_not_believed
from hub.subscriptions.recovering import Recovering, known_registration
from hub.subscriptions.registration import Registrations, Request
from hub.telemetry import logger
from hub.upkeep.list_place import content_of, form_of

log = logger("hub.upkeep")

T = TypeVar("T")

BATCH = 100
"""How many entries are changed in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What a reading came to, with what it changed, or would change where it was dry."""

    run: ListRun
    changes: list[ListChange]
    unchanged: int = 0


class Reconciler:
    def __init__(
        self, *, store: Store, registrations: Registrations, recovering: Recovering, clock: Clock
    ) -> None:
        self._store = store
        self._registrations = registrations
        self._recovering = recovering
        self._clock = clock

    def reconcile(self, settings: ListSettings, *, actor: str, dry_run: bool = False) -> Reconciled:
        """Read the list and bring the registrations to what it says; a list that is not believed changes nothing.

        A reading that is killed has kept each of its changes whole, and the next one does the rest.
        Raises StoreUnavailable.
        """
        now = to_micros(self._clock())
        run = ListRun(origin=settings.place, actor=actor, started=now, completed=None)
        seq = 0
        if not dry_run:
            begin = partial(_begin, name=settings.name, run=run)
            seq = self._store.write(begin)
        work = _Work(self, settings, seq, dry_run)
        try:
            work.run()
        except Unreadable as error:
            run = replace(run, error=str(error))
        run = work.told(run, to_micros(self._clock()))
        if not dry_run:
            self._store.write(lambda tables: tables.lists.finish_run(seq, run))
            _log(settings.name, run)
        return Reconciled(run=run, changes=work.changes, unchanged=work.unchanged)

    def write(self, work: Callable[[Tables], T]) -> T:
        return self._store.write(work)

    def present(self, name: str) -> list[Present]:
        return self._store.read.lists.present(name)

    def now(self) -> int:
        return to_micros(self._clock())

    def checked(self, settings: ListSettings, entry: Entry) -> Request:
        """What is to be registered; looks up the name of the callback. Raises InvalidInput or Unsupported."""
        given = {
            "callback": entry.callback,
            "query": entry.query,
            "secret": entry.secret,
            "delivery": entry.delivery,
        }
        request = self._registrations.check(given, face=entry.face)
        return replace(request, order=entry.order, list=settings.name)

    def register(self, tables: Tables, request: Request, caller: Caller) -> str:
        return self._registrations.register(tables, request, caller=caller).id

    def unregister(self, tables: Tables, subscription_id: str, caller: Caller) -> None:
        self._registrations.unregister(tables, subscription_id, caller=caller)

    def retell(self, tables: Tables, subscription_id: str, entry: Entry, request: Request, caller: Caller) -> None:
        """Change a registration in its place: where and how it is told. Raises Conflict."""
        one = known_registration(tables, subscription_id)
        before = one.subscription
        options = read_options(
            entry.delivery or {},
            now=self._clock(),
            present=read_options(None, now=self._clock(), present=before.options),
        )
        after = replace(before, callback=request.callback, url=request.url, order=entry.order, options=options)
        taken = tables.subscriptions.same(after)
        if taken not in (None, subscription_id):
            raise Conflict(f"it is registered already as subscription {taken}")
        tables.subscriptions.set(one.seq, after)
        pairs = {
            "callback": (before.callback, after.callback),
            "order": (before.order, after.order),
            "delivery": (options_view(before.options), options_view(after.options)),
        }
        changes = {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}
        if changes:
            tables.subscriptions.note(one.seq, Change(time=self.now(), actor=caller.name, changes=changes))
        if before.order is not after.order:
            self._recovering.reorder(tables, replace(one, subscription=after), caller)


class _Work:
    """One reading."""

    def __init__(self, reconciler: Reconciler, settings: ListSettings, run: int, dry_run: bool) -> None:
        self._hub = reconciler
        self._settings = settings
        self._run = run
        self._dry_run = dry_run
        self._rows = 0
        self.unchanged = 0
        self.changes: list[ListChange] = []

    def run(self) -> None:
        """Raises Unreadable."""
        settings = self._settings
        content = read_list(settings.name, content_of(settings), form_of(settings))
        self._rows = len(content.entries) + len(content.bad)
        present = self._hub.present(settings.name)
        plan = plan_of(content, present)
        self.unchanged = len(plan.unchanged)
        why = why_not_believed(plan, present, settings.removal_limit)
        if why:
            raise Unreadable(f"the list is not believed: {why}")
        steps = self._steps(plan, {one.key: one for one in present})
        while batch := tuple(islice(steps, BATCH)):
            self.changes += self._done(batch)
        mended = [one.key for one in plan.unchanged if one.error is not None]
        if mended and not self._dry_run:
            self._hub.write(lambda tables: tables.lists.mend(settings.name, mended))

    def told(self, run: ListRun, now: int) -> ListRun:
        counts = {kind: sum(one.kind is kind for one in self.changes) for kind in ChangeKind}
        return replace(
            run,
            completed=now,
            entries=self._rows,
            added=counts[ChangeKind.ADDED],
            changed=counts[ChangeKind.CHANGED],
            removed=counts[ChangeKind.REMOVED],
            refused=counts[ChangeKind.REFUSED],
        )

    def _steps(self, plan: Plan, present: dict[str, Present]) -> Iterator["_Step"]:
        """Who goes first makes room for who comes under another key."""
        for one in plan.removed:
            yield _Step(kind=ChangeKind.REMOVED, before=one)
        for before, entry in plan.changed:
            yield self._checked(entry, ChangeKind.CHANGED, before)
        for entry in plan.added:
            yield self._checked(entry, ChangeKind.ADDED, present.get(entry.key))
        for row in plan.bad:
            entry = Entry(key=row.key, row=row.row, callback=row.callback)
            yield _Step(kind=ChangeKind.REFUSED, entry=entry, before=present.get(row.key), error=row.message)

    def _checked(self, entry: Entry, kind: ChangeKind, before: Present | None) -> "_Step":
        try:
            request = self._hub.checked(self._settings, entry)
        except HubError as error:
            return _Step(kind=ChangeKind.REFUSED, entry=entry, before=before, error=error.message)
        return _Step(kind=kind, entry=entry, before=before, request=request)

    def _done(self, steps: "tuple[_Step, ...]") -> list[ListChange]:
        if self._dry_run:
            return [step.change(self._hub.now()) for step in steps]
        return self._hub.write(partial(self._write, steps=steps))

    def _write(self, tables: Tables, *, steps: "tuple[_Step, ...]") -> list[ListChange]:
        now, changes = self._hub.now(), []
        for step in steps:
            change = self._take(tables, step, now)
            if change is not None:
                tables.lists.note(self._settings.name, self._run, change)
                changes.append(change)
        return changes

    def _take(self, tables: Tables, step: "_Step", now: int) -> ListChange | None:
        """Do one step; what is refused again for the same reason is no news."""
        try:
            done = self._take_whole(tables, step, now)
        except HubError as error:
            done = replace(step, kind=ChangeKind.REFUSED, error=error.message)
        if done.kind is not ChangeKind.REFUSED or done.entry is None:
            return done.change(now)
        before = done.before
        if before is not None and before.error == done.error:
            return None
        if before is not None and before.subscription is not None:
            tables.lists.fail(self._settings.name, before.key, done.error or "")
        else:
            tables.lists.put(self._settings.name, done.entry, now=now, error=done.error)
        return done.change(now)

    def _take_whole(self, tables: Tables, step: "_Step", now: int) -> "_Step":
        name, caller = self._settings.name, self._caller(step)
        match step:
            case _Step(kind=ChangeKind.REMOVED, before=Present() as before):
                if before.subscription is not None and before.subscription_id is not None:
                    self._hub.unregister(tables, before.subscription_id, caller)
                tables.lists.remove(name, before.key, now=now)
                return replace(step, subscription=before.subscription_id)
            case _Step(kind=ChangeKind.ADDED, entry=Entry() as entry, request=Request() as request):
                made = self._hub.register(tables, request, caller)
            case _Step(
                kind=ChangeKind.CHANGED,
                before=Present() as before,
                entry=Entry() as entry,
                request=Request() as request,
            ):
                made = self._changed(tables, before, entry, request, caller)
            case _:
                return step
        one = known_registration(tables, made)
        tables.lists.put(name, entry, now=now, subscription=one.seq)
        return replace(step, subscription=made)

    def _changed(self, tables: Tables, before: Present, entry: Entry, request: Request, caller: Caller) -> str:
        """In its place where it wants the same; else the registration ends and another begins."""
        assert before.subscription_id is not None
        present = known_registration(tables, before.subscription_id).subscription
        wants = (present.normalised_query, present.face, present.party)
        same = (request.parsed.normalised, request.face, entry.party)
        if wants == same and entry.secret is None:
            self._hub.retell(tables, before.subscription_id, entry, request, caller)
            return before.subscription_id
        anybody = replace(caller, party=None)
        if wants == same:  # the new one cannot stand beside it
            self._hub.unregister(tables, before.subscription_id, anybody)
            return self._hub.register(tables, request, caller)
        made = self._hub.register(tables, request, caller)
        self._hub.unregister(tables, before.subscription_id, anybody)
        return made

    def _caller(self, step: "_Step") -> Caller:
        party = step.entry.party if step.entry is not None else None
        return Caller(name=f"list:{self._settings.name}", scopes=frozenset(), party=party)


@dataclass(frozen=True, kw_only=True)
class _Step:
    kind: ChangeKind
    entry: Entry | None = None
    before: Present | None = None
    request: Request | None = None
    error: str | None = None
    subscription: str | None = None

    def change(self, now: int) -> ListChange:
        about = self.entry or self.before
        assert about is not None
        return ListChange(
            time=now,
            kind=self.kind,
            key=about.key,
            contact=about.contact,
            party=about.party,
            callback=about.callback,
            query=about.query,
            subscription=self.subscription or (self.before.subscription_id if self.before else None),
            detail=self.error,
        )


def _begin(tables: Tables, *, name: str, run: ListRun) -> int:
    return tables.lists.begin_run(name, origin=run.origin, actor=run.actor, now=run.started)


def _log(name: str, run: ListRun) -> None:
    write = log.info if run.error is None else log.error
    write(
        "list.reconciled",
        list=name,
        origin=run.origin,
        actor=run.actor,
        entries=run.entries,
        added=run.added,
        changed=run.changed,
        removed=run.removed,
        refused=run.refused,
        error=run.error,
    )


class ListTask:
    """Reads each list that is switched on whenever its interval has passed since its last reading, by whoever."""

    name = "lists"

    def __init__(
        self, *, store: Store, reconciler: Reconciler, lists: Mapping[str, ListSettings], clock: Clock
    ) -> None:
        self._store = store
        self._reconciler = reconciler
        self._lists = lists
        self._clock = clock

    def step(self) -> bool:
        for settings in self._lists.values():
            if settings.enabled and self._is_due(settings):
                self._reconciler.reconcile(settings, actor=f"list:{settings.name}")
        return False

    def _is_due(self, settings: ListSettings) -> bool:
        last = self._store.read.lists.runs(settings.name, limit=1)
        now = to_micros(self._clock())
        return not last or last[0].started + round(settings.interval * 1e6) <= now
