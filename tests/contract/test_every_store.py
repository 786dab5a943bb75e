"""What every store promises its callers: all of a job or nothing, answered after the commit, beside other processes."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event as Gate
from typing import Any

import pytest

from hub.errors import StoreUnavailable
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.stores import Kind

PROJECT = Path(__file__).parents[2]
PATIENT = 20.0
"""Seconds after which a test that waits for a thread or a process has failed."""


Job = Callable[[Tables], Any]


class Batch:
    """Jobs that wait for the writer together, so that one commit takes them all; `outcomes` in the order of answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._occupied, self._go, self._ended = Gate(), Gate(), Gate()
        self._jobs: list[Job] = []
        self.outcomes: list[tuple[int, Any, BaseException | None]] = []

    def add(self, *jobs: Job) -> "Batch":
        self._jobs.extend(jobs)
        return self

    def commit(self) -> "Batch":
        self._store.submit(self._occupy, lambda result, error: None)
        assert self._occupied.wait(PATIENT)
        for number, job in enumerate(self._jobs):
            self._store.submit(job, partial(self._note, number))
        self._go.set()
        assert self._ended.wait(PATIENT)
        return self

    def _occupy(self, _: Tables) -> None:
        self._occupied.set()
        self._go.wait(PATIENT)

    def _note(self, number: int, result: Any, error: BaseException | None) -> None:
        self.outcomes.append((number, result, error))
        if len(self.outcomes) == len(self._jobs):
            self._ended.set()


def keeps_source(name: str, tables: Tables) -> str:
    tables.sources.ensure(name, "roundup")
    tables.signals.add(name)
    return name


def fails_after_writing(name: str, tables: Tables) -> None:
    keeps_source(name, tables)
    raise ValueError(f"{name} fails")


def loses_the_transaction(tables: Tables) -> None:
    """What a full disk does to a database: the whole transaction is gone."""
    tables.connection.execute("ROLLBACK")


def source_names(store: Store) -> list[str]:
    return [row.name for row in store.read.sources.all()]


# -- the writer


