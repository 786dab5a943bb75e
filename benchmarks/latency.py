"""From a report that is posted to the listener that is told, at an even pace, through the hub as it is shipped."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import orjson
import requests
import uvloop

from benchmarks.children import LOAD_CORE, SERVER_CORE, free_port, pinned, python, running, wait_until_answers
from benchmarks.client import Line, connect, request_bytes
from benchmarks.contract import BASE, COLLECTION
from benchmarks.measure import memory_mb, percentile
from benchmarks.reports import report

LINES = 16
ARRIVES_WITHIN = 30.0
HEALTH = "/qos-hub/v1/health"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A report, when its POST was sent and when its answer was there."""

    id: str
    sent: float
    answered: float


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds. `accepted` counts from the answer of the POST, `sent` from the POST; `post` is the POST itself."""

    events: int
    rate: float
    accepted_p50: float
    accepted_p99: float
    sent_p50: float
    sent_p99: float
    post_p50: float
    post_p99: float
    memory_mb: float


def measure(folder: Path, *, rate: float, seconds: float) -> Latency:
    database, log, listener_log = folder / "latency.db", folder / "latency.log", folder / "listener.log"
    port, listener_port = free_port(), free_port()
    url, listener_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{listener_port}"
    allowed = {"QOS_HUB_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8"}
    command = python("hub", "serve", "--database", str(database), "--port", str(port))
    with (
        running(python("benchmarks.listener", str(listener_port)), core=LOAD_CORE, log=listener_log) as listener,
        running(command, core=SERVER_CORE, log=log, extra=allowed) as hub,
    ):
        wait_until_answers(f"{listener_url}/count", listener, listener_log)
        wait_until_answers(url + HEALTH, hub, log)
        registered = requests.post(f"{url}{BASE}/hub", json={"callback": f"{listener_url}/listener"}, timeout=10)
        registered.raise_for_status()
        with pinned(LOAD_CORE):
            posted = uvloop.run(post_evenly(url, rate, round(rate * seconds)))
        arrivals = _arrivals(listener_url, len(posted))
        most = memory_mb(hub.pid)[1]
    return _latency(posted, arrivals, most)


async def post_evenly(url: str, rate: float, count: int) -> list[Posted]:
    """An open loop: a post is due at its time, however long the ones before it take."""
    lines: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES):
        lines.put_nowait(await connect(url))
    begin = monotonic()

    async def post(number: int) -> Posted:
        line = await lines.get()
        sent = monotonic()
        status, body = await line.ask(request_bytes(COLLECTION, orjson.dumps(report(number))))
        answered = monotonic()
        lines.put_nowait(line)
        assert status == 201, f"the hub answered {status}: {body!r}"
        return Posted(id=orjson.loads(body)["id"], sent=sent, answered=answered)

    tasks = []
    for number in range(count):
        await asyncio.sleep(max(0.0, begin + number / rate - monotonic()))
        tasks.append(asyncio.create_task(post(number)))
    return await asyncio.gather(*tasks)


def _arrivals(url: str, count: int) -> dict[str, float]:
    """{report id: when its event arrived}, once all are there."""
    deadline = monotonic() + ARRIVES_WITHIN
    while True:
        received: list[tuple[str, int, float]] = json.loads(requests.get(f"{url}/received", timeout=10).text)
        if len(received) >= count:
            return {problem_id: time for problem_id, _, time in reversed(received)}
        assert monotonic() < deadline, f"{len(received)} of {count} events arrived"


def _latency(posted: Sequence[Posted], arrivals: dict[str, float], memory: float) -> Latency:
    accepted = [(arrivals[one.id] - one.answered) * 1000 for one in posted]
    sent = [(arrivals[one.id] - one.sent) * 1000 for one in posted]
    post = [(one.answered - one.sent) * 1000 for one in posted]
    span = posted[-1].sent - posted[0].sent
    return Latency(
        events=len(posted),
        rate=(len(posted) - 1) / span,
        accepted_p50=percentile(accepted, 0.5),
        accepted_p99=percentile(accepted, 0.99),
        sent_p50=percentile(sent, 0.5),
        sent_p99=percentile(sent, 0.99),
        post_p50=percentile(post, 0.5),
        post_p99=percentile(post, 0.99),
        memory_mb=memory,
    )
