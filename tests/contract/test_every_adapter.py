"""What every installed adapter promises, shown on the live system it reads, or on a fake where none can run here."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from hub.intake.adapters import installed_adapters, make_source
from hub.intake.digest import digest
from hub.intake.mapping import render
from hub.intake.terms import place_again
from hub.model.problem import Status
from hub.model.write_back import WriteBackState
from hub.ports import AuthFailed, Record, Refused, SourceError, Unavailable, Writes, Writing
from hub.settings import SourceSettings
from hub.store.sources import Resync
from tests.contract.adapters_doc import row_of, rows, write
from tests.contract.benches import INSTALLED, LOCAL, WRITERS, all_tried, bench_of, mapping_of, middleman_of
from tests.real.benches import Bench, ServedBench, WritableBench, records
from tests.real.middleman import Canned, Middleman
from tests.real.polled import polled

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs/adapters.md"


@pytest.fixture(params=all_tried(installed_adapters()))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A fresh system with nothing in it, or an untouched part of one."""
    with bench_of(request.param, request, tmp_path) as bench:
        yield bench


@pytest.fixture(params=all_tried(installed_adapters().keys() - LOCAL))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServedBench]:
    """One that is asked over HTTP."""
    with bench_of(request.param, request, tmp_path) as bench:
        yield cast(ServedBench, bench)


@pytest.fixture
def middleman(served: ServedBench) -> Iterator[Middleman]:
    with middleman_of(served).serving() as serving:
        yield serving


def digests(bench: Bench, found: list[Record]) -> dict[str, bytes]:
    mapping = mapping_of(bench)
    return {record.key: digest(record.data, ignore=mapping.ignore, revision=mapping.revision) for record in found}


def test_check_says_who_we_are_and_that_the_clocks_agree(bench: Bench) -> None:
    check = bench.source().check()
    assert check.identity
    assert check.clock_skew is not None
    assert abs(check.clock_skew) < 5


def test_the_documentation_says_what_the_adapter_was_tried_on(bench: Bench) -> None:
    """With QOS_HUB_WRITE_ADAPTERS_DOC=1, which `make adapters-doc` sets, it is made to say so."""
    if (ROOT / "adapters" / bench.system).is_dir():
        row = row_of(bench, ROOT / "adapters" / bench.system / "README.md", installs=bench.system in INSTALLED)
        if os.environ.get("QOS_HUB_WRITE_ADAPTERS_DOC"):
            write(DOC, bench.system, row)
        assert rows(DOC.read_text("utf-8")).get(bench.system) == row, "run: make adapters-doc"


def test_the_documentation_lists_the_adapters_of_the_hub_and_no_others() -> None:
    shipped = {path.parent.name for path in (ROOT / "adapters").glob("*/source.py")}
    assert rows(DOC.read_text("utf-8")).keys() == shipped


def test_an_empty_system_yields_no_record(bench: Bench) -> None:
    assert records(bench.source().pull({})) == []


def test_the_first_pull_yields_what_was_created_once(bench: Bench) -> None:
    bench.create("iptv", "volte", "ftth")
    found = records(bench.source().pull({}))
    assert sorted(bench.name_of(record) for record in found) == ["ftth", "iptv", "volte"]
    assert len({record.key for record in found}) == 3
    assert all(record.updated.utcoffset() == timedelta(0) for record in found)


def test_a_record_keeps_its_key_and_its_digest_while_nothing_changes(bench: Bench) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({}))
    first = digests(bench, records(pages))
    again = digests(bench, records(bench.source().pull(pages[-1].cursor)))
    assert first
    assert again == {key: first[key] for key in again}


def test_a_cursor_passes_through_json_unharmed(bench: Bench) -> None:
    bench.create("iptv")
    for page in bench.source().pull({}):
        assert json.loads(json.dumps(page.cursor)) == page.cursor


