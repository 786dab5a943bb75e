"""What every installed adapter promises, shown on the live system it reads, or on a fake where none can run here."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from hub.intake.digest import digest
from hub.intake.terms import place_again
from hub.ports import Lists, Record, SourceError
from hub.store.sources import Resync
from tests.contract.adapters_doc import row_of, rows, write
from tests.contract.benches import INSTALLED, able, mapping_of
from tests.real.bench import Bench
from tests.real.benches import records

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs/adapters.md"


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


@pytest.mark.parametrize("moves", ["what was read", "what was not"])
def test_a_change_between_two_pages_loses_nothing(bench: Bench, moves: str) -> None:
    names = {f"line-{number}" for number in range(5)}
    bench.create(*sorted(names))
    pull = bench.source(page_size=2).pull({})
    first = next(pull)
    read = {bench.name_of(record) for record in first.records}
    assert 0 < len(read) < len(names)
    moved = read if moves == "what was read" else {min(names - read)}
    for name in sorted(moved):
        bench.change(name)
    pages = [first, *pull]
    told = {bench.name_of(record) for record in records(pages)}
    assert told | moved == names, "what did not change meanwhile belongs to this pull"
    found = digests(bench, [*records(pages), *records(bench.source().pull(pages[-1].cursor))])
    assert found == digests(bench, records(bench.source().pull({}))), "as it is now"


def test_what_changes_in_the_instant_of_the_last_that_was_read_is_not_lost(bench: Bench) -> None:
    bench.create("iptv")
    bench.put_on_one_stamp()
    pages = list(bench.source().pull({}))
    bench.create("volte")
    bench.put_on_one_stamp()
    assert "volte" in {bench.name_of(record) for record in records(bench.source().pull(pages[-1].cursor))}


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


def test_a_ticket_that_is_deleted_is_told_of_or_missed(bench: Bench) -> None:
    """By a record, by its absence from a snapshot, or by its absence from all keys; and it alone."""
    delete = able(bench, "delete")
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({}))
    keys = {bench.name_of(record): record.key for record in records(pages)}
    delete("volte")
    source = bench.source()
    pages = list(source.pull(pages[-1].cursor))
    gone = {record.key for record in records(pages) if record.gone}
    if pages and all(page.snapshot for page in pages):
        gone |= {*keys.values()} - {record.key for record in records(pages)}
    if isinstance(source, Lists):
        gone |= {key for key in {*keys.values()} - {*source.keys()} if source.ask(key) is None}
    assert gone == {keys["volte"]}
