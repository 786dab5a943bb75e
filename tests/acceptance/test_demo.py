"""`make demo` by its own command: the main job with a real Roundup, to its end."""

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.running import command, environment
from tests.real.fixtures import cache

STEPS = (
    "filed in Roundup",
    "#1 ServiceProblemCreateEvent",
    "attempt 1 failed",
    "the listener is back",
    "resolved",
)


@pytest.mark.slow
def test_the_demonstration_shows_each_step_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [command(), "demo", "--once", "--folder", str(cache())],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    places = [done.stdout.index(step) for step in STEPS]
    assert places == sorted(places)
    assert "7 events recorded, 7 arrived: all, each once, in order" in done.stdout
    assert "/docs" in done.stdout


def test_the_demonstration_fails_in_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [command(), "demo", "--once", "--folder", str(tmp_path / "file" / "below")],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("qos-hub: ")
