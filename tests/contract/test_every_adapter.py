"""What every adapter promises, shown on the live system it reads."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.intake.digest import digest
from hub.intake.mapping import FieldMapping
from hub.intake.mapping_file import load_mapping
from hub.ports import Record, Unavailable
from tests.fakes.benches import FilesBench, RestBench, Tmf656Bench
from tests.fakes.desk_api import DeskApi
from tests.fakes.peers import PeerHub
from tests.real.benches import AlertmanagerBench, Bench, RoundupBench, ServedBench, records
from tests.real.middleman import Canned, Middleman

MAPPINGS = Path(__file__).parents[2] / "config/sources"
ADAPTERS = Path(__file__).parents[2] / "adapters"


SERVED = ("roundup", "alertmanager", "rest", "tmf656")
"""Adapters that speak HTTP."""
LOCAL = ("files",)


def new_bench(system: str, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    match system:
        case "roundup":
            return RoundupBench(request.getfixturevalue("roundup"), tmp_path / "password")
        case "alertmanager":
            return AlertmanagerBench(request.getfixturevalue("new_alertmanager")())
        case "rest":
            return RestBench(request.getfixturevalue("desk_api"))
        case "tmf656":
            return Tmf656Bench(request.getfixturevalue("peer_hub"))
        case _:
            return FilesBench(tmp_path)


@pytest.fixture
def desk_api() -> Iterator[DeskApi]:
    with DeskApi() as running:
        yield running


@pytest.fixture(scope="session")
def peer_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerHub]:
    with PeerHub(tmp_path_factory.mktemp("peer") / "hub", "hub-north") as running:
        yield running


@pytest.fixture(params=[*SERVED, *LOCAL])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """A system with nothing in it."""
    made: Bench = new_bench(request.param, request, tmp_path)
    return made


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> ServedBench:
    """One that is asked over HTTP."""
    made: ServedBench = new_bench(request.param, request, tmp_path)
    return made


@pytest.fixture
def middleman(served: ServedBench) -> Iterator[Middleman]:
    with Middleman(served.url).serving() as serving:
        yield serving


def test_every_adapter_is_here() -> None:
    assert {*SERVED, *LOCAL} == {file.parent.name for file in ADAPTERS.glob("*/source.py")}


def mapping_of(bench: Bench) -> FieldMapping:
    return load_mapping(MAPPINGS / f"{bench.system}.yaml")


def digests(bench: Bench, found: list[Record]) -> dict[str, bytes]:
    mapping = mapping_of(bench)
    return {record.key: digest(record.data, ignore=mapping.ignore, revision=mapping.revision) for record in found}


def test_check_says_who_we_are_and_that_the_clocks_agree(bench: Bench) -> None:
    check = bench.source().check()
    assert check.identity
    assert check.clock_skew is not None
    assert abs(check.clock_skew) < 5


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


def test_a_pull_since_an_instant_brings_what_changed_since_and_may_bring_more(bench: Bench) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source().pull({"since": "2020-01-01T00:00:00Z"}))
    assert sorted(bench.name_of(record) for record in records(pages)) == ["iptv", "volte"]
    assert json.loads(json.dumps(pages[-1].cursor)) == pages[-1].cursor


def test_a_failure_that_passes_is_tried_again_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead.append(Canned(status=502))
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
