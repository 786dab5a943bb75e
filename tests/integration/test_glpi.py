"""The adapter of GLPI against a fake that keeps to its documents: stale sessions, ranges, zones, and a dustbin."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from marshmallow import ValidationError

import adapters.glpi
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored, Unavailable
from tests.fakes.benches import GlpiBench, glpi_bench
from tests.fakes.glpi import USER_TOKEN
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/glpi.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GlpiBench]:
    with glpi_bench(tmp_path) as bench:
        yield bench


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (1, Status.ACKNOWLEDGED),
        (2, Status.IN_PROGRESS),
        (3, Status.IN_PROGRESS),
        (4, Status.PENDING),
        (5, Status.RESOLVED),
        (6, Status.CLOSED),
    ],
)
def test_a_ticket_becomes_a_report_with_its_service_and_its_times(
    bench: GlpiBench, word: int, status: Status
) -> None:
    bench.fake.create("calls drop", c12=word, c76668="volte-north")
    (record,) = records(bench.source(columns={"service": 76668}).pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.status is status
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated == bench.fake.now
    assert rendered.document["affectedService"][0]["id"] == "volte-north"


def test_times_are_those_of_the_clock_on_the_wall_of_the_glpi(bench: GlpiBench) -> None:
    bench.fake.zone = ZoneInfo("Asia/Tokyo")
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    source = bench.source(timezone="Asia/Tokyo")
    pages = list(source.pull({}))
    assert records(pages)[-1].updated == bench.fake.now
    assert [bench.name_of(record) for record in records(source.pull(pages[-1].cursor))] == ["new"]


def test_a_filter_that_is_ignored_fails_the_run(bench: GlpiBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.ignores = True
    with pytest.raises(FilterIgnored, match="timezone"):
        list(bench.source().pull(cursor))


def test_a_stale_session_is_opened_anew_and_each_is_closed(bench: GlpiBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4")
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    bench.fake.sessions.clear()
    found += records(pull)
    assert [bench.name_of(record) for record in found] == ["line-1", "line-2", "line-3", "line-4"]
    assert bench.fake.sessions == set()


def test_a_range_behind_the_last_ticket_is_an_end_and_no_failure(bench: GlpiBench) -> None:
    bench.create("line-1", "line-2", "line-3")
    bench.put_on_one_stamp()
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    bench.fake.dustbin = {1, 2, 3}
    assert [bench.name_of(record) for record in [*found, *records(pull)]] == ["line-1", "line-2"]


def test_a_page_that_glpi_makes_smaller_is_not_taken_for_the_last(bench: GlpiBench) -> None:
    for name in ("iptv", "volte", "ftth"):
        bench.create(name)
    bench.fake.most = 2
    with pytest.raises(Unavailable, match="gave 2 tickets of 3 when asked for 3 from 0 on; is page_size more"):
        list(bench.source(page_size=3).pull({}))
    assert len(records(bench.source(page_size=2).pull({}))) == 3


def test_a_ticket_in_the_dustbin_is_not_listed_and_not_there(bench: GlpiBench) -> None:
    bench.create("iptv", "volte", "ftth")
    bench.fake.dustbin = {bench.id_of("volte")}
    source = bench.source(page_size=2)
    assert list(source.keys()) == [str(bench.id_of("iptv")), str(bench.id_of("ftth"))]
    assert source.ask(str(bench.id_of("volte"))) is None
    still = source.ask(str(bench.id_of("iptv")))
    assert still is not None
    assert bench.name_of(still) == "iptv"
    assert bench.fake.sessions == set()


def test_a_column_of_another_number_is_told_by_check(bench: GlpiBench) -> None:
    bench.fake.options[19] = "time_to_resolve"
    with pytest.raises(Unavailable, match="column 19"):
        bench.source().check()


def test_a_wrong_token_is_refused_after_exactly_one_request_and_never_told(
    bench: GlpiBench, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-token")
    with pytest.raises(AuthFailed) as refused:
        list(bench.source(user_token=f"file:{tmp_path / 'wrong'}").pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-token" not in str(refused.value)


def test_only_what_changed_since_is_read_again(bench: GlpiBench) -> None:
    bench.create("old")
    bench.fake.now += timedelta(minutes=5)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    assert [bench.name_of(record) for record in records(bench.source().pull(cursor))] == ["new"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("name", ["since", "at"])
def test_a_place_in_the_year_one_asks_for_everything(bench: GlpiBench, zone: str, name: str) -> None:
    bench.create("iptv", "volte")
    pages = list(bench.source(timezone=zone).pull({name: "0001-01-01T00:00:00Z"}))
    assert {bench.name_of(record) for record in records(pages)} == {"iptv", "volte"}


@pytest.mark.parametrize(
    ("wrong", "field"), [({"timezone": "Mars/Olympus"}, "timezone"), ({"user_token": USER_TOKEN}, "user_token")]
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "https://glpi.example.test", "user_token": "env:PATH"}
    with pytest.raises(ValidationError) as refused:
        adapters.glpi.make("desk", options | wrong)
    assert field in refused.value.messages_dict
