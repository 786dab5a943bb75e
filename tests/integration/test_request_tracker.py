"""The adapter of Request Tracker against a real one: its feed, its hidden tickets, its rights and its words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.intake.filling import Rule
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.model.write_back import WriteBackState
from hub.ports import FilterIgnored, Page, Record, Unavailable
from tests.real.benches import RequestTrackerBench, records
from tests.real.middleman import Canned, Middleman
from tests.real.polled import polled
from tests.real.request_tracker import RequestTracker

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/request_tracker.yaml")


@pytest.fixture
def bench(request_tracker: RequestTracker, tmp_path: Path) -> RequestTrackerBench:
    return RequestTrackerBench(request_tracker, tmp_path / "password")


@pytest.fixture
def middleman(bench: RequestTrackerBench) -> Iterator[Middleman]:
    with bench.middleman().serving() as serving:
        yield serving


def after(bench: RequestTrackerBench, page: Page | None = None, /, **options: object) -> list[Page]:
    """The pages of a pull that goes on from the last page of another."""
    return list(bench.source(**options).pull(page.cursor if page else {}))


def seen(found: list[Record]) -> list[tuple[str, str]]:
    """(ticket, status) of each record, `gone` for those that are."""
    return [(record.key, "gone" if record.gone else record.data["Status"]) for record in found]


def test_every_word_of_the_lifecycle_is_in_the_mapping(bench: RequestTrackerBench) -> None:
    bench.create("iptv")
    ticket = bench.id_of("iptv")
    words = {"new"} | bench.tracker.next_statuses(ticket)
    bench.change("iptv")
    words |= bench.tracker.next_statuses(ticket)
    rule = MAPPING.fields["status"]
    assert isinstance(rule, Rule)
    assert words == set(rule.table or {})


def test_a_ticket_becomes_a_report_with_its_service_its_place_and_its_people(bench: RequestTrackerBench) -> None:
    fields = {"Service": ["iptv-north", "iptv-core"], "Location": ["ring-7"]}
    who = {"Requestor": "ward@hospital.example.test", "Priority": "80"}
    ticket = bench.tracker.create_ticket(bench.queue, "Picture freezes", CustomFields=fields, **who)
    (record,) = records(after(bench))
    rendered = render(MAPPING, record.data)
    assert (record.key, rendered.status, rendered.unmapped) == (ticket, Status.ACKNOWLEDGED, ())
    assert rendered.event_time == record.updated
    assert rendered.document["priority"] == 2
    assert [one["id"] for one in rendered.document["affectedService"]] == ["iptv-north", "iptv-core"]
    assert [one["place"]["id"] for one in rendered.document["affectedLocation"]] == ["ring-7"]
    people = [(one["role"], one["partyOrPartyRole"]["id"]) for one in rendered.document["relatedParty"]]
    assert people == [("requestor", "ward@hospital.example.test")]
    assert rendered.document["characteristic"][0]["value"] == bench.queue


def test_the_hub_tells_each_change_of_a_ticket_once(bench: RequestTrackerBench, tmp_path: Path) -> None:
    bench.create("old")
    with polled(tmp_path, "request_tracker", bench.options) as hub:
        assert hub.poll() == []
        bench.create("iptv", "volte", "ftth")
        assert hub.poll() == [("Create", "acknowledged")] * 3
        assert hub.poll() == []
        bench.change("iptv")
        assert hub.poll() == [("StateChange", "inProgress")]
        bench.tracker.change_ticket(bench.id_of("volte"), MergeInto=bench.id_of("iptv"))
        assert hub.poll() == [("StateChange", "cancelled")]
        bench.tracker.change_ticket(bench.id_of("ftth"), Status="deleted")
        assert hub.poll() == [("StateChange", "cancelled")]
        assert hub.poll() == []
        assert hub.report(bench.id_of("iptv"))["status"] == "inProgress"


def test_deleted_and_merged_tickets_are_gone_and_a_restored_one_is_back(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte", "ftth")
    pages = after(bench)
    iptv, volte, ftth = (bench.id_of(name) for name in ("iptv", "volte", "ftth"))
    bench.tracker.change_ticket(volte, MergeInto=iptv)
    bench.tracker.change_ticket(ftth, Status="deleted")
    pages = after(bench, pages[-1])
    assert sorted(seen(records(pages))) == sorted([(iptv, "new"), (volte, "gone"), (ftth, "gone")])
    bench.tracker.change_ticket(ftth, Status="open")
    assert seen(records(after(bench, pages[-1]))) == [(ftth, "open")]


def test_a_ticket_that_leaves_our_queues_is_gone_and_one_that_enters_is_read(bench: RequestTrackerBench) -> None:
    bench.create("iptv")
    other = f"{bench.queue}-other"
    bench.tracker.create_queue(other)
    foreign = bench.tracker.create_ticket(other, "foreign")
    pages = after(bench)
    assert seen(records(pages)) == [(bench.id_of("iptv"), "new")]
    bench.tracker.change_ticket(bench.id_of("iptv"), Queue=other)
    bench.tracker.change_ticket(foreign, Queue=bench.queue)
    assert sorted(seen(records(after(bench, pages[-1])))) == sorted(
        [(bench.id_of("iptv"), "gone"), (foreign, "new")]
    )


def test_what_changes_between_two_pages_is_read_and_hides_no_other(bench: RequestTrackerBench) -> None:
    names = [f"line-{number}" for number in range(1, 6)]
    bench.create(*names)
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    assert [bench.name_of(record) for record in found] == ["line-1", "line-2"]
    bench.change("line-1")
    found += records(pull)
    told = [(bench.name_of(record), record.data["Status"]) for record in found]
    assert told == [(name, "new") for name in names] + [("line-1", "open")]


def test_a_pull_of_changes_that_is_cut_off_goes_on_and_reads_none_twice(bench: RequestTrackerBench) -> None:
    names = [f"line-{number}" for number in range(1, 6)]
    bench.create(*names)
    cursor = after(bench)[-1].cursor
    for name in names:
        bench.change(name)
    found: list[Record] = []
    for _ in range(50):
        pages = [page for page in bench.source(page_size=2).pull(cursor) if page.cursor != cursor]
        if not pages:
            break
        found += pages[0].records
        cursor = pages[0].cursor
    assert sorted(seen(found)) == sorted((bench.id_of(name), "open") for name in names)


def test_a_page_of_what_our_user_may_not_see_hides_nothing_behind_it(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte")
    pages = after(bench)
    for number in range(3):
        bench.tracker.write(bench.id_of("iptv"), f"among us: {number}", kind="comment")
    bench.change("volte")
    found = records(after(bench, pages[-1], page_size=2))
    assert (bench.id_of("volte"), "open") in seen(found)


def test_a_transaction_that_comes_up_behind_a_later_one_is_read(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte")
    cursor = after(bench)[-1].cursor
    bench.change("iptv")
    bench.change("volte")
    last = list(bench.source().pull(cursor))[-1].cursor
    assert list(bench.source().pull(last))[-1].cursor == last, "what was read is not read again"
    first, second = last["seen"][-2:]
    late = {**last, "seen": [number for number in last["seen"] if number != first]}
    assert second in late["seen"]
    assert seen(records(bench.source().pull(late))) == [(bench.id_of("iptv"), "open")]


def test_when_all_is_read_and_old_enough_nothing_is_left_to_say(
    bench: RequestTrackerBench, middleman: Middleman
) -> None:
    bench.create("iptv")
    source = bench.source(url=middleman.url, lookback=0)
    bench.tracker.write(bench.id_of("iptv"), "later")
    cursor = list(source.pull({}))[-1].cursor
    while pages := list(source.pull(cursor)):
        cursor = pages[-1].cursor
    asked = len(middleman.paths)
    assert list(source.pull(cursor)) == []
    assert len(middleman.paths) == asked + 2


def test_messages_become_notes_and_comments_stay_among_those_who_may_see_them(bench: RequestTrackerBench) -> None:
    ticket = bench.tracker.create_ticket(bench.queue, "No dial tone", Content="Since this morning")
    bench.tracker.write(ticket, "A card is being replaced")
    bench.tracker.write(ticket, "among us", kind="comment")
    (record,) = records(after(bench, messages=True))
    document = render(MAPPING, record.data).document
    assert document["description"] == "Since this morning"
    assert [(note["author"], note["text"]) for note in document["note"]] == [("root", "A card is being replaced")]
    (plain,) = records(after(bench))
    assert "note" not in render(MAPPING, plain.data).document


def test_a_shredded_ticket_leaves_no_transaction_and_is_found_all_the_same(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte", "ftth")
    pages = after(bench, reconcile=0)
    bench.tracker.shred(bench.id_of("volte"))
    bench.tracker.change_ticket(bench.id_of("ftth"), Status="resolved")
    pages = after(bench, pages[-1], reconcile=0)
    told = dict(seen(records(pages)))
    assert told == {bench.id_of("volte"): "gone", bench.id_of("ftth"): "resolved"}
    assert records(after(bench, pages[-1], reconcile=0)) == []


def test_a_backfill_from_a_date_asks_for_no_ticket_of_old_and_is_found_out_where_it_is_not_heeded(
    bench: RequestTrackerBench, middleman: Middleman
) -> None:
    bench.create("old", "day-before", "new")
    stamps = {"old": "2026-11-19 23:59:59", "day-before": "2026-11-21 10:00:00", "new": "2026-11-22 10:00:00"}
    bench.tracker.set_times({bench.id_of(name): stamp for name, stamp in stamps.items()})
    source = bench.source(url=middleman.url)
    pages = list(source.pull({"since": "2026-11-22T00:00:00Z"}))
    listed = [bench.name_of(record) for record in pages[0].records]
    assert listed == ["day-before", "new"], "a day more, whatever the zone of our user"
    assert "since" not in pages[-1].cursor
    cut = {"since": "2026-11-22T00:00:00Z", "ticket": int(bench.id_of("day-before"))}
    again = next(iter(bench.source().pull({**pages[-1].cursor, **cut})))
    assert [bench.name_of(record) for record in again.records] == ["new"]
    old = {"id": bench.id_of("old"), "LastUpdated": "2026-11-19T23:59:59Z"}
    middleman.instead.append(Canned(status=200, body=json.dumps({"items": [old]}).encode()))
    with pytest.raises(FilterIgnored, match=f"ticket {old['id']} changed at 2026-11-19T23:59:59Z"):
        list(source.pull({**pages[-1].cursor, "ticket": 0, "since": "2026-11-22T00:00:00Z"}))


def test_what_was_merged_before_a_resync_is_gone_all_the_same(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte")
    pages = after(bench)
    bench.tracker.change_ticket(bench.id_of("volte"), MergeInto=bench.id_of("iptv"))
    source = bench.source()
    for since in (None, "2026-11-22T17:00:00Z"):
        found = records(source.pull(source.again(pages[-1].cursor, since)))
        assert (bench.id_of("volte"), "gone") in seen(found)
    # Before the first pull has come to its end there is nothing to keep.
    assert len(records(source.pull(source.again({}, None)))) == 1


def test_a_restart_of_the_tracker_loses_nothing(bench: RequestTrackerBench) -> None:
    bench.create("iptv", "volte")
    pages = after(bench)
    bench.tracker.kill()
    with pytest.raises(Unavailable):
        after(bench, pages[-1], max_wait=0)
    bench.tracker.start()
    bench.change("volte")
    assert seen(records(after(bench, pages[-1]))) == [(bench.id_of("volte"), "open")]


@pytest.mark.parametrize(
    ("row", "why"),
    [({"id": "1"}, "the filter was ignored"), ({"id": "99999999"}, "Created"), ({"ObjectId": "1"}, "answer")],
)
def test_rows_that_were_not_asked_for_or_say_nothing_end_the_pull(
    bench: RequestTrackerBench, middleman: Middleman, row: dict[str, str], why: str
) -> None:
    source = bench.source(url=middleman.url)
    source.check()
    middleman.instead.append(Canned(status=200, body=json.dumps({"items": [row]}).encode()))
    with pytest.raises(Unavailable, match=why):
        list(source.pull({"transaction": 10, "seen": []}))


def test_a_ticket_that_is_deleted_before_our_status_is_written_stays_deleted_and_that_is_told(
    bench: RequestTrackerBench, tmp_path: Path
) -> None:
    bench.create("iptv")
    ticket = bench.id_of("iptv")
    with polled(tmp_path, "request_tracker", bench.writing, ("status",)) as hub:
        hub.poll()
        hub.patch(ticket, status="inProgress")
        bench.tracker.change_ticket(ticket, Status="deleted")
        assert hub.poll()[-1] == ("StateChange", "cancelled")
        assert hub.written_back(ticket) == [(WriteBackState.DEAD, f"ticket {ticket} is deleted")]
        assert bench.tracker.status_of(ticket) == "deleted"


def test_a_reply_that_quotes_our_note_reaches_the_report(bench: RequestTrackerBench, tmp_path: Path) -> None:
    bench.create("iptv")
    ticket = bench.id_of("iptv")
    with polled(tmp_path, "request_tracker", bench.writing | {"messages": True}, ("note",)) as hub:
        hub.poll()
        hub.patch(ticket, note=[{"@type": "Note", "id": "n1", "text": "Please check", "author": "Ines"}])
        assert hub.poll() == []
        quoted = "\n".join(f"> {line}" for line in bench.tracker.comments(ticket)[0].splitlines())
        bench.tracker.write(ticket, f"I have replaced the card.\n\n{quoted}", kind="comment")
        hub.poll()
        texts = [note["text"].partition("\n")[0] for note in hub.report(ticket)["note"]]
        assert texts == ["Please check", "I have replaced the card."]
