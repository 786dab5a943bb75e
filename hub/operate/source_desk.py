"""The operator's acts on trouble systems: how the reading goes, what it would bring, and where it begins again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.api.operations_view import source_view, source_views
from hub.bootstrap import Parts, make_parts, report_rules
from hub.errors import Conflict, NotFound, Violation
from hub.intake.adapters import make_source
from hub.intake.configured import find_mapping, mapping_folders
from hub.intake.poller import make_poll
from hub.intake.rehearsal import Rehearsal, Step
from hub.intake.trial import Trial, trials
from hub.intake.write_back import WriteBackRun
from hub.model.problem import Document
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.settings import Settings, SourceSettings
from hub.store.copying import copy_database
from hub.store.sources import Resync, SourceState
from hub.store.tables import Tables

NOT_POLLED = {
    SourceState.AUTH_FAILED: "its system refuses our credentials; mend them, and start the hub again",
    SourceState.DISABLED: "the settings switch it off",
    SourceState.NOT_CONFIGURED: "the settings no longer have it",
}


class SourceDesk:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store

    def all(self) -> list[Document]:
        return source_views(self._store.read)

    def one(self, name: str) -> Document:
        """Raises NotFound for a source that was never polled."""
        row = self._store.read.sources.get(name)
        if row is None:
            raise _unknown(name, "was polled here")
        return source_view(row, self._store.read.write_backs.counts().get(name, {}))

    def steps(self, name: str) -> Iterator[Step]:
        """What the next poll would do; this desk is on a copy. Raises NotFound, InvalidSettings or SourceError."""
        parts, settings = self._parts, known_source(self._parts.settings, name)
        source, mapping = (
            make_source(name, settings),
            find_mapping(name, settings, mapping_folders(parts.settings)),
        )
        rules, intake = report_rules(parts).sources, parts.settings.intake
        poll = make_poll(
            settings,
            source=source,
            mapping=mapping,
            store=self._store,
            rules=rules,
            clock=parts.clock,
            absent_polls=intake.absent_polls,
            interval=intake.interval if settings.interval is None else settings.interval,
            registers=False,
        )
        write_backs = WriteBackRun(
            name=name, source=source, words=mapping.words, store=self._store, rules=rules, clock=parts.clock
        )
        return Rehearsal(
            name=name,
            adapter=settings.adapter,
            poll=poll,
            write_backs=write_backs,
            store=self._store,
            rules=rules,
            clock=parts.clock,
        ).steps()

    def wake(self, name: str) -> bool:
        """Ask the hub for a poll; False when one that was asked for has not begun.

        Raises NotFound, and Conflict for a source that nobody polls.
        """
        state = self.one(name)["state"]
        if state in NOT_POLLED:
            raise Conflict(f"the source {name} is not polled: {NOT_POLLED[state]}")
        now = to_micros(self._parts.clock())
        return self._store.write(lambda tables: tables.sources.wake(name, now))

    def resync(self, name: str, *, since: int | None, notify: bool) -> Document:
        """Have the next poll begin at an instant (microseconds; None: the beginning).

        Raises NotFound, and Conflict for a source that no poll follows for.
        """
        state = self.one(name)["state"]
        if state is SourceState.NOT_CONFIGURED:
            raise Conflict(f"the source {name} is not polled: {NOT_POLLED[state]}")
        text = None if since is None else micros_to_text(since)
        resync = Resync(id=self._parts.new_id(), since=text, notify=notify)
        now = to_micros(self._parts.clock())

        def ask(tables: Tables) -> None:
            tables.sources.set_resync(name, resync)
            tables.sources.wake(name, now)

        self._store.write(ask)
        return {"name": name, "since": text, "notify": notify}


def try_source(settings: Settings, name: str, *, newest: int) -> Iterator[Trial]:
    """The newest tickets as reports; no database is opened. Raises NotFound, InvalidSettings or SourceError."""
    source = known_source(settings, name)
    mapping = find_mapping(name, source, mapping_folders(settings))
    return trials(make_source(name, source), mapping, newest=newest, now=system_clock())


def known_source(settings: Settings, name: str) -> SourceSettings:
    """Raises NotFound."""
    found = settings.sources.get(name)
    if found is None:
        raise _unknown(name, "stands in the settings")
    return found


@contextmanager
def source_desk(settings: Settings, *, rehearsing: bool = False) -> Iterator[SourceDesk]:
    """A rehearsal is made on a copy of the database, or on an empty one where there is none.

    Raises StoreUnavailable, and NotFound without a database for any other act.
    """
    with ExitStack() as opened:
        database = Path(settings.store.database)
        if rehearsing:
            copy = Path(opened.enter_context(TemporaryDirectory())) / "hub.db"
            if database.is_file():
                copy_database(database, copy)
            settings = replace(settings, store=replace(settings.store, database=str(copy), synchronous="OFF"))
        elif not database.is_file():
            raise NotFound(f"there is no database {settings.store.database}")
        parts = make_parts(settings, system_clock)
        opened.callback(parts.store.close)
        yield SourceDesk(parts)


def _unknown(name: str, where: str) -> NotFound:
    return NotFound(violations=[Violation(field="name", value=name, message=f"no source {name} {where}")])
