"""What one POST costs the sender: our transport, signing included, beside wrk, libcurl alone and `requests.post`."""

import json
import subprocess
from pathlib import Path

from benchmarks.children import SERVER_CORE, ChildFailed, clean_environment, pinned, python
from benchmarks.load import Load, has_wrk, press
from benchmarks.measure import Repeats, Sample
from benchmarks.nginx import Sink
from benchmarks.posting import IN_FLIGHT

OURS, BARE, NAIVE = "our transport, signed", "libcurl alone", "requests.post loop"
WRK = "wrk" if has_wrk() else "our own generator (no wrk)"


def measure(sink: Sink, body: bytes, folder: Path, *, repeats: int, scale: float) -> dict[str, Repeats]:
    """{sender: repeats}; all send the same body to the same sink from the same core."""
    found = {name: Repeats() for name in (OURS, BARE, WRK, NAIVE)}
    for _ in range(repeats):
        found[OURS].append(_posting("ours", sink, body, folder, round(30_000 * scale)))
        found[BARE].append(_posting("bare", sink, body, folder, round(30_000 * scale)))
        found[WRK].append(_pressed(sink, body, folder))
        found[NAIVE].append(_posting("naive", sink, body, folder, round(1_000 * scale)))
    return found


def _posting(how: str, sink: Sink, body: bytes, folder: Path, count: int) -> Sample:
    path = folder / "event.json"
    path.write_bytes(body)
    command = python("benchmarks.posting", how, f"{sink.url}/e/0", str(path), str(count))
    sink.begin()
    with pinned(SERVER_CORE):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=clean_environment(), check=False
        )
    if done.returncode:
        raise ChildFailed(f"{command!r} ended: {done.stderr[-800:]}")
    sample = Sample(**json.loads(done.stdout))
    arrived = sink.count()
    assert sample.count == arrived == count, f"{how}: {sample.count} succeeded, {arrived} arrived, of {count}"
    return sample


def _pressed(sink: Sink, body: bytes, folder: Path) -> Sample:
    load = Load(paths=("/e/0",), body=body)
    sink.begin()
    answered = press(sink.url, load, folder, seconds=1, connections=IN_FLIGHT, core=SERVER_CORE)
    arrived = sink.count()
    assert answered.failed == 0, f"{answered.failed} of {answered.count} requests failed"
    # What was in flight when the time was up has arrived, and is not in the generator's count.
    assert 0 <= arrived - answered.count <= IN_FLIGHT, f"{WRK} counts {answered.count}, the sink {arrived}"
    return Sample(count=answered.count, wall=answered.seconds, cpu=answered.cpu)
