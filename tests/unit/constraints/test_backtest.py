"""What the detectors find of what is put into a stream, and how often they raise something without it."""

from pathlib import Path

import pytest

from benchmarks.constraint_log import made_up, of_service_desk
from hub.constraints.backtest import MINUTE, replay, wilson
from hub.constraints.backtest_bursts import bursts
from hub.constraints.backtest_surges import surges
from hub.constraints.episodes import Phase
from hub.constraints.findings import Rules
from hub.constraints.logs import read_log
from hub.constraints.profile import DAY, HOUR
from hub.constraints.sightings import Key, Kind, Sighting
from hub.constraints.topology import NONE, Topology
from hub.errors import InvalidInput
from hub.model.constraint import Type

LOG = Path(__file__).resolve().parents[3] / "../shared/data/uci498_servicenow/incident_event_log.zip"
RULES = Rules(windows=(30 * MINUTE, 4 * HOUR), span=4 * HOUR, lateness=2 * HOUR, warm_up=28 * DAY, dispersion=1.3)


@pytest.fixture(scope="module")
def stream() -> list[Sighting]:
    return made_up(weeks=8, volume=0.6)


def test_little_is_raised_where_nothing_is_put_in(stream: list[Sighting]) -> None:
    clean = replay(stream, RULES)
    assert clean.weeks == pytest.approx(4, abs=0.1)
    assert (clean.per_week(Type.RESOURCE_FAILURE) or 0) <= 15
    assert (clean.per_week(Type.RESOURCE_FAILURE, confirmed=True) or 0) <= 4
    assert (clean.alarm_hours_per_week() or 0) <= 1.5


def test_bursts_are_found(stream: list[Sighting]) -> None:
    four = bursts(stream, RULES, reports=4, count=40, seed=1, within=15 * MINUTE)
    assert four.tried == 40
    assert (four.share or 0) >= 0.85
    ten = bursts(stream, RULES, reports=10, count=40, seed=2, within=15 * MINUTE, phase=Phase.CONFIRMED)
    assert (ten.share or 0) >= 0.95
    assert (ten.minutes or 99) <= 15


def test_surges_are_found(stream: list[Sighting]) -> None:
    found = surges(stream, RULES, factor=4, count=40, seed=1, within=2 * HOUR)
    assert found.tried == 40
    assert found.found >= 0.9 * found.tried
    assert found.in_time >= 0.75 * found.tried


def test_a_surge_of_nothing_is_not_found(stream: list[Sighting]) -> None:
    found = surges(stream, RULES, factor=1, count=40, seed=1, within=2 * HOUR)
    assert found.tried == 40
    assert found.found <= 0.05 * found.tried


def test_surges_on_one_service_are_found(stream: list[Sighting]) -> None:
    services = [one._replace(keys=(*one.keys, service_of(one))) for one in stream]
    found = surges(services, RULES, factor=6, count=20, seed=1, within=2 * HOUR, kind=Kind.SERVICE)
    assert found.tried == 20
    assert found.in_time >= 0.8 * found.tried


def service_of(one: Sighting) -> Key:
    """One of four, by the site."""
    return Key(Kind.SERVICE, f"service-{int(one.keys[0].value.removeprefix('site-')) % 4}")


@pytest.mark.slow
@pytest.mark.skipif(not LOG.exists(), reason=f"{LOG} is not here")
def test_the_bar_holds_on_the_log_of_a_real_desk() -> None:
    real = of_service_desk(LOG)
    clean = replay(real, RULES)
    assert (clean.per_week(Type.RESOURCE_FAILURE) or 99) <= 4
    assert (clean.per_week(Type.RESOURCE_FAILURE, confirmed=True) or 99) <= 1
    assert (clean.alarm_hours_per_week() or 0) <= 1
    three = surges(real, RULES, factor=3, count=60, seed=1, within=2 * HOUR)
    assert three.in_time >= 0.85 * three.tried
    four = bursts(real, RULES, reports=4, count=60, seed=1, within=15 * MINUTE)
    assert (four.share or 0) >= 0.85
    ten = bursts(real, RULES, reports=10, count=60, seed=1, within=15 * MINUTE, phase=Phase.CONFIRMED)
    assert (ten.share or 0) >= 0.95
    assert (ten.minutes or 99) <= 10


def test_an_interval_of_a_share_is_wilsons() -> None:
    assert wilson(2, 5) == pytest.approx((0.118, 0.769), abs=0.001)


def test_a_log_is_read_from_csv_and_from_lines_of_json(tmp_path: Path) -> None:
    flat = tmp_path / "log.csv"
    flat.write_text("id,time,resource,customer\nb,2026-03-01T12:05:00Z,ont-1,acme\na,2026-03-01T12:00:00Z,,\n")
    first, second = read_log(flat, Topology(parents={"ont-1": "olt-7"}))
    assert (first.problem_id, first.party, first.keys) == ("a", "a", ())
    assert second.party == "acme"
    assert [key.value for key in second.keys] == ["ont-1", "olt-7"]
    lines = tmp_path / "log.ndjson"
    lines.write_text(
        '{"id": "p1", "creationDate": "2026-03-01T12:00:00Z", "affectedLocation": [{"place": {"id": "s1"}}]}\n'
    )
    (one,) = read_log(lines, NONE)
    assert (one.problem_id, one.keys) == ("p1", (Key(Kind.REGION, "s1"),))


@pytest.mark.parametrize(
    "text", ["id,resource\na,b\n", "id,time\na,yesterday\n", "id,time\na,2026-03-01T12:00:00\n"]
)
def test_a_log_without_times_is_refused_with_its_row(tmp_path: Path, text: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text)
    with pytest.raises(InvalidInput, match="row 1 needs a time"):
        read_log(file, NONE)
