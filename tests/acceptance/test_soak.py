"""The soak in its shortest form: a hub that keeps its promises passes it, and a listener that forgets is found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import environment

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def soak(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what it printed."""
    run = subprocess.run(
        [sys.executable, str(SOAK), "--json", *options],
        cwd=folder,
        env=environment(folder, TMPDIR=str(folder)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.stdout, run.stderr
    printed: dict[str, Any] = json.loads(run.stdout)
    return run.returncode, printed


@pytest.mark.slow
def test_after_kills_restarts_and_failing_listeners_everybody_holds_what_was_accepted(tmp_path: Path) -> None:
    code, found = soak(tmp_path, "--quick")
    assert found["differences"] == []
    assert code == 0
    assert found["accepted"] == found["events"] > 0
    assert found["deliveries"] <= found["attempts"]
    assert found["trouble"]["in a write"] >= 1
    assert sum(found["faults"].values()) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_listener_that_forgets_one_event_is_found_and_the_database_is_kept(tmp_path: Path) -> None:
    code, found = soak(tmp_path, "--minutes", "0.05", "--forget")
    assert code == 1
    assert [(one["fault"], one["where"]) for one in found["differences"]] == [
        ("untold", "deliveries to by report"),
        ("lost", "by report"),
    ]
    (kept,) = tmp_path.iterdir()
    assert (kept / "soak.db").is_file()
