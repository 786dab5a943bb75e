"""What a poll is said to do is what it then does; and to say it changes nothing."""

from pathlib import Path

import pytest

from hub.model.times import to_micros
from hub.store.sqlite import Store
from tests.fakes.intake_bench import Bench, MakeBench
from tests.fakes.trouble_system import Feed, ForgetfulFeed, OpenList
from tests.fakes.write_back_office import Office


def rehearsed(bench: Bench) -> list[tuple[str, str, str | None, bool]]:
    """(ticket key, event type, status, whether it is told) of the events that a poll would bring."""
    before = rows_of(bench.store)
    steps = [step for step in bench.rehearse() if step.at is not None]
    assert rows_of(bench.store) == before, "to say it writes nothing"
    return [(step.key, step.what, step.status, step.told) for step in steps]


def brought(bench: Bench) -> list[tuple[str, str, str | None, bool]]:
    """The same of a poll."""
    tables = bench.store.read
    last = tables.records.last()
    bench.poll()
    found: list[tuple[str, str, str | None, bool]] = []
    for record in tables.records.after(last):
        stored = tables.problems.get(record.problem_id)
        assert stored is not None
        told = tables.events.by_id(record.id) is not None
        found.append((str(stored.problem.source_key), str(record.event_type), record.to_status, told))
    return found


def rows_of(store: Store) -> list[str]:
    return list(store.read.connection.iterdump())


def agree(bench: Bench, count: int) -> None:
    said = rehearsed(bench)
    assert len(said) == count
    assert brought(bench) == said


def test_a_ticket_on_two_pages_is_created_once(make_bench: MakeBench) -> None:
    bench = make_bench(Feed, page_size=1)
    bench.poll()
    bench.system.put("1", state="new")
    page = next(iter(bench.system.pages({})))
    twice = [page, page]
    bench.system.pages = lambda cursor: iter(twice)  # type: ignore[method-assign]
    agree(bench, 1)


def test_a_ticket_that_changes_from_page_to_page_is_created_and_changed(make_bench: MakeBench) -> None:
    bench = make_bench(Feed, page_size=1)
    bench.poll()
    pages = []
    for state in ("new", "working", "working"):
        bench.clock.turn(1)
        bench.system.put("1", state=state)
        pages += list(bench.system.pages({}))
    bench.system.pages = lambda cursor: iter(pages)  # type: ignore[method-assign]
    agree(bench, 2)


def test_tickets_that_have_left_the_list_are_resolved_when_a_poll_would_do_it(make_bench: MakeBench) -> None:
    bench = make_bench(OpenList)
    for key in "12":
        bench.system.put(key, state="working")
    agree(bench, 2)
    bench.system.drop("1")
    agree(bench, 0)
    agree(bench, 1)
    agree(bench, 0)


def test_tickets_that_were_deleted_in_silence_are_found_when_it_is_time_to_look(make_bench: MakeBench) -> None:
    bench = make_bench(ForgetfulFeed, reconcile=3600.0)
    for key in "123":
        bench.system.put(key, state="working")
    agree(bench, 3)
    bench.system.drop("2", "3")
    agree(bench, 0)
    bench.clock.turn(3600)
    agree(bench, 2)


def test_tickets_of_old_are_named_once(make_bench: MakeBench) -> None:
    bench = make_bench(Feed, backfill="open")
    bench.system.put("1", state="closed")
    bench.system.put("2", state="new")
    assert [(step.key, step.what) for step in bench.rehearse()] == [
        ("2", "ServiceProblemCreateEvent"),
        ("1", "passedOver"),
    ]
    bench.poll()
    assert bench.rehearse() == []


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_what_is_to_be_written_is_named_and_not_written(office: Office) -> None:
    office.patch(status="inProgress", note=[{"@type": "Note", "id": "n1", "text": "Ours", "author": "Ines"}])
    before = rows_of(office.store)
    said = [(step.key, step.what, step.name, step.changes, step.why) for step in office.rehearse()]
    assert said == [
        ("7", "writeBack", "note", {"text": "Ours", "author": "Ines"}, None),
        ("7", "writeBack", "status", {"status": "inProgress"}, None),
    ]
    assert (office.system.asked, rows_of(office.store)) == ([], before)
    office.poll()
    assert [(one.key, one.text, one.status) for one in office.system.asked] == [
        ("7", "Ours", None),
        ("7", None, "working"),
    ]
    assert office.rehearse() == []
    office.store.close()


def test_what_cannot_be_written_is_said_with_what_follows_from_it(office: Office) -> None:
    office.patch(status="rejected")
    steps = [(step.what, step.status, step.why) for step in office.rehearse()]
    why = "the mapping has no word for the status rejected"
    assert steps == [("writeBack", None, why), ("ServiceProblemStateChangeEvent", "acknowledged", None)]
    agree(office, 1)
    office.store.close()


def test_what_is_not_due_yet_is_not_named(office: Office) -> None:
    office.patch(status="inProgress")
    one = office.asked()[0]
    later = to_micros(office.clock()) + 1_000_000
    office.store.write(
        lambda tables: tables.write_backs.claim("desk", now=one.due_at, until=later, token="another")
    )
    assert office.rehearse() == []
    office.store.close()
