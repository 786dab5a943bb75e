"""The commands about sources, before records that no text can hold."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main

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


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["sources", *words, "--config", str(folder / "qos-hub.toml")])


def test_a_rehearsal_names_each_record_that_fails_and_goes_on(folder: Path) -> None:
    said = run(folder, "pull", "log", "--dry-run", "--json")
    assert said.exit_code == 0, said.output
    steps = [(step["key"], step["what"]) for step in json.loads(said.stdout)]
    assert steps == [
        ("\\ud800", "failed"),
        ("half", "failed"),
        ("good", "failed"),
        ("better", "ServiceProblemCreateEvent"),
    ]


def test_a_mapping_is_tried_on_such_records_too(folder: Path) -> None:
    said = run(folder, "try", "log", "--newest", "4", "--json")
    assert said.exit_code == 0, said.output
    assert [one["key"] for one in json.loads(said.stdout)] == ["better", "good", "half", "\ud800"]
    shown = run(folder, "try", "log", "--newest", "4")
    assert shown.exit_code == 0, shown.output
    assert "── ticket \\ud800, changed" in shown.stdout
    assert "no report could be made of it: its content cannot be kept" in shown.stdout
