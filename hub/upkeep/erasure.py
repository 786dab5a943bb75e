"""Erases one party's data, stage by stage and a batch at a time; each batch and its place are one transaction.

Its keys are revoked and its registrations ended first, so that nothing new of it comes. What it asked for and was told
is removed. In what belongs to others too, reports, their history and their events, a pseudonym takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import orjson

from hub.errors import StoreUnavailable
from hub.model.erasure import Erasure, Stage
from hub.model.times import Clock, to_micros
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.forgetting import Forgotten, without_callback
from hub.telemetry import logger

log = logger("hub.upkeep")

BATCH = 200
NEXT = dict(zip(tuple(Stage), tuple(Stage)[1:], strict=False))
"""{stage: the one behind it}"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a stage works with: at most `limit` rows behind `place`, at the instant `now`."""

    erasure: Erasure
    party: str
    out: Forgotten
    now: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """How far a batch came, and how many rows it changed; `ended` when its stage has nothing left."""

    place: int
    changed: int
    ended: bool


Work = Callable[[Tables, Batch], Done]


class ErasureTask:
    name = "erasures"

    def __init__(self, *, store: Store, clock: Clock, batch: int = BATCH) -> None:
        self._store = store
        self._clock = clock
        self._batch = batch

    def step(self) -> bool:
        """One batch of the oldest erasure; False when there is none. Raises StoreUnavailable."""
        erasure = self._store.read.erasures.next()
        if erasure is None:
            return False
        now = to_micros(self._clock())
        try:
            ended = self._store.write(partial(take, erasure_id=erasure.id, now=now, limit=self._batch))
        except StoreUnavailable:
            raise
        except Exception as error:  # it is tried again, and its receipt says that it is not done
            told = "the hub failed; its log says why"
            self._store.write(lambda tables: tables.erasures.note_error(erasure.seq, told))
            raise error
        if ended:
            log.info("erasure.ended", erasure=erasure.id, actor=erasure.actor)
        return True


def take(tables: Tables, *, erasure_id: str, now: int, limit: int) -> bool:
    """Do the next batch of an erasure, in a transaction; True when it has ended with it."""
    erasure = tables.erasures.get(erasure_id)
    if erasure is None or erasure.party is None or erasure.completed is not None:
        return False
    if erasure.stage is Stage.DONE:
        tables.erasures.finish(erasure.seq, now=now)
        return True
    out = Forgotten(party=erasure.party, names=frozenset(erasure.names), pseudonym=erasure.pseudonym)
    batch = Batch(erasure=erasure, party=erasure.party, out=out, now=now, limit=limit)
    done = STAGES[erasure.stage](tables, batch)
    name = erasure.stage.value
    counts = {**erasure.counts, name: erasure.counts.get(name, 0) + done.changed}
    stage, place = (NEXT[erasure.stage], 0) if done.ended else (erasure.stage, done.place)
    tables.erasures.advance(erasure.seq, stage, place, counts, now=now)
    return False


def _keys(tables: Tables, batch: Batch) -> Done:
    changed = tables.erasures.keys(batch.party, batch.erasure.pseudonym, now=batch.now, limit=batch.limit)
    if changed:
        tables.api_keys.touch()
    return Done(place=0, changed=changed, ended=changed < batch.limit)


def _deliveries(tables: Tables, batch: Batch) -> Done:
    """Figures of notifications are not given any more for the time in which these were made."""
    rows = tables.erasures.deliveries_of(batch.party, limit=batch.limit)
    tables.retention.note_deliveries_gone(rows)
    return _until_less(batch, tables.erasures.delete_deliveries(rows))


def _registrations(tables: Tables, batch: Batch) -> Done:
    tables.subscriptions.touch()
    ended = tables.erasures.end_subscriptions(
        batch.party, now=batch.now, actor=batch.erasure.actor, limit=batch.limit
    )
    return _until_less(batch, ended)


def _callbacks(tables: Tables, batch: Batch) -> Done:
    """After the deliveries, which are found by the party of their registration."""
    erasure = batch.erasure
    blanked = tables.erasures.blank_subscriptions(batch.party, erasure.pseudonym, erasure.names, limit=batch.limit)
    return _until_less(batch, blanked)


def _list_entries(tables: Tables, batch: Batch) -> Done:
    rows = tables.erasures.list_entries(batch.party, limit=batch.limit)
    entries = tables.retention.remove_entries(rows, now=batch.now)
    changes = tables.erasures.delete("delete_list_changes", batch.party, limit=batch.limit)
    return _until_less(batch, entries, changes)


