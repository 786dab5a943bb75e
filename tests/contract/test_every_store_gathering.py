"""What waits to be written together: whoever reads finds it, and it leaves the rows that writing at once leaves."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hub.model.problem import Problem
from hub.store import path_tally, paths
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.store_rows import event, problem, record
from tests.contract.stores import Kind

STATUSES = ("acknowledged", "held", "resolved")
TABLES = (
    "problem",
    "problem_record",
    "event",
    "item",
    "problem_identifier",
    "problem_path",
    "problem_path_common",
    "problem_path_tally",
    "problem_tally",
    "problem_block",
)
PATHS = ("affectedService.id", "externalIdentifier.id")


def made(number: int, random: Random) -> Problem:
    document = {
        **problem(number).document,
        "status": random.choice(STATUSES),
        "affectedService": [{"id": f"svc-{random.randrange(3)}"}],
        "externalIdentifier": [{"id": f"t{random.randrange(5)}", "owner": "desk"}],
        "lastUpdate": f"2026-03-01T13:{number // 60:02}:{number % 60:02}.000Z",
    }
    if random.random() < 0.3:
        del document["externalIdentifier"]
    return Problem(id=f"p{number}", document=document, sequence=1, source="desk", source_key=f"t{number}")


def work(tables: Tables, random: Random, turn: int, kept: dict[str, Problem]) -> None:
    """New reports, changes of new and of old ones, and what goes along with both; now and then one is deleted."""
    for number in range(turn * 40, turn * 40 + 40):
        chance = random.random()
        if kept and chance < 0.5:
            old = random.choice(list(kept.values()))
            now = replace(old, version=old.version + 1, document=made(number, random).document)
            tables.problems.update(now)
        elif kept and chance < 0.53:
            tables.problems.delete(kept.pop(random.choice(list(kept))).id)
            continue
        else:
            now = made(number, random)
            tables.events.append(event(number, now.id), problem=tables.problems.insert(now))
        kept[now.id] = now
        tables.records.append(record(number, now.id))
        tables.sources.put_item("desk", f"t{random.randrange(9)}", problem_id=now.id, digest=b"d", updated=number)


def left_by(store: Store, seed: int, around: Callable[[Tables], Any]) -> dict[str, list[Any]]:
    random, kept = Random(seed), dict[str, Problem]()
    store.write(lambda tables: tables.problems.paths.declare(PATHS))
    while store.write(lambda tables: tables.problems.paths.fill(100)) is not None:
        pass
    for turn in range(4):

        def job(tables: Tables, turn: int = turn) -> None:
            with around(tables):
                work(tables, random, turn, kept)

        store.write(job)
    connection = store.read.connection
    return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_together_leaves_the_rows_of_what_is_written_at_once(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Every report is looked at for values that have become common, and one other report makes them so.
    monkeypatch.setattr(path_tally, "COMMON", 2)
    monkeypatch.setattr(paths, "LOOKED_AT", 1)
    left: list[dict[str, list[Any]]] = []
    for around in (lambda tables: nullcontext(), lambda tables: tables.connection.gathering()):
        folder = tmp_path / str(len(left))
        folder.mkdir()
        store = kind.open(folder)
        left.append(left_by(store, seed, around))
        store.close()
    for table in TABLES:
        assert left[0][table], f"{table} has no rows to compare"
        assert sorted(left[1][table], key=repr) == sorted(left[0][table], key=repr), table


def test_whoever_reads_finds_what_waits(store: Store) -> None:
    def look(tables: Tables) -> list[Any]:
        with tables.connection.gathering():
            tables.problems.insert(problem(1))
            total = tables.problems.tally.total()
            tables.problems.insert(problem(2))
            tables.records.append(record(1))
            return [total, tables.problems.count(None), tables.records.has("p1")]

    assert store.write(look) == [1, 2, True]


def test_what_waits_when_something_is_raised_is_forgotten(store: Store) -> None:
    def fail(tables: Tables) -> None:
        with tables.connection.gathering():
            tables.problems.insert(problem(1))
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        store.write(fail)
    assert store.write(lambda tables: tables.problems.insert(problem(2))) == 1
    assert [name for name, _ in store.read.problems.page(None, limit=9).rows] == ["p2"]


def test_what_several_jobs_have_for_one_table_is_written_together_whichever_of_them_fails(store: Store) -> None:
    written: list[list[Any]] = []

    def note(values: Sequence[Any]) -> None:
        written.append([*values])

    def keep(number: int, tables: Tables) -> int:
        tables.problems.insert(problem(number))
        tables.connection.put(note, number)
        return number

    def look_and_fail(tables: Tables) -> None:
        raise LookupError(tables.problems.count(None))

    def keep_and_fail(tables: Tables) -> None:
        keep(9, tables)
        raise ValueError("after it was put")

    async def write(*jobs: Callable[[Tables], Any]) -> list[Any]:
        return await asyncio.gather(*[store.awrite(job, repeatable=True) for job in jobs], return_exceptions=True)

    assert asyncio.run(write(partial(keep, 1), partial(keep, 2))) == [1, 2]
    assert written == [[1, 2]]
    third, failure, fourth = asyncio.run(write(partial(keep, 3), look_and_fail, partial(keep, 4)))
    assert (third, failure.args, fourth) == (3, (3,), 4)
    assert store.read.problems.tally.total() == 4
    fifth, failure, sixth = asyncio.run(write(partial(keep, 5), keep_and_fail, partial(keep, 6)))
    assert (fifth, str(failure), sixth) == (5, "after it was put", 6)
    found = [name for name, _ in store.read.problems.page(None, limit=9).rows]
    assert found == ["p1", "p2", "p3", "p4", "p5", "p6"]
    assert store.read.problems.tally.total() == 6
