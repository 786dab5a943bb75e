"""The how-to for authors of adapters is true: its package builds, installs, and keeps what every adapter promises."""

import os
import re
import site
import subprocess
import sys
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
SETTINGS = """
[sources.helpdesk]
adapter = "hotline"
options = { url = "https://desk.example.test", username = "hub", password = "env:HELPDESK_PASSWORD" }
"""

pytestmark = pytest.mark.slow


def run(*words: str | Path, cwd: Path, **environ: str) -> str:
    """What a command says, in an environment without settings of the hub."""
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
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


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
    suite = sorted((ROOT / "tests/contract").glob("test_every_adapter*.py"))
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite, "-k", "hotline", cwd=ROOT)
    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    # This one does not write.
    tests = "".join(file.read_text("utf-8") for file in suite)
    of_all = re.findall(r"^def test_\w+\(\s*(?!writable)\w", tests, re.MULTILINE)
    assert int(passed[1]) == len(of_all)


def test_the_hub_takes_the_adapter_and_its_mapping_from_the_package(python: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    said = run(python, "-m", "hub", "check", "--config", "settings.toml", cwd=tmp_path, HELPDESK_PASSWORD="reads")
    assert "helpdesk" in said
    assert "hotline.yaml" in said
