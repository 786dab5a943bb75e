"""The command `qos-hub` as a process of its own, forked from one that has imported the hub and read its contracts.

Hundreds of commands are started here, and each would spend most of its time on just that. What comes after it is the
command's own: its folder, environment, output, signals and exit code. The installed script is started by
tests/packaging, by the demonstration, and here where a variable of Python's own is set.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from hub.bootstrap import Contracts
from hub.cli import main

Contracts.shipped()
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def script() -> str:
    """The console script that stands beside the interpreter."""
    found = Path(sys.executable).parent / "qos-hub"
    assert found.is_file(), f"{found} is missing: the project must be installed, as in `pip install -e .`"
    return str(found)


class Command:
    """A process that has been started; `out` and `err` are files to which it appends, and may be the same.

    It may have no more open files than `descriptors`, and none of them longer than `file_size`.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        out: Path,
        err: Path,
        descriptors: int | None = None,
        file_size: int | None = None,
    ) -> None:
        self._forked: ForkServerProcess | None = None
        self._started: subprocess.Popen[bytes] | None = None
        limit = partial(_limit_files, descriptors, file_size)
        if any(name.startswith("PYTHON") and os.environ.get(name) != value for name, value in environ.items()):
            self._started = _start([script(), *arguments], folder, environ, out, err, limit)
        else:
            place = (folder, environ, out, err)
            self._forked = FORKS.Process(target=_become, args=(arguments, *place, limit), daemon=True)
            self._forked.start()

    @property
    def pid(self) -> int:
        process = self._forked or self._started
        assert process is not None
        assert process.pid is not None
        return process.pid

    @property
    def code(self) -> int | None:
        """The code with which it has ended, a signal's number with a minus before it; None while it runs."""
        if self._forked is not None:
            return self._forked.exitcode
        assert self._started is not None
        return self._started.poll()

    def wait(self, within: float) -> int:
        """The code with which it ends. Raises TimeoutError."""
        if self._forked is not None:
            self._forked.join(within)
        else:
            assert self._started is not None
            self._started.wait(within)
        code = self.code
        if code is None:
            raise TimeoutError(f"it still runs after {within:g} s")
        return code


def run(arguments: Sequence[str], *, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself within a minute."""
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        for path in (out, err):
            path.touch()
        code = Command(arguments, folder=folder, environ=environ, out=out, err=err).wait(60)
        return subprocess.CompletedProcess(["qos-hub", *arguments], code, out.read_text(), err.read_text())


def _limit_files(descriptors: int | None, file_size: int | None) -> None:
    if descriptors is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, resource.RLIM_INFINITY))


def _start(
    words: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    out: Path,
    err: Path,
    limit: Callable[[], None],
) -> "subprocess.Popen[bytes]":
    with out.open("ab") as told, err.open("ab") as complained:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=complained,
            preexec_fn=limit,
        )


def _become(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    out: Path,
    err: Path,
    limit: Callable[[], None],
) -> None:
    """In the forked process: be the command."""
    limit()
    for path, descriptor in ((out, 1), (err, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    main(list(arguments), prog_name="qos-hub")