def _tasks(tables: Tables, batch: Batch) -> Done:
    names = orjson.dumps(batch.erasure.names).decode()
    tasks = tables.erasures.delete("delete_tasks", batch.party, limit=batch.limit)
    answers = tables.erasures.delete("delete_answers", names, limit=batch.limit)
    return _until_less(batch, tasks, answers)


def _jobs(tables: Tables, batch: Batch) -> Done:
    """The runner of jobs removes the files of what is not there any more."""
    return _until_less(batch, tables.erasures.delete("delete_jobs", batch.party, limit=batch.limit))


def _until_less(batch: Batch, *changed: int) -> Done:
    return Done(place=0, changed=sum(changed), ended=max(changed) < batch.limit)


def _reports(tables: Tables, batch: Batch) -> Done:
    """Of a report that is shared with others only the party goes; it has another version then, and no event tells."""
    rows = tables.erasures.reports(batch.party, batch.erasure.place, limit=batch.limit)
    changed = sum(_report(tables, problem_id, batch.out) for _, problem_id, named in rows if named)
    return _walked(batch, [row[0] for row in rows], changed)


def _report(tables: Tables, problem_id: str, out: Forgotten) -> bool:
    stored = tables.problems.get(problem_id)
    if stored is None:
        return False
    problem = stored.problem
    document = out.out_of(problem.document)
    if document is problem.document:
        return False
    tables.problems.update(replace(problem, document=document, version=problem.version + 1))
    return True


def _history(tables: Tables, batch: Batch) -> Done:
    rows = tables.erasures.rows("records", batch.erasure.place, limit=batch.limit)
    changed = 0
    for seq, text, party, actor, actor_party in rows:
        was = (orjson.loads(text), party, actor, actor_party)
        changes = batch.out.out_of(was[0])
        by_it = actor_party == batch.party
        new_actor = batch.out.pseudonym if by_it and actor is not None else actor
        now = (changes, batch.out.out_of(party), new_actor, batch.out.out_of(actor_party))
        if now != was:
            tables.erasures.set("set_record", orjson.dumps(changes).decode(), *now[1:], seq)
            changed += 1
    return _walked(batch, [row[0] for row in rows], changed)


def _write_backs(tables: Tables, batch: Batch) -> Done:
    rows = tables.erasures.rows("write_backs", batch.erasure.place, limit=batch.limit)
    changed = 0
    for seq, text in rows:
        was = orjson.loads(text)
        content = batch.out.out_of(was)
        if content is not was:
            tables.erasures.set("set_write_back", orjson.dumps(content).decode(), seq)
            changed += 1
    return _walked(batch, [row[0] for row in rows], changed)


def _events(tables: Tables, batch: Batch) -> Done:
    rows = tables.erasures.rows("events", batch.erasure.place, limit=batch.limit)
    marks = [orjson.dumps(word) for word in (batch.party, *batch.erasure.names)]
    changed = 0
    for seq, body, party in rows:
        if party != batch.party and not any(mark in body for mark in marks):
            continue
        event = orjson.loads(body)
        told = batch.out.out_of(event)
        if party == batch.party:
            told = without_callback(told)
        if told is not event or party == batch.party:
            new = body if told is event else orjson.dumps(told)
            tables.erasures.set("set_event", new, batch.out.out_of(party), seq)
            changed += 1
    return _walked(batch, [row[0] for row in rows], changed)


def _responses(tables: Tables, batch: Batch) -> Done:
    rows = tables.erasures.responses(batch.party, batch.erasure.place, limit=batch.limit)
    named = [attempt for attempt, names_it in rows if names_it]
    for attempt in named:
        tables.erasures.set("empty_attempt", attempt)
    return _walked(batch, [row[0] for row in rows], len(named))


def _walked(batch: Batch, places: list[int], changed: int) -> Done:
    place = places[-1] if places else batch.erasure.place
    return Done(place=place, changed=changed, ended=len(places) < batch.limit)


STAGES: Mapping[Stage, Work] = {
    Stage.KEYS: _keys,
    Stage.REGISTRATIONS: _registrations,
    Stage.LIST_ENTRIES: _list_entries,
    Stage.DELIVERIES: _deliveries,
    Stage.CALLBACKS: _callbacks,
    Stage.TASKS: _tasks,
    Stage.JOBS: _jobs,
    Stage.REPORTS: _reports,
    Stage.HISTORY: _history,
    Stage.WRITE_BACKS: _write_backs,
    Stage.EVENTS: _events,
    Stage.RESPONSES: _responses,
}