def test_a_change_is_seen_under_the_same_key_with_another_digest(bench: Bench) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({}))
    before = digests(bench, records(pages))
    bench.change("volte")
    found = records(bench.source().pull(pages[-1].cursor))
    after = digests(bench, found)
    changed = {bench.name_of(record) for record in found if before[record.key] != after[record.key]}
    assert changed == {"volte"}


def test_more_than_a_page_on_one_stamp_is_read_whole_and_none_twice(bench: Bench) -> None:
    names = [f"line-{number}" for number in range(7)]
    bench.create(*names)
    bench.put_on_one_stamp()
    pages = list(bench.source(page_size=2).pull({}))
    assert sorted(bench.name_of(record) for record in records(pages)) == names
    assert all(len(page.records) <= 2 for page in pages)


def test_a_pull_cut_off_after_a_page_goes_on_from_its_cursor_and_loses_nothing(bench: Bench) -> None:
    names = {f"line-{number}" for number in range(5)}
    bench.create(*names)
    first = next(iter(bench.source(page_size=2).pull({})))
    rest = records(bench.source(page_size=2).pull(first.cursor))
    assert {bench.name_of(record) for record in (*first.records, *rest)} == names


def test_an_instant_before_all_others_is_one_as_any_other(bench: Bench) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({"since": "0001-01-01T00:00:00.000Z"}))
    assert sorted(bench.name_of(record) for record in records(pages)) == ["iptv", "volte"]
    again = records(bench.source().pull(pages[-1].cursor))
    assert {bench.name_of(record) for record in again} <= {"iptv", "volte"}


def test_an_instant_behind_all_others_breaks_nothing(bench: Bench) -> None:
    bench.create("iptv")
    try:
        pages = list(bench.source().pull({"since": "9999-12-31T23:59:59.999Z"}))
    except SourceError:
        return
    assert json.loads(json.dumps(pages[-1].cursor if pages else {})) is not None


def test_a_pull_since_an_instant_brings_what_changed_since_and_may_bring_more(bench: Bench) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({"since": "2020-01-01T00:00:00Z"}))
    assert sorted(bench.name_of(record) for record in records(pages)) == ["iptv", "volte"]
    assert json.loads(json.dumps(pages[-1].cursor)) == pages[-1].cursor
    for since in (None, "2020-01-01T00:00:00Z"):
        resync = Resync(id="again", since=since, notify=False)
        again = bench.source().pull(place_again(bench.source(), pages[-1].cursor, resync))
        assert {record.key for record in records(again)} == {record.key for record in records(pages)}


def test_a_failure_that_passes_is_tried_again_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead.append(Canned(status=502))
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_a_request_to_wait_is_followed_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead += [Canned(status=429, headers={"Retry-After": "0"})] * 5
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_a_system_that_cannot_be_reached_is_unavailable(served: ServedBench) -> None:
    with pytest.raises(Unavailable):
        list(served.source(url="http://127.0.0.1:1", max_wait=0).pull({}))


def test_an_answer_of_something_else_is_unavailable_and_no_empty_system(
    served: ServedBench, middleman: Middleman
) -> None:
    for body in (b"<html>welcome</html>", b'"hello"', b"{}"):
        middleman.instead.append(Canned(status=200, body=body))
        with pytest.raises(Unavailable):
            list(served.source(url=middleman.url).pull({}))


# -- what an adapter promises that writes


@pytest.fixture(params=all_tried(WRITERS))
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableBench]:
    with bench_of(request.param, request, tmp_path) as bench:
        yield cast(WritableBench, bench)


@pytest.fixture
def between(writable: WritableBench) -> Iterator[Middleman]:
    with middleman_of(writable).serving() as serving:
        yield serving


def writer_of(bench: WritableBench, **options: Any) -> Writes:
    source = make_source(
        "desk", SourceSettings(name="desk", adapter=bench.system, options=bench.writing | options)
    )
    assert isinstance(source, Writes)
    return source


def filed(bench: WritableBench, name: str = "iptv") -> str:
    """The key of a new ticket."""
    bench.create(name)
    return next(record.key for record in records(bench.source().pull({})) if bench.name_of(record) == name)


