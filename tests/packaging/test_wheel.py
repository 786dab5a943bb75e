"""The package as a stranger gets it: built, installed in a clean environment, started, and asked."""

import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds for a fresh process to answer; the machine may be busy with other tests."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Archives:
    sdist: Path
    wheel: Path


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A clean environment that holds the wheel and nothing of this tree, and an empty folder to work in."""

    python: Path
    command: Path
    folder: Path

    def environ(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith(("QOS_HUB_", "PYTHON"))}


def run(*words: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def pip(python: Path, *words: str | Path, cwd: Path) -> str:
    """What pip prints, working on the environment of `python`."""
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    return run(*command, *words, cwd=cwd).stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """The sdist of this tree, and the wheel built from that sdist."""
    out = tmp_path_factory.mktemp("archives")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return Archives(sdist=sdist, wheel=wheel)


@pytest.fixture(scope="module")
def installed(archives: Archives, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The pip of this environment fills the clean one; what of it is never imported need not be compiled."""
    home = tmp_path_factory.mktemp("clean")
    python = home / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    install = ("install", "--quiet", "--no-compile", "--constraint", ROOT / "constraints.txt", archives.wheel)
    pip(python, *install, cwd=home)
    folder = home / "work"
    folder.mkdir()
    return Installed(python=python, command=python.parent / "qos-hub", folder=folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(session: requests.Session, url: str, process: subprocess.Popen[bytes]) -> requests.Response:
    """The first answer of a process that has just been started."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return session.get(url, timeout=5)
        except requests.ConnectionError:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            assert time.monotonic() < deadline, f"no answer from {url} within {PATIENCE:g} seconds"
            time.sleep(0.05)  # between two looks; a new process cannot tell us when it listens


@pytest.fixture(scope="module")
def server(installed: Installed) -> Iterator[str]:
    """The address of `qos-hub serve`, run by the clean environment in an empty folder."""
    port = free_port()
    log = installed.folder / "serve.log"
    words = [str(installed.command), "serve", "--port", str(port), "--database", str(installed.folder / "hub.db")]
    with log.open("wb") as out:
        process = subprocess.Popen(words, cwd=installed.folder, env=installed.environ(), stdout=out, stderr=out)
        try:
            with requests.Session() as session:
                answer(session, f"http://127.0.0.1:{port}/qos-hub/v1/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            code = process.wait(timeout=PATIENCE)
    assert code == 0, log.read_text(encoding="utf-8")


def tree(folder: str) -> set[str]:
    """The files of a folder of this checkout, by their path in it."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_the_contract_and_the_settings_inside_the_package(archives: Archives) -> None:
    expected = {f"hub/_shipped/{name}" for name in tree("openapi") | tree("config")}
    assert expected
    assert {name for name in names_in_wheel(archives.wheel) if name.startswith("hub/_shipped/")} == expected


def test_the_wheel_installs_no_other_top_level_names(archives: Archives) -> None:
    tops = {name.split("/")[0] for name in names_in_wheel(archives.wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hub", "adapters"}


def test_the_sdist_has_the_folders_under_their_own_names(archives: Archives) -> None:
    with tarfile.open(archives.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tree("openapi") | tree("config") | tree("hub") <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "constraints.txt"} <= names


def test_a_wheel_built_from_the_tree_holds_what_one_built_from_the_sdist_holds(
    archives: Archives, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    assert names_in_wheel(wheel) == names_in_wheel(archives.wheel)


def test_a_clean_environment_gets_what_the_hub_needs_and_nothing_else(installed: Installed) -> None:
    listed = pip(installed.python, "list", "--format", "json", cwd=installed.folder)
    names = {entry["name"].lower().replace("_", "-") for entry in json.loads(listed)}
    assert {"qos-hub", "connexion", "pycurl", "uvicorn"} <= names
    # niquests would bring urllib3-future, which takes the place of urllib3 under requests.
    assert not names & {"pytest", "mypy", "schemathesis", "niquests", "urllib3-future"}
    pip(installed.python, "check", cwd=installed.folder)


def test_the_installed_program_finds_its_files_inside_the_package(installed: Installed) -> None:
    code = "from hub import shipped; print(shipped.openapi_dir()); print(shipped.config_dir())"
    found = run(installed.python, "-c", code, cwd=installed.folder, environ=installed.environ()).stdout.split()
    assert [Path(line).parts[-3:] for line in found] == [
        ("hub", "_shipped", name) for name in ("openapi", "config")
    ]
    assert all(Path(line).is_relative_to(installed.python.parents[1]) for line in found)


def test_the_adapters_are_found_by_their_entry_points(installed: Installed) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='qos_hub.adapters'): print(point.name, callable(point.load()))"
    )
    found = run(installed.python, "-c", code, cwd=installed.folder, environ=installed.environ()).stdout
    adapters = sorted(path.parent.name for path in (ROOT / "adapters").glob("*/source.py"))
    assert sorted(found.splitlines()) == [f"{name} True" for name in adapters]


def test_the_check_command_is_content_with_the_shipped_settings(installed: Installed) -> None:
    done = run(installed.command, "check", cwd=installed.folder, environ=installed.environ())
    assert "Warning" not in done.stderr


def test_the_installed_server_is_ready(server: str) -> None:
    health = requests.get(f"{server}/qos-hub/v1/health", timeout=10)
    assert health.status_code == 200
    assert health.json()["ready"] is True


def test_the_installed_server_gives_out_the_contract_that_it_was_built_with(server: str) -> None:
    served = requests.get(f"{server}/openapi/serviceProblem-v5.yaml", timeout=10)
    assert served.status_code == 200
    assert served.content == (ROOT / "openapi" / "serviceProblem-v5.yaml").read_bytes()


def test_the_installed_server_shows_its_documentation(server: str) -> None:
    page = requests.get(f"{server}/docs", timeout=10)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_an_editable_install_finds_the_files_in_the_checkout(tmp_path: Path) -> None:
    try:
        origin = importlib.metadata.distribution("qos-hub").read_text("direct_url.json") or "{}"
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("qos-hub is not installed in the environment that runs the tests")
    if not json.loads(origin).get("dir_info", {}).get("editable"):
        pytest.skip("qos-hub is not installed in the editable way here")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = "from hub import shipped; print(shipped.openapi_dir()); print(shipped.config_dir())"
    found = run(sys.executable, "-c", code, cwd=tmp_path, environ=environ).stdout.split()
    assert found == [str(ROOT / "openapi"), str(ROOT / "config")]
