"""The commands about sources, before records that no text can hold."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.store.sqlite import Store

pytestmark = pytest.mark.usefixtures("own_log")

ROWS = (
    '{"number": "\\ud800", "sys_updated_at": "2026-11-22T10:00:00Z", "incident_state": "New"}\n'
    '{"number": "half", "sys_updated_at": "2026-11-22T10:00:01Z", "short_description": "a \\ud800", "id": 1e3}\n'
    f'{{"number": "good", "sys_updated_at": "2026-11-22T10:00:02Z", "incident_state": "New", "id": {2**70}}}\n'
    '{"number": "better", "sys_updated_at": "2026-11-22T10:00:03Z", "incident_state": "New"}\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.ndjson").write_text(ROWS)
    (tmp_path / "qos-hub.toml").write_text(
        f"""[store]
database = "{tmp_path / "hub.db"}"

[sources.log]
adapter = "files"

[sources.log.options]
folder = "{tmp_path}"
format = "ndjson"
key = ["number"]
stamp = "sys_updated_at"
"""
    )
    return tmp_path


def leave(database: Path) -> None:
    """A database of a hub that has polled the source."""
    store = Store(database, synchronous="NORMAL")
    store.write(lambda tables: tables.sources.ensure("log", "files"))
    store.close()


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["sources", *words, "--config", str(folder / "qos-hub.toml")])


def test_a_rehearsal_names_each_record_that_fails_and_goes_on(folder: Path) -> None:
    said = run(folder, "pull", "log", "--dry-run", "--json")
    assert said.exit_code == 0, said.output
    rehearsed = json.loads(said.stdout)
    assert [(step["key"], step["what"]) for step in rehearsed["step"]] == [
        ("better", "ServiceProblemCreateEvent"),
        ("\\ud800", "failed"),
        ("half", "failed"),
        ("good", "failed"),
    ]
    assert (rehearsed["count"], rehearsed["more"]) == ({"ServiceProblemCreateEvent": 1, "failed": 3}, 0)


def test_a_rehearsal_counts_what_it_does_not_show(folder: Path) -> None:
    one = {"sys_updated_at": "2026-11-22T10:00:00Z", "incident_state": "New"}
    rows = [one | {"number": f"INC{row}"} for row in range(120)]
    (folder / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = run(folder, "pull", "log", "--dry-run").stdout.splitlines()
    assert len(shown) == 101
    assert shown[-1] == "in all: 120 ServiceProblemCreateEvent; 20 more are not shown (--all)"
    shown = run(folder, "pull", "log", "--dry-run", "--all").stdout.splitlines()
    assert (len(shown), shown[-1]) == (121, "in all: 120 ServiceProblemCreateEvent")
    told = json.loads(run(folder, "pull", "log", "--dry-run", "--limit", "7", "--json").stdout)
    assert (told["count"], told["more"], len(told["step"])) == ({"ServiceProblemCreateEvent": 120}, 113, 7)


def test_a_rehearsal_that_the_source_ends_tells_what_comes_before(folder: Path) -> None:
    with (folder / "a.ndjson").open("a") as file:
        file.write("[]\n")
    said = run(folder, "pull", "log", "--dry-run")
    assert said.exit_code == 1
    assert said.stdout.splitlines()[-1] == "in all: 1 ServiceProblemCreateEvent, 3 failed"
    assert "a line is a JSON object" in said.stderr


def test_a_rehearsal_writes_nothing_into_the_database(folder: Path) -> None:
    database = folder / "hub.db"
    Store(database, synchronous="NORMAL").close()
    before, rows = database.read_bytes(), dump(database)
    said = run(folder, "pull", "log", "--dry-run")
    assert "in all: 1 ServiceProblemCreateEvent, 3 failed" in said.stdout
    assert (database.read_bytes(), dump(database)) == (before, rows)


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_a_mapping_is_tried_on_such_records_too(folder: Path) -> None:
    said = run(folder, "try", "log", "--newest", "4", "--json")
    assert said.exit_code == 0, said.output
    assert [one["key"] for one in json.loads(said.stdout)] == ["better", "good", "half", "\ud800"]
    shown = run(folder, "try", "log", "--newest", "4")
    assert shown.exit_code == 0, shown.output
    assert "── ticket \\ud800, changed" in shown.stdout
    assert "no report could be made of it: its content cannot be kept" in shown.stdout


@pytest.mark.parametrize(
    "words", [("show", "log"), ("resync", "log"), ("pull", "log", "--dry-run"), ("try", "log")]
)
def test_what_the_group_is_told_counts_for_its_subcommand(folder: Path, words: tuple[str, ...]) -> None:
    leave(folder / "hub.db")
    said = CliRunner().invoke(main, ["sources", "--json", "--config", str(folder / "qos-hub.toml"), *words])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)


def test_what_the_subcommand_is_told_wins_over_the_group(folder: Path) -> None:
    names = {name: folder / f"{name}.db" for name in ("hub", "group", "own")}
    for database in names.values():
        leave(database)
    before = {name: dump(database) for name, database in names.items()}
    group = ["sources", "--config", str(folder / "qos-hub.toml"), "--database", str(names["group"])]
    for words, changed in ((["--database", str(names["own"])], {"own"}), ([], {"own", "group"})):
        assert CliRunner().invoke(main, [*group, "resync", "log", *words]).exit_code == 0
        assert {name for name, database in names.items() if dump(database) != before[name]} == changed
