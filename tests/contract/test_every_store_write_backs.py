"""What every store promises of what goes back to tickets: its order, its claims, and how it is found again."""

from dataclasses import replace
from functools import partial

from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.store.sqlite import Store
from hub.store.tables import Tables

NOW, LATER = 1_000, 2_000


def asked(number: int, key: str = "7", source: str = "desk") -> WriteBack:
    return WriteBack(
        id=f"w{number}",
        source=source,
        key=key,
        problem_id=f"p-{key}",
        kind=WriteBackKind.NOTE,
        content={"text": f"Text {number}"},
        created=NOW,
        due_at=NOW,
    )


def append(store: Store, *rows: WriteBack) -> None:
    for row in rows:
        store.write(partial(_append, row=row))


def _append(tables: Tables, row: WriteBack) -> None:
    tables.write_backs.append(row)


def claim(store: Store, token: str, now: int = NOW) -> str | None:
    found = store.write(lambda tables: tables.write_backs.claim("desk", now=now, until=LATER, token=token))
    return None if found is None else found.id


def settle(store: Store, number: int, token: str, state: WriteBackState = WriteBackState.WRITTEN) -> bool:
    one = replace(asked(number), word="done")
    return store.write(lambda tables: tables.write_backs.settle(one, state, now=NOW, token=token, outcome="why"))


def test_those_of_a_ticket_are_claimed_one_after_the_other(store: Store) -> None:
    append(store, asked(1), asked(2), asked(3, key="8"), asked(4, source="other"))
    assert [claim(store, "a"), claim(store, "b"), claim(store, "c")] == ["w1", "w3", None]
    assert settle(store, 1, "a") is True
    assert claim(store, "d") == "w2"
    kept = store.read.write_backs.get("w1")
    assert kept is not None
    assert (kept.state, kept.attempts, kept.settled_at, kept.word, kept.outcome) == (
        WriteBackState.WRITTEN,
        1,
        NOW,
        "done",
        "why",
    )


def test_a_claim_that_has_ended_is_taken_by_another_and_settles_nothing(store: Store) -> None:
    append(store, asked(1))
    assert claim(store, "a") == "w1"
    assert store.read.write_backs.tokens("desk", NOW) == ["a"]
    store.write(lambda tables: tables.write_backs.shorten(["a"], NOW + 1))
    assert store.read.write_backs.tokens("desk", NOW + 1) == []
    assert [claim(store, "b"), claim(store, "b", NOW + 1)] == [None, "w1"]
    assert settle(store, 1, "a") is False
    assert store.write(
        lambda tables: tables.write_backs.put_off(asked(1), due_at=LATER, token="b", outcome="down")
    )
    assert [claim(store, "c", LATER - 1), claim(store, "c", LATER)] == [None, "w1"]


def test_what_is_dead_can_be_due_again_and_what_was_written_or_is_held_cannot(store: Store) -> None:
    append(store, asked(1), asked(2, key="8"))
    assert [claim(store, "a"), claim(store, "b")] == ["w1", "w2"]

    def again(number: int) -> bool:
        return store.write(lambda tables: tables.write_backs.send_again(asked(number), now=NOW))

    assert again(1) is False, "it is held"
    settle(store, 1, "a", WriteBackState.DEAD)
    settle(store, 2, "b")
    assert [again(1), again(2), again(3)] == [True, False, False]
    assert store.read.write_backs.has_open("desk")
    kept = store.read.write_backs.get("w1")
    assert kept is not None
    assert (kept.state, kept.attempts, kept.settled_at, kept.word) == (WriteBackState.DUE, 0, None, None)


def test_they_are_found_by_report_source_and_state_the_newest_first(store: Store) -> None:
    append(store, asked(1), asked(2, key="8"), asked(3), asked(4, source="other"))
    assert claim(store, "a") == "w1"
    settle(store, 1, "a", WriteBackState.DEAD)
    table = store.read.write_backs

    def ids(offset: int = 0, limit: int = 9, **filters: str) -> list[str]:
        return [one.id for one in table.page(filters, offset=offset, limit=limit)]

    assert ids() == ["w4", "w3", "w2", "w1"]
    assert ids(offset=1, limit=2) == ["w3", "w2"]
    assert ids(source="desk", state="due") == ["w3", "w2"]
    assert ids(serviceProblem="p-7") == ["w4", "w3", "w1"]
    assert [table.count({}), table.count({"state": "dead"}), table.count({"source": "none"})] == [4, 1, 0]
    assert [one.id for one in table.of_ticket("desk", "7")] == ["w1", "w3"]
    assert table.counts() == {"desk": {"dead": 1, "due": 2}, "other": {"due": 1}}


def test_a_status_under_way_is_marked_when_it_is_overtaken_and_settled_by_who_writes_it(store: Store) -> None:
    status = replace(asked(1), kind=WriteBackKind.STATUS, content={"status": "held"})
    append(store, status, replace(status, id="w2"), asked(3))
    assert claim(store, "a") == "w1"
    store.write(lambda tables: tables.write_backs.overtake("desk", "7", now=NOW, outcome="moved on"))
    first, second, note = store.read.write_backs.of_ticket("desk", "7")
    assert (first.state, first.overtaken, first.told) == (WriteBackState.DUE, "moved on", {"status": "held"})
    assert (second.state, second.outcome, note.state) == (WriteBackState.DEAD, "moved on", WriteBackState.DUE)
    assert settle(store, 1, "a")
