"""`make demo` by its own command: the main job with a real Roundup, to its end."""

import re
import subprocess
from pathlib import Path

import pytest

from hub.demo.hub_process import OPERATIONS, HubEnded, HubProcess
from tests.acceptance.commands import script
from tests.acceptance.running import environment
from tests.real.fixtures import cache

STEPS = (
    "filed in Roundup",
    "#1 ServiceProblemCreateEvent",
    "attempt 1 failed",
    "attempt 2 failed",
    "the listener is back",
    "resolved",
)


@pytest.mark.slow
def test_the_demonstration_shows_each_step_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [script(), "demo", "--once", "--folder", str(cache())],
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
    failed = [int(number) for number in re.findall(r"attempt (\d+) failed", done.stdout)]
    assert failed == list(range(1, len(failed) + 1)), "each attempt that fails is shown, once and in order"
    assert "7 events recorded, 7 arrived: all, each once, in order" in done.stdout
    assert "/docs" in done.stdout
    (path,) = re.findall(r"as a management report: file://(\S+)", done.stdout)
    page = Path(path).read_text("utf-8")
    assert "SLA compliance: 100 % (1 of 1" in page
    assert "iptv-north" in page


def test_the_demonstration_fails_in_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [script(), "demo", "--once", "--folder", str(tmp_path / "file" / "below")],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"qos-hub: cannot make the folder {tmp_path / 'file' / 'below' / 'run'}: Not a dir"
    )


def a_hub(folder: Path) -> HubProcess:
    """A hub whose trouble system does not answer."""
    return HubProcess(folder, tracker_url="http://127.0.0.1:9", tracker_password="none")


def test_the_hub_of_the_demonstration_is_asked_without_the_proxies_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with a_hub(tmp_path) as hub:
        assert hub.get(f"{OPERATIONS}/health")


def test_a_hub_of_the_demonstration_that_has_ended_is_told_in_a_sentence(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        pass
    with pytest.raises(HubEnded, match="the hub ended"):
        hub.get(f"{OPERATIONS}/health")
    with pytest.raises(HubEnded, match="the hub ended"):
        hub.register("http://127.0.0.1:9/")
