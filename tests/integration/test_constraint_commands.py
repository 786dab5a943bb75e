"""The commands about constraints, on the database of a hub."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from tests.integration.test_constraints import Watched

pytestmark = pytest.mark.usefixtures("own_log")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    desk = Watched(folder)
    desk.burst(8)
    desk.store.close()
    run(folder, "list")  # the first command on a database writes down what its settings index
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["constraints", *words, "--database", str(folder / "hub.db")])


def content_of(database: Path) -> list[str]:
    """All that is kept, whichever way the file holds it."""
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_constraints_are_listed_reviewed_and_summed_up(folder: Path) -> None:
    (one,) = json.loads(run(folder, "list", "--json").stdout)
    assert (one["key"]["value"], one["phase"]) == ("OLT-7", "confirmed")
    assert "OLT-7" in run(folder, "list", "--type", "resourceFailure").stdout
    assert json.loads(run(folder, "list", "--phase", "cleared", "--json").stdout) == []
    refused = run(folder, "review", one["id"])
    assert refused.exit_code == 2
    assert "--verdict" in refused.stderr
    said = json.loads(run(folder, "review", one["id"], "--verdict", "true", "--note", "a card", "--json").stdout)
    assert said["review"]["by"].startswith("cli:")
    week = json.loads(run(folder, "review", "--week", "2026-W09", "--json").stdout)
    assert (week["raised"]["resourceFailure"], week["precision"]["true"], week["explained"]) == (1, 1, 8)


def test_a_backtest_replays_what_is_here_and_writes_nothing(folder: Path) -> None:
    before = content_of(folder / "hub.db")
    told = json.loads(run(folder, "backtest", "--json").stdout)
    assert told["raised"]["resourceFailure"]["count"] == 1
    assert told["reports"] == 28 * 8 + 8
    assert "resourceFailure     1 raised" in run(folder, "backtest").stdout
    assert content_of(folder / "hub.db") == before


def test_a_backtest_of_a_file_tells_how_much_it_finds(folder: Path, tmp_path: Path) -> None:
    rows = ["id,time,resource,customer"]
    for hour in range(24 * 35):
        at = datetime(2026, 3, 1, 0, 10, tzinfo=UTC) + timedelta(hours=hour)
        rows += [f"r{hour},{at.isoformat()},node-{hour % 50},c{hour}"]
    file = tmp_path / "log.csv"
    file.write_text("\n".join(rows))
    told = json.loads(run(folder, "backtest", "--log", str(file), "--bursts", "5", "--json").stdout)
    assert told["weeks"] == pytest.approx(1, abs=0.01)
    assert {one["what"]: one["found"] for one in told["found"]}["10 reports in 30 min"] == 5
    missing = run(folder, "backtest", "--log", str(tmp_path / "none.csv"))
    assert missing.exit_code == 2


@pytest.mark.parametrize(
    ("days", "words", "said"),
    [
        ([], (), "over more than 28 days ([constraints] warm_up), which are only learnt; there are 0"),
        ([], ("--bursts", "5"), "over more than 28 days"),
        ([1, 4], (), "which are only learnt; there are 2, over 3 days"),
        (
            [1, 4, 30],
            ("--bursts", "5"),
            "between the first 28 days ([constraints] warm_up) and the last 30 minutes",
        ),
    ],
)
def test_a_log_that_is_too_short_to_be_judged_is_refused_with_how_long_one_is_needed(
    folder: Path, tmp_path: Path, days: list[int], words: tuple[str, ...], said: str
) -> None:
    rows = ["id,time,resource", *(f"r{day},2026-03-{day:02}T10:00:00Z,node-1" for day in days)]
    file = tmp_path / "log.csv"
    file.write_text("\n".join(rows))
    refused = run(folder, "backtest", "--log", str(file), *words)
    assert refused.exit_code == 2, refused.stdout
    assert refused.stderr.startswith("qos-hub: log: needs reports ")
    assert said in refused.stderr


def test_a_log_of_which_little_is_judged_needs_no_bursts(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("id,time\na,2026-03-01T10:00:00Z\nb,2026-04-20T10:00:00Z\n")
    told = json.loads(run(folder, "backtest", "--log", str(file), "--json").stdout)
    assert (told["reports"], told["found"]) == (2, [])


def test_a_log_is_replayed_without_a_database_and_makes_none(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("id,time\na,2026-03-01T10:00:00Z\nb,2026-04-20T10:00:00Z\n")
    told = run(tmp_path, "backtest", "--log", str(file), "--json")
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["reports"] == 2
    assert "there is no database" in run(tmp_path, "backtest").stderr
    assert not (tmp_path / "hub.db").exists()
