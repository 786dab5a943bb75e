"""Debian's packages, unpacked into a folder: programs run from there, and the machine stays as it is."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from hub.demo.roundup import CannotStart

NEW = re.compile(r"^Inst (\S+) \(", re.MULTILINE)
"""A package that an installation would add: one that is there already has its version in brackets first."""
PATHS = re.compile(r"""['"](?=/(usr|etc|var)/)""")
NEEDLESS = re.compile(r"exim4.*|dbconfig.*|fonts-.*|perl-doc|graphviz|rt5-clients")
"""Packages that Debian asks for, and that nothing calls here."""


def unpack(home: Path, *packages: str, finish: Callable[[], None]) -> None:
    """Lay the packages, and what they need and the machine has not, into `home`; `finish` then makes them usable.

    Once for all runs, and one process at a time. It needs no root where apt knows its packages; nothing is
    installed, so no service starts, and nothing outside `home` changes. Raises CannotStart.
    """
    with only_one(home.with_suffix(".lock")):
        if (home / "unpacked").exists():
            return
        shutil.rmtree(home, ignore_errors=True)
        archives = home / "archives"
        archives.mkdir(parents=True)
        _download(archives, packages)
        with ThreadPoolExecutor(os.cpu_count()) as several:
            list(several.map(lambda archive: run(["dpkg", "-x", str(archive), "."], home), archives.glob("*.deb")))
        shutil.rmtree(archives)
        finish()
        (home / "unpacked").touch()


def run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a command prints. Raises CannotStart when it fails or when the machine has no such command."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=None if environment is None else os.environ | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotStart(
            f"this machine has no {command[0]}, and the program comes from Debian's package"
        ) from error
    if done.returncode != 0:
        raise CannotStart(f"{' '.join(command)[:200]} failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def move_paths(file: Path, home: Path) -> None:
    """Let a script name the folders below `home` wherever it names the machine's own in quotes."""
    file.write_text(PATHS.sub(lambda quote: f"{quote.group()}{home}", file.read_text()))


def libraries(home: Path) -> str:
    """Where the shared libraries of the packages are."""
    (folder,) = (home / "usr/lib").glob("*-linux-gnu")
    return str(folder)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _download(archives: Path, packages: Sequence[str]) -> None:
    try:
        _download_known(archives, packages)
    except CannotStart:
        if os.geteuid() != 0:
            raise
        # A fresh machine knows no packages yet, or none that are still offered.
        run(["apt-get", "update", "-q"], archives)
        _download_known(archives, packages)


def _download_known(archives: Path, packages: Sequence[str]) -> None:
    plan = run(["apt-get", "install", "-q", "--simulate", "--no-install-recommends", *packages], archives)
    needed = {name for name in NEW.findall(plan) if not NEEDLESS.fullmatch(name)} | set(packages)
    run(["apt-get", "download", "-q", *sorted(needed)], archives)
