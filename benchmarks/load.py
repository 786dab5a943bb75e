"""Load on a server: wrk on a core of its own, or our own generator where wrk is missing."""

import json
import re
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.children import LOAD_CORE, ChildFailed, clean_environment, pinned, python

HOW_TO_INSTALL = "wrk is missing (on Debian: apt-get install wrk): the load is our own, which is slower"

SCRIPT = """\
local paths, body = {}, nil
function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  if args[2] then
    local file = io.open(args[2]); body = file:read("*a"); file:close()
    wrk.method, wrk.body = "POST", body
    wrk.headers["Content-Type"] = "application/json"
  end
  wrk.path = paths[1]
  if #paths > 1 then request = each end  -- without it wrk writes its request once and sends that
end
local turn = 0
function each()
  turn = turn % #paths + 1
  return wrk.format(nil, paths[turn])
end
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format('RESULT {"count": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked for: one of `paths` after the other, as GET, or as POST of the body."""

    paths: tuple[str, ...]
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Times in seconds, percentiles in milliseconds; `cpu` is what the generator itself used."""

    count: int
    seconds: float
    failed: int
    p50: float
    p99: float
    cpu: float


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def press(
    url: str, load: Load, folder: Path, *, seconds: float, connections: int = 16, core: int = LOAD_CORE
) -> Answered:
    """Raises ChildFailed when the generator fails."""
    files = _written(load, folder)
    command = _wrk(url, folder, files, seconds, connections)
    if not has_wrk():
        command = python("benchmarks.client", url, str(seconds), str(connections), *files)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pinned(core):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            env=clean_environment(),
            check=False,
            stdin=subprocess.DEVNULL,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search("^RESULT (.*)$", done.stdout, re.MULTILINE)
    if not found:
        raise ChildFailed(f"{command[0]} gave no result: {done.stdout[-300:]}{done.stderr[-300:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Answered(**json.loads(found[1]), cpu=cpu)


def _written(load: Load, folder: Path) -> list[str]:
    paths = folder / "load.paths"
    paths.write_text("\n".join(load.paths) + "\n")
    if load.body is None:
        return [str(paths)]
    body = folder / "load.body"
    body.write_bytes(load.body)
    return [str(paths), str(body)]


def _wrk(url: str, folder: Path, files: list[str], seconds: float, connections: int) -> list[str]:
    script = folder / "load.lua"
    script.write_text(SCRIPT)
    # wrk takes whole seconds only.
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "--latency"]
    return ["wrk", *options, "-s", str(script), url, "--", *files]
