"""The how-to for authors of adapters is true: its package builds, installs, and keeps what every adapter promises."""

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "write-an-adapter.md"
FILE = re.compile(r"^`(?P<name>[\w./]+)`[^\n]*:\n\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = {
    "pyproject.toml",
    "qos_hub_hotline/__init__.py",
    "qos_hub_hotline/source.py",
    "qos_hub_hotline/hotline.yaml",
    "qos_hub_hotline/bench.py",
}
SUITE = sorted((ROOT / "tests/contract").glob("test_every_adapter*.py"))
QUIET = ("-q", "-p", "no:cacheprovider")
CARELESS = {
    """        answer = self._http.get_json(path, params)
""": """        try:
            answer = self._http.get_json(path, params)
        except AuthFailed:
            return kind()
""",
    "import Check,": "import AuthFailed, Check,",
    """        for part in keyset.parts(cursor):
            yield Page(records=tuple(_record(ticket) for ticket in part.rows), cursor=part.cursor)
""": """        since = datetime.fromisoformat(cursor["since"]) if "since" in cursor else None
        place, rows = 0, None
        while rows is None or rows:
            rows = self._tickets(since, self._page_size, place)
            place += len(rows)
            last = {"since": rows[-1]["changed"]} if rows else cursor
            yield Page(records=tuple(map(_record, rows)), cursor=last)
""",
    """gone=ticket["state"] in ("deleted", "merged"),""": "",
}
"""What a careless author writes in place of what the how-to does."""
TIMELESS = "now=lambda: datetime.max.replace(tzinfo=UTC), clock=lambda: datetime.max.replace(tzinfo=UTC),"
TABLE = re.compile(r"(?<=    table:\n      new: acknowledged\n)(?:      \w+: \w+\n)+")
SETTINGS = """
[sources.helpdesk]
adapter = "hotline"
options = { url = "https://desk.example.test", username = "hub", password = "env:HELPDESK_PASSWORD" }
"""

pytestmark = pytest.mark.slow


def run(*words: str | Path, cwd: Path, ends: int = 0, **environ: str) -> str:
    """What a command says that ends with this status, in an environment without settings of the hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QOS_HUB_", "PYTEST_"))}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == ends, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def copied(python: Path, folder: Path) -> Path:
    """The package of the how-to once more, to be changed."""
    return shutil.copytree(python.parents[2] / "package/qos_hub_hotline", folder / "qos_hub_hotline")


def replace(file: Path, parts: Mapping[str, str]) -> None:
    """Put another text in the place of each part, which the file has once."""
    text = file.read_text("utf-8")
    for right, wrong in parts.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    file.write_text(text, "utf-8")


def failed(python: Path, folder: Path, tests: str) -> set[str]:
    """The tests of the suite that the package in a folder fails, of those that an expression names."""
    chosen: tuple[str | Path, ...] = (*QUIET, "-rf", *SUITE, "-k", f"hotline and ({tests})")
    said = run(python, "-m", "pytest", *chosen, cwd=ROOT, ends=1, PYTHONPATH=str(folder))
    return set(re.findall(r"^FAILED \S+::(test_\w+)\[", said, re.MULTILINE))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an environment that has all of ours, and the package that the how-to describes."""
    home = tmp_path_factory.mktemp("how-to")
    package = home / "package"
    for name, text in FILE.findall(HOW_TO.read_text("utf-8")):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, "utf-8")
    assert {str(path.relative_to(package)) for path in package.rglob("*.*") if path.is_file()} == FILES
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv/bin/python"
    ours = next(place for place in site.getsitepackages() if (Path(place) / "pytest").is_dir())
    (own,) = (home / "venv").glob("lib/python3*/site-packages")
    (own / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    wheel = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", home / "dist", package)
    run(*pip, *wheel, cwd=home)
    (built,) = (home / "dist").glob("*.whl")
    run(*pip, "--python", python, "install", "--quiet", "--no-deps", "--no-index", built, cwd=home)
    return python


def test_the_package_keeps_what_every_adapter_promises(python: Path) -> None:
    said = run(python, "-m", "pytest", *QUIET, "-rp", *SUITE, "-k", "hotline", cwd=ROOT)
    passed = set(re.findall(r"^PASSED \S+::(test_\w+)\[", said, re.MULTILINE))
    # This one does not write.
    tests = "".join(file.read_text("utf-8") for file in SUITE)
    assert passed == set(re.findall(r"^def (test_\w+)\(\s*(?!writable)\w", tests, re.MULTILINE))
    assert "skipped" not in said


def test_the_suite_finds_an_adapter_that_loses_tickets_without_a_word(python: Path, tmp_path: Path) -> None:
    """It takes a refusal for an empty hotline, pages by offset, and does not say what was deleted."""
    replace(copied(python, tmp_path) / "source.py", CARELESS)
    assert failed(python, tmp_path, "wrong_login or refusal or between or ignored or deleted") >= {
        "test_a_wrong_login_is_told_and_not_tried_again",
        "test_a_refusal_stops_a_pull_at_the_first_request_and_is_no_empty_system",
        "test_a_change_between_two_pages_loses_nothing",
        "test_a_filter_that_is_ignored_fails_the_pull",
        "test_a_ticket_that_is_deleted_is_told_of_or_missed",
    }


def test_the_suite_finds_a_mapping_that_knows_one_word_of_all(python: Path, tmp_path: Path) -> None:
    mapping = copied(python, tmp_path) / "hotline.yaml"
    assert TABLE.search(mapping.read_text("utf-8"))
    mapping.write_text(TABLE.sub("", mapping.read_text("utf-8")), "utf-8")
    replace(mapping, {"state: working": "state: new", "status: inProgress": "status: acknowledged"})
    replace(mapping, {"statusChangeReason: working": "statusChangeReason: new"})
    assert failed(python, tmp_path, "hear_of or mapping") >= {
        "test_listeners_hear_of_a_ticket_once_and_of_a_change_of_its_status_once"
    }


def test_the_suite_finds_an_adapter_that_is_led_astray_by_a_clock(python: Path, tmp_path: Path) -> None:
    """Its cursor goes wherever a stamp is."""
    replace(copied(python, tmp_path) / "source.py", {"now=self._http.now,": TIMELESS})
    assert failed(python, tmp_path, "clock") == {"test_a_clock_that_ran_ahead_and_is_put_right_hides_nothing"}


def test_the_hub_takes_the_adapter_and_its_mapping_from_the_package(python: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    said = run(python, "-m", "hub", "check", "--config", "settings.toml", cwd=tmp_path, HELPDESK_PASSWORD="reads")
    assert "helpdesk" in said
    assert "hotline.yaml" in said
    assert re.search(r"^adapters .*\bhotline\b", said, re.MULTILINE)
