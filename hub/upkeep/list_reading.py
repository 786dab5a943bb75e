"""One reading of a notification list: what it says is compared with what is kept, and done a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from hub.errors import HubError
from hub.model.caller import Caller
from hub.model.listed import ChangeKind, Entry, ListChange, ListRun, Present
from hub.settings import ListSettings
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.callback import without_user
from hub.subscriptions.list_file import Content, Unreadable, read_list
from hub.subscriptions.list_plan import Plan, plan_of, why_not_believed
from hub.subscriptions.list_rules import ListRules, without_credentials
from hub.subscriptions.recovering import known_registration
from hub.subscriptions.registration import Request
from hub.upkeep.list_adoption import adopted_of
from hub.upkeep.list_hold import hold
from hub.upkeep.list_place import ListPlace, form_of

PUT_BACK = "it was changed by hand, and is again what the list says"

BATCH = 100
"""How many entries are changed in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Step:
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
            detail=self.error or self._put_back(),
        )

    def _put_back(self) -> str | None:
        if self.entry is None or self.before is None or not self.before.is_changed_by_hand(self.entry):
            return None
        return PUT_BACK


class Reading:
    """`run` is the row of the reading, 0 where it is dry; `changes` are what it did, or would do."""

    def __init__(
        self,
        store: Store,
        rules: ListRules,
        place: ListPlace,
        settings: ListSettings,
        *,
        run: int,
        dry_run: bool,
    ) -> None:
        self._store = store
        self._rules = rules
        self._place = place
        self._settings = settings
        self._run = run
        self._dry_run = dry_run
        self._rows = 0
        self.unchanged = 0
        self.changes: list[ListChange] = []

    def run(self) -> None:
        """Raises Unreadable."""
        settings = self._settings
        content = read_list(settings.name, self._place.content_of(settings), form_of(settings))
        self._rows = len(content.entries) + len(content.bad)
        present = self._present(content)
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
            self._store.write(partial(self._mend, keys=mended))

    def _present(self, content: Content) -> list[Present]:
        """What is kept, with the registrations of the list that none of its entries holds any more."""
        name = self._settings.name
        if self._dry_run:
            tables = self._store.read
            present = tables.lists.present(name)
            adopted = adopted_of(content, present, tables.lists.unheld(name))
            taken = {one.key for one in adopted}
            return [one for one in present if one.key not in taken] + adopted
        return self._store.write(partial(self._adopt, content=content))

    def _adopt(self, tables: Tables, *, content: Content) -> list[Present]:
        name, now = self._settings.name, self._rules.now()
        hold(tables, self._run, now)
        for one in adopted_of(content, tables.lists.present(name), tables.lists.unheld(name)):
            about = {"callback": one.callback, "query": one.query, "party": one.party}
            entry = Entry(key=one.key, row=0, digest=one.digest, **about)  # type: ignore[arg-type]
            tables.lists.put(name, entry, now=now, subscription=one.subscription)
        return tables.lists.present(name)

    def _mend(self, tables: Tables, *, keys: list[str]) -> None:
        hold(tables, self._run, self._rules.now())
        tables.lists.mend(self._settings.name, keys)

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

    def _steps(self, plan: Plan, present: dict[str, Present]) -> Iterator[Step]:
        """Who goes first makes room for who comes under another key."""
        for one in plan.removed:
            yield Step(kind=ChangeKind.REMOVED, before=one)
        for before, entry in plan.changed:
            yield self._checked(entry, ChangeKind.CHANGED, before)
        for entry in plan.added:
            yield self._checked(entry, ChangeKind.ADDED, present.get(entry.key))
        for row in plan.bad:
            entry = Entry(key=row.key, row=row.row, callback=without_user(row.callback))
            yield Step(kind=ChangeKind.REFUSED, entry=entry, before=present.get(row.key), error=row.message)

    def _checked(self, entry: Entry, kind: ChangeKind, before: Present | None) -> Step:
        try:
            request = self._rules.checked(self._store.read, self._settings.name, entry, before)
        except HubError as error:
            shown = replace(entry, callback=without_user(entry.callback))
            return Step(kind=ChangeKind.REFUSED, entry=shown, before=before, error=error.message)
        return Step(kind=kind, entry=entry, before=before, request=request)

    def _done(self, steps: tuple[Step, ...]) -> list[ListChange]:
        if self._dry_run:
            return [step.change(self._rules.now()) for step in steps]
        return self._store.write(partial(self._write, steps=steps))

    def _write(self, tables: Tables, *, steps: tuple[Step, ...]) -> list[ListChange]:
        now, changes = self._rules.now(), []
        hold(tables, self._run, now)
        for step in steps:
            if not self._is_as_planned(tables, step):
                continue
            change = self._take(tables, step, now)
            if change is not None:
                tables.lists.note(self._settings.name, self._run, change)
                changes.append(change)
        return changes

    def _is_as_planned(self, tables: Tables, step: Step) -> bool:
        """What has become another one since the plan was made is for the next reading."""
        before, about = step.before, step.entry or step.before
        assert about is not None
        planned = None if before is None else (before.digest, before.subscription)
        return tables.lists.standing(self._settings.name, about.key) == planned

    def _take(self, tables: Tables, step: Step, now: int) -> ListChange | None:
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

    def _take_whole(self, tables: Tables, step: Step, now: int) -> Step:
        name, caller = self._settings.name, self._caller(step)
        match step:
            case Step(kind=ChangeKind.REMOVED, before=Present() as before):
                if before.subscription is not None and before.subscription_id is not None:
                    self._rules.unregister(tables, before.subscription_id, caller)
                tables.lists.remove(name, before.key, now=now)
                return replace(step, subscription=before.subscription_id)
            case Step(kind=ChangeKind.ADDED, entry=Entry() as entry, request=Request() as request):
                made = self._rules.register(tables, request, caller)
            case Step(
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
        """In its place where it wants the same; else another registration takes its place."""
        assert before.subscription_id is not None
        present = known_registration(tables, before.subscription_id).subscription
        wants = (present.normalised_query, present.face, present.party)
        if wants != (request.parsed.normalised, request.face, entry.party):
            return self._rules.succeed(tables, before.subscription_id, entry, request, caller)
        if before.is_changed_by_hand(entry):
            entry = without_credentials(entry)  # Those it has are those of the list.
        self._rules.retell(tables, before.subscription_id, entry, request, caller)
        return before.subscription_id

    def _caller(self, step: Step) -> Caller:
        party = step.entry.party if step.entry is not None else None
        return Caller(name=f"list:{self._settings.name}", scopes=frozenset(), party=party)
