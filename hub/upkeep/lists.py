"""Reconciles the registrations with a notification list: what came, changed and went, each change kept by its list."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from hub.errors import Conflict, StoreUnavailable
from hub.model.listed import ListChange, ListRun
from hub.model.times import Clock, to_micros
from hub.settings import ListSettings
from hub.store.sqlite import Store
from hub.subscriptions.list_file import Unreadable
from hub.subscriptions.list_rules import ListRules
from hub.telemetry import logger
from hub.upkeep.list_hold import begin
from hub.upkeep.list_place import ListPlace
from hub.upkeep.list_reading import Reading

log = logger("hub.upkeep")


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What a reading came to, with what it changed, or would change where it was dry."""

    run: ListRun
    changes: list[ListChange]
    unchanged: int = 0


class Reconciler:
    def __init__(self, *, store: Store, rules: ListRules, place: ListPlace, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._place = place
        self._clock = clock

    def reconcile(self, settings: ListSettings, *, actor: str, dry_run: bool = False) -> Reconciled:
        """Read the list and bring the registrations to what it says; a list that is not believed changes nothing.

        A reading that is killed has kept each of its changes whole, and the next one does the rest.
        Raises StoreUnavailable, and Conflict while somebody else reads the list.
        """
        now = to_micros(self._clock())
        run = ListRun(origin=settings.place, actor=actor, started=now, completed=None)
        seq = 0
        if not dry_run:
            seq = self._store.write(partial(begin, name=settings.name, run=run))
        reading = Reading(self._store, self._rules, self._place, settings, run=seq, dry_run=dry_run)
        try:
            reading.run()
        except Unreadable as error:
            run = replace(run, error=str(error))
        except StoreUnavailable:
            raise
        except Exception as error:  # the reading ends in any case, else it would hold its list
            log.exception("list.failed", list=settings.name)
            run = replace(run, error=f"the hub failed: {type(error).__name__}; its log says why")
        run = reading.told(run, to_micros(self._clock()))
        if not dry_run:
            self._store.write(lambda tables: tables.lists.finish_run(seq, run))
            _log(settings.name, run)
        return Reconciled(run=run, changes=reading.changes, unchanged=reading.unchanged)


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
                with suppress(Conflict):  # Somebody else reads it now.
                    self._reconciler.reconcile(settings, actor=f"list:{settings.name}")
        return False

    def _is_due(self, settings: ListSettings) -> bool:
        last = self._store.read.lists.runs(settings.name, limit=1)
        now = to_micros(self._clock())
        return not last or last[0].started + round(settings.interval * 1e6) <= now