def test_what_waits_is_committed_at_once_and_answered_in_its_order(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    batch = Batch(store).add(*(partial(keeps_source, f"s{number}") for number in range(5))).commit()
    assert batch.outcomes == [(number, f"s{number}", None) for number in range(5)]
    assert heard == [frozenset({"s0", "s1", "s2", "s3", "s4"})]


def test_a_failing_job_takes_back_its_own_writes_and_no_others(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    jobs: list[Job] = [partial(keeps_source, "a"), partial(fails_after_writing, "b"), partial(keeps_source, "c")]
    batch = Batch(store).add(*jobs).commit()
    assert source_names(store) == ["a", "c"]
    assert [result for _, result, _ in batch.outcomes] == ["a", None, "c"]
    assert isinstance(batch.outcomes[1][2], ValueError)
    assert heard == [frozenset({"a", "c"})]


def test_a_failing_job_that_is_alone_takes_back_its_writes(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    with pytest.raises(ValueError, match="b fails"):
        store.write(partial(fails_after_writing, "b"))
    assert source_names(store) == []
    assert heard == []
    store.write(partial(keeps_source, "c"))
    assert source_names(store) == ["c"]


def test_a_lost_transaction_that_was_alone_is_told_and_the_next_one_goes_on(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        store.write(loses_the_transaction)
    store.write(partial(keeps_source, "d"))
    assert source_names(store) == ["d"]


def test_a_lost_transaction_fails_every_job_of_it_and_the_next_one_goes_on(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    jobs: list[Job] = [partial(keeps_source, "a"), loses_the_transaction, partial(keeps_source, "c")]
    batch = Batch(store).add(*jobs).commit()
    assert [result for _, result, _ in batch.outcomes] == [None, None, None]
    assert all(isinstance(error, StoreUnavailable) for _, _, error in batch.outcomes)
    assert source_names(store) == []
    assert heard == []
    assert store.write(partial(keeps_source, "d")) == "d"
    assert source_names(store) == ["d"]


def test_an_answer_comes_after_the_commit(store: Store) -> None:
    seen: list[list[str]] = []
    answered = Gate()

    def done(result: str | None, error: BaseException | None) -> None:
        seen.append(source_names(store))
        answered.set()

    store.submit(partial(keeps_source, "a"), done)
    assert answered.wait(PATIENT)
    assert seen == [["a"]]


def test_a_signal_is_heard_after_the_commit(store: Store) -> None:
    seen: list[list[str]] = []
    store.listen(lambda signals: seen.append(source_names(store)))
    store.write(partial(keeps_source, "a"))
    assert seen == [["a"]]


def test_a_database_held_by_another_is_unavailable_and_heals(kind: Kind, tmp_path: Path, store: Store) -> None:
    with kind.held_by_another(tmp_path), pytest.raises(StoreUnavailable, match="the database says"):
        store.write(partial(keeps_source, "a"))
    assert source_names(store) == []
    store.write(partial(keeps_source, "b"))
    assert source_names(store) == ["b"]


def test_a_writer_in_an_event_loop_gets_results_and_failures(store: Store) -> None:
    async def both() -> tuple[str, list[Any]]:
        first = await store.awrite(partial(keeps_source, "a"))
        jobs = [store.awrite(partial(keeps_source, f"b{number}")) for number in range(20)]
        failing = store.awrite(partial(fails_after_writing, "c"))
        return first, await asyncio.gather(*jobs, failing, return_exceptions=True)

    first, others = asyncio.run(both())
    assert first == "a"
    assert others[:-1] == [f"b{number}" for number in range(20)]
    assert isinstance(others[-1], ValueError)


def test_what_one_round_of_an_event_loop_writes_is_committed_together(store: Store) -> None:
    commits: list[frozenset[str]] = []
    store.listen(commits.append)

    async def write() -> None:
        await asyncio.gather(*[store.awrite(lambda tables: tables.signals.add("written")) for _ in range(20)])

    asyncio.run(write())
    assert commits == [{"written"}]


def test_what_can_be_repeated_and_fails_takes_nothing_else_with_it(store: Store) -> None:
    def signals_and_fails(tables: Tables) -> None:
        tables.signals.add("failed")
        raise KeyError("before anything was written")

    async def write(*failing: Job) -> list[Any]:
        jobs: list[Job] = [partial(keeps_source, "a"), *failing, partial(keeps_source, "b")]
        return await asyncio.gather(*[store.awrite(job, repeatable=True) for job in jobs], return_exceptions=True)

    commits: list[frozenset[str]] = []
    store.listen(commits.append)
    first, failure, last = asyncio.run(write(signals_and_fails))
    assert (first, type(failure), last) == ("a", KeyError, "b")
    store.write(lambda tables: tables.connection.execute("DELETE FROM source"))
    first, failure, other, last = asyncio.run(write(partial(fails_after_writing, "c"), signals_and_fails))
    assert (first, type(failure), type(other), last) == ("a", ValueError, KeyError, "b")
    assert source_names(store) == ["a", "b"]
    assert [set(one) for one in commits] == [{"a", "b"}, {"a", "b"}]


def test_a_caller_that_gave_up_waiting_does_not_hold_up_the_others(store: Store) -> None:
    async def one_gives_up() -> str:
        waiting = asyncio.ensure_future(store.awrite(partial(keeps_source, "a")))
        await asyncio.sleep(0)
        waiting.cancel()
        return await store.awrite(partial(keeps_source, "b"))

    assert asyncio.run(one_gives_up()) == "b"


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError):
        keeps_source("a", store.read)
    assert source_names(store) == []


def test_closing_commits_what_waits_and_takes_nothing_more(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path)
    occupied, go = Gate(), Gate()
    answers: list[str | None] = []

    def occupy(_: Tables) -> None:
        occupied.set()
        go.wait(PATIENT)

    store.submit(occupy, lambda result, error: None)
    assert occupied.wait(PATIENT)
    store.submit(partial(keeps_source, "a"), lambda result, error: answers.append(result))
    go.set()
    store.close()
    assert answers == ["a"]
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(partial(keeps_source, "b"))
    with pytest.raises(StoreUnavailable, match="closed"):
        asyncio.run(store.awrite(partial(keeps_source, "b")))


# -- the file


def test_an_open_store_finds_the_tables_and_rows_of_an_earlier_one(kind: Kind, tmp_path: Path) -> None:
    first = kind.open(tmp_path)
    first.write(partial(keeps_source, "a"))
    first.close()
    second = kind.open(tmp_path)
    assert source_names(second) == ["a"]
    second.close()


WRITE_AT_ONCE = """
import sys
from pathlib import Path
from tests.contract.stores import STORES

kind, folder, name = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
store = STORES[kind].open(Path(folder), busy_timeout=20)
for number in range(25):
    store.write(lambda tables: tables.sources.ensure(f"{name}-{number:02}", "roundup"))
store.close()
"""


def test_processes_may_make_the_tables_and_write_at_the_same_moment(kind: Kind, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_AT_ONCE, kind.name, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for name in "abc"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    store = kind.open(tmp_path)
    assert source_names(store) == [f"{name}-{number:02}" for name in "abc" for number in range(25)]
    store.close()


def test_a_commit_of_another_shows_in_the_data_version(kind: Kind, tmp_path: Path, store: Store) -> None:
    before = store.data_version()
    assert store.data_version() == before
    other = kind.open(tmp_path)
    other.write(partial(keeps_source, "a"))
    other.close()
    assert store.data_version() != before
