"""What every store promises of sources: their place, their account, and the tickets they have seen."""

from functools import partial

from hub.store.sources import RUNS_KEPT, SOURCE_WOKEN, Resync, Run, SourceState
from hub.store.sqlite import Store
from hub.store.tables import Tables


def test_a_source_begins_with_nothing_and_keeps_its_place(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))
    fresh = store.read.sources.get("desk")
    assert fresh is not None
    assert (fresh.cursor, fresh.state, fresh.failures, fresh.unmapped, fresh.problems) == (
        {},
        SourceState.NEW,
        0,
        {},
        0,
    )

    def go_on(tables: Tables) -> None:
        tables.sources.set_cursor("desk", {"activity": "2026", "ids": [1, 2]})
        tables.sources.set_unmapped("desk", {"status": {"odd": {"count": 2, "example": "issue1"}}})
        tables.sources.ensure("desk", "roundup")

    store.write(go_on)
    kept = store.read.sources.get("desk")
    assert kept is not None
    assert kept.cursor == {"activity": "2026", "ids": [1, 2]}
    assert kept.unmapped["status"]["odd"]["count"] == 2
    assert store.read.sources.get("other") is None


def test_a_failed_poll_keeps_the_time_of_the_last_good_one(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))

    def poll(tables: Tables, state: SourceState, error: str | None, at: int, success: int | None) -> None:
        tables.sources.set_health(
            "desk",
            state=state,
            error=error,
            last_poll=at,
            last_success=success,
            next_poll=at + 5,
            failures=1 if error else 0,
            lag=0.5,
        )

    store.write(partial(poll, state=SourceState.OK, error=None, at=10, success=10))
    store.write(partial(poll, state=SourceState.DEGRADED, error="timeout", at=20, success=None))
    kept = store.read.sources.get("desk")
    assert kept is not None
    assert (kept.state, kept.error, kept.last_poll, kept.last_success) == (
        SourceState.DEGRADED,
        "timeout",
        20,
        10,
    )
    assert (kept.next_poll, kept.failures, kept.lag) == (25, 1, 0.5)


def test_a_ticket_is_known_by_its_digest_until_it_is_gone(store: Store) -> None:
    def put(tables: Tables, digest: bytes, missed: int) -> None:
        tables.sources.ensure("desk", "roundup")
        tables.sources.put_item("desk", "issue1", problem_id="p1", digest=digest, updated=5, beside=b"earlier")
        tables.sources.set_missed("desk", "issue1", missed)

    store.write(partial(put, digest=b"one", missed=2))
    assert store.read.sources.present("desk") == {"issue1": 2}
    store.write(partial(put, digest=b"two", missed=0))
    item = store.read.sources.item("desk", "issue1")
    assert item is not None
    assert (item.problem_id, item.digest, item.updated, item.missed, item.gone) == ("p1", b"two", 5, 0, False)
    assert (item.beside, store.read.sources.items("desk", ["issue1"])) == (b"earlier", {"issue1": item})
    store.write(lambda tables: tables.sources.set_gone("desk", "issue1", missed=3))
    gone = store.read.sources.item("desk", "issue1")
    assert gone is not None
    assert (gone.digest, gone.beside, gone.missed, gone.gone) == (b"", b"", 3, True)
    assert store.read.sources.present("desk") == {}
    assert store.read.sources.item("desk", "issue2") is None
    counted = store.read.sources.get("desk")
    assert counted is not None
    assert counted.problems == 1


def test_seeing_a_ticket_again_ends_its_absence(store: Store) -> None:
    def put(tables: Tables) -> None:
        tables.sources.put_item("desk", "issue1", problem_id="p1", digest=b"one", updated=5)

    store.write(put)
    store.write(lambda tables: tables.sources.set_gone("desk", "issue1", missed=3))
    store.write(put)
    item = store.read.sources.item("desk", "issue1")
    assert item is not None
    assert (item.digest, item.missed, item.gone) == (b"one", 0, False)


def test_only_the_latest_runs_of_a_source_are_kept(store: Store) -> None:
    def append(tables: Tables) -> None:
        for source, count in (("desk", RUNS_KEPT + 5), ("other", 3)):
            for number in range(count):
                run = Run(source=source, started=number, ended=number, pages=1, records=2, changed=1, error=None)
                tables.sources.append_run(run)

    store.write(append)
    sql = "SELECT count(*), min(started) FROM run WHERE source = ?"
    connection = store.read.connection
    assert connection.execute(sql, ("other",)).fetchone() == (3, 0)
    count, oldest = connection.execute(sql, ("desk",)).fetchone()
    assert oldest == RUNS_KEPT + 5 - count
    assert RUNS_KEPT - 5 <= count <= RUNS_KEPT


def test_a_poll_that_was_asked_for_is_not_asked_for_again_until_it_begins(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    assert not store.read.sources.woken("desk")
    assert [store.write(lambda tables: tables.sources.wake("desk", 7)) for _ in range(3)] == [True, False, False]
    assert (store.read.sources.woken("desk"), heard) == (True, [frozenset({SOURCE_WOKEN})])
    store.write(lambda tables: tables.sources.heed("desk"))
    assert not store.read.sources.woken("desk")
    assert store.write(lambda tables: tables.sources.wake("desk", 9))
    assert not store.write(lambda tables: tables.sources.wake("other", 9))


def test_a_resync_is_kept_until_it_is_done(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))
    asked = Resync(id="r1", since="2026-11-22T17:00:00.000Z", notify=True, begun=True)
    for wish in (asked, None):
        store.write(partial(_wish, wish))
        kept = store.read.sources.get("desk")
        assert kept is not None
        assert (kept.resync, kept.reconciled) == (wish, 11)


def _wish(wish: Resync | None, tables: Tables) -> None:
    tables.sources.set_resync("desk", wish)
    tables.sources.set_reconciled("desk", 11)


def test_tickets_are_looked_up_together(store: Store) -> None:
    def keep(tables: Tables) -> None:
        for number in range(3):
            tables.sources.put_item("desk", str(number), problem_id=None, digest=b"d", updated=number)

    store.write(keep)
    found = store.read.sources.items("desk", ["0", "2", "4711", "it's"])
    assert {key: item.updated for key, item in found.items()} == {"0": 0, "2": 2}
    assert store.read.sources.items("other", ["0"]) == {}
    assert store.read.sources.item("desk", "2") == found["2"]
