"""What one POST costs the sender: our transport, signing included, beside wrk, libcurl alone and `requests.post`.

And the same over TLS, to the same nginx."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.children import SERVER_CORE, ChildFailed, clean_environment, pinned, python
from benchmarks.load import Load, has_wrk, press
from benchmarks.measure import Repeats, Sample
from benchmarks.nginx import Sink
from benchmarks.posting import IN_FLIGHT

OURS, BARE, NAIVE = "our transport, signed", "libcurl alone", "requests.post loop"
OURS_TLS, OURS_HTTP2 = "the same over TLS, HTTP/1.1", "the same over TLS, HTTP/2"
WRK = "wrk" if has_wrk() else "our own generator (no wrk)"
WRK_TLS = "wrk over TLS, HTTP/1.1"


def measure(sink: Sink, body: bytes, folder: Path, *, repeats: int, scale: float) -> dict[str, Repeats]:
    """{sender: repeats}; all send the same body to the same sink from the same core."""
    many, few = round(30_000 * scale), round(1_000 * scale)
    ways: dict[str, Callable[[], Sample]] = {
        OURS: lambda: _posting("ours", sink, sink.url, body, folder, many),
        BARE: lambda: _posting("bare", sink, sink.url, body, folder, many),
        WRK: lambda: _pressed(sink, sink.url, body, folder),
        NAIVE: lambda: _posting("naive", sink, sink.url, body, folder, few),
    }
    if sink.kind == "nginx":
        ways[OURS_TLS] = lambda: _posting("ours", sink, sink.tls, body, folder, many // 2)
        ways[OURS_HTTP2] = lambda: _posting("ours", sink, sink.http2, body, folder, many // 2)
    if sink.kind == "nginx" and has_wrk():
        ways[WRK_TLS] = lambda: _pressed(sink, sink.tls, body, folder)
    found = {name: Repeats() for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(way())
    return found


def _posting(how: str, sink: Sink, url: str, body: bytes, folder: Path, count: int) -> Sample:
    path = folder / "event.json"
    path.write_bytes(body)
    command = python("benchmarks.posting", how, f"{url}/e/0", str(path), str(count), str(sink.ca_file))
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


def _pressed(sink: Sink, url: str, body: bytes, folder: Path) -> Sample:
    load = Load(paths=("/e/0",), body=body)
    sink.begin()
    answered = press(url, load, folder, seconds=1, connections=IN_FLIGHT, core=SERVER_CORE)
    arrived = sink.count()
    assert answered.failed == 0, f"{answered.failed} of {answered.count} requests failed"
    # What was in flight when the time was up has arrived, and is not in the generator's count.
    assert 0 <= arrived - answered.count <= IN_FLIGHT, f"{WRK} counts {answered.count}, the sink {arrived}"
    return Sample(count=answered.count, wall=answered.seconds, cpu=answered.cpu)
