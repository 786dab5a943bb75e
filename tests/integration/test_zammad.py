"""The adapter of Zammad against a fake that keeps to its documents: an index that lags, and a search that is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored
from tests.fakes.benches import ZammadBench, zammad_bench
from tests.fakes.vendor import Answer
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/zammad.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ZammadBench]:
    with zammad_bench(tmp_path) as bench:
        yield bench


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", Status.ACKNOWLEDGED),
        ("open", Status.IN_PROGRESS),
        ("pending reminder", Status.PENDING),
        ("pending close", Status.PENDING),
        ("closed", Status.CLOSED),
    ],
)
def test_a_ticket_becomes_a_report_with_its_service_and_its_times(
    bench: ZammadBench, word: str, status: Status
) -> None:
    bench.fake.create("calls drop", state=word, service="volte-north")
    (record,) = records(bench.source().pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.status is status
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated
    assert rendered.document["affectedService"][0]["id"] == "volte-north"


def test_a_ticket_that_changes_between_two_pages_hides_no_other(bench: ZammadBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4", "line-5")
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    bench.change("line-1")
    bench.change("line-4")
    found += records(pull)
    assert {bench.name_of(record) for record in found[:4]} == {"line-1", "line-2", "line-3", "line-5"}
    assert [bench.name_of(record) for record in found[4:]] == ["line-1", "line-4"]


def test_a_page_that_groups_have_shortened_is_not_the_last(bench: ZammadBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4", "line-5")
    bench.fake.hidden = {bench.id_of("line-2")}
    found = records(bench.source(page_size=2).pull({}))
    assert [bench.name_of(record) for record in found] == ["line-1", "line-3", "line-4", "line-5"]


def test_what_the_index_learns_late_is_read_within_the_lookback(bench: ZammadBench) -> None:
    bench.create("late", "last")
    bench.fake.lag = {bench.id_of("late")}
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.lag = set()
    assert [bench.name_of(record) for record in records(bench.source().pull(cursor))] == ["late", "last"]


def test_a_search_without_elasticsearch_is_found_out(bench: ZammadBench) -> None:
    bench.create("iptv")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.elasticsearch = False
    with pytest.raises(FilterIgnored, match="Elasticsearch"):
        list(bench.source().pull(cursor))


def test_a_search_that_forgets_the_condition_fails_the_run(bench: ZammadBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.ignores = True
    with pytest.raises(FilterIgnored, match="filter was ignored"):
        list(bench.source().pull(cursor))


def test_a_merged_ticket_is_gone_and_a_deleted_one_is_not_there(bench: ZammadBench) -> None:
    bench.create("iptv", "volte", "ftth")
    source = bench.source(page_size=2)
    cursor = list(source.pull({}))[-1].cursor
    bench.fake.change(bench.id_of("iptv"), state="merged")
    bench.fake.delete(bench.id_of("ftth"))
    gone = {bench.name_of(record) for record in records(source.pull(cursor)) if record.gone}
    assert gone == {"iptv"}
    assert sorted(source.keys()) == [str(bench.id_of("iptv")), str(bench.id_of("volte"))]
    assert source.ask(str(bench.id_of("ftth"))) is None
    still = source.ask(str(bench.id_of("volte")))
    assert still is not None
    assert bench.name_of(still) == "volte"


def test_a_ticket_that_moves_to_a_group_that_we_may_not_see_stops_no_run(bench: ZammadBench) -> None:
    bench.create("iptv", "volte")
    source = bench.source()
    cursor = list(source.pull({}))[-1].cursor
    bench.fake.change(bench.id_of("volte"), group="Secret")
    bench.fake.hidden = {bench.id_of("volte")}
    assert [bench.name_of(record) for record in records(source.pull(cursor))] == ["iptv"]
    assert source.ask(str(bench.id_of("volte"))) is None


def test_a_ticket_that_leaves_the_condition_stops_no_run(bench: ZammadBench) -> None:
    bench.create("iptv", "volte")
    source = bench.source(query='group.name:"NOC"')
    cursor = list(source.pull({}))[-1].cursor
    bench.fake.change(bench.id_of("volte"), group="Field")
    assert [bench.name_of(record) for record in records(source.pull(cursor))] == ["iptv"]


def test_a_wrong_token_is_refused_after_exactly_one_request_and_never_told(
    bench: ZammadBench, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-token")
    bench.fake.instead.append(Answer(status=401, body={"error": "not-the-token is unknown"}))
    with pytest.raises(AuthFailed) as refused:
        list(bench.source(token=f"file:{tmp_path / 'wrong'}").pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-token" not in str(refused.value)