def status_of(bench: WritableBench, key: str) -> Status | None:
    *_, record = [record for record in records(bench.source().pull({})) if record.key == key]
    return render(mapping_of(bench), record.data).status


def text(key: str) -> Writing:
    return Writing(id=MADE, key=key, text="We look into it.\n\nThe card is being replaced", author="Ines")


def status(bench: WritableBench, key: str, wanted: Status = Status.IN_PROGRESS) -> Writing:
    return Writing(id=MADE, key=key, status=mapping_of(bench).words[wanted])


MADE = "019586a0-1c3f-7a41-9c55-2f8e6b3d4a10"


def test_an_adapter_that_writes_says_so_in_the_type_of_what_it_makes(bench: Bench) -> None:
    assert isinstance(bench.source(), Writes) is (bench.system in WRITERS)


def test_a_text_is_written_once_whole_with_its_author_and_its_mark(writable: WritableBench) -> None:
    key = filed(writable)
    for _ in range(2):
        writer_of(writable).write(text(key))
    (written,) = writable.texts_in(key)
    assert written.splitlines() == text(key).marked_text.splitlines()
    writer_of(writable).write(Writing(id=MADE.replace("10", "11"), key=key, text="And another", author=None))
    assert len(writable.texts_in(key)) == 2


def test_a_status_is_written_once_and_comes_back_as_the_one_that_was_meant(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    for _ in range(2):
        writer_of(writable, url=between.url).write(status(writable, key))
    assert len(between.changes) == 1
    assert status_of(writable, key) is Status.IN_PROGRESS


def test_a_write_that_came_through_unheard_is_found_and_not_made_again(
    writable: WritableBench, between: Middleman
) -> None:
    key, writer = filed(writable), writer_of(writable, url=between.url, max_wait=0)
    for change in (text(key), status(writable, key)):
        between.unheard.append(Canned(status=502))
        with pytest.raises(Unavailable):
            writer.write(change)
        writer.write(change)
    assert len(writable.texts_in(key)) == 1
    assert status_of(writable, key) is Status.IN_PROGRESS


def test_what_the_system_does_not_have_is_refused_with_its_reason(writable: WritableBench) -> None:
    writable.create("iptv")
    for change in (text("4711"), status(writable, "4711")):
        with pytest.raises(Refused, match="4711"):
            writer_of(writable).write(change)


def test_refused_credentials_stop_a_write_at_the_first_request(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    between.instead += [Canned(status=401)] * 3
    for change in (text(key), status(writable, key)):
        with pytest.raises(AuthFailed):
            writer_of(writable, url=between.url).write(change)
    assert len(between.paths) == 2
    assert writable.texts_in(key) == []


def test_an_answer_of_something_else_is_no_word_that_a_change_was_written(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    for body in (b"<html>welcome</html>", b'"hello"', b"{}"):
        between.instead += [Canned(status=200, body=body)]
        with pytest.raises(SourceError):
            writer_of(writable, url=between.url, max_wait=0).write(text(key))
    assert writable.texts_in(key) == []


def test_what_is_changed_here_goes_to_the_ticket_and_is_heard_of_by_nobody_again(
    writable: WritableBench, tmp_path: Path
) -> None:
    key = filed(writable)
    kinds = ("acknowledgement", "note", "status")
    with polled(tmp_path, writable.system, writable.writing, kinds) as hub:
        hub.poll()
        noted = [{"@type": "Note", "id": "n1", "text": "We look into it", "author": "Ines"}]
        for changes in ({"note": noted}, {"status": "inProgress"}):
            assert len(hub.patch(key, **changes)) == 1
            report = hub.report(key)
            assert [hub.poll() for _ in range(3)] == [[], [], []]
            assert hub.report(key) == report
        assert hub.written_back(key) == [(WriteBackState.WRITTEN, None)] * 2
        assert len(writable.texts_in(key)) == 1
        assert status_of(writable, key) is Status.IN_PROGRESS
