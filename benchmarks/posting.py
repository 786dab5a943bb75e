"""A child of the delivery benchmark: posts one body to one listener many times, signed by our transport or naively."""

import json
import sys
from pathlib import Path
from time import monotonic, process_time

import requests

from benchmarks.sender import settings_of
from hub.bootstrap import make_transport
from hub.delivery.sign import headers
from hub.delivery.transport.port import Outgoing
from hub.delivery.worker import CONTENT
from hub.model.times import system_clock

IN_FLIGHT = 64
SECRET = bytes(32)


def ours(url: str, body: bytes, count: int) -> int:
    """By the transport as it is shipped; every request is signed anew. Gives how many succeeded."""
    transport = make_transport(settings_of(Path("unused.db")), system_clock)

    def outgoing(number: int) -> Outgoing:
        signed = headers(SECRET, f"event-{number}", int(monotonic()), body)
        return Outgoing(key=number, url=url, headers=CONTENT + signed, body=body)

    sent = min(IN_FLIGHT, count)
    transport.submit([outgoing(number) for number in range(sent)])
    succeeded = 0
    while transport.in_flight():
        results = transport.wait(10)
        succeeded += sum(result.status == 204 for result in results)
        more = min(len(results), count - sent)
        transport.submit([outgoing(sent + number) for number in range(more)])
        sent += more
    transport.close(0)
    return succeeded


def naive(url: str, body: bytes, count: int) -> int:
    """As a first draft does it."""
    answers = (requests.post(url, data=body, headers=dict(CONTENT), timeout=10) for _ in range(count))
    return sum(answer.status_code == 204 for answer in answers)


def main(how: str, url: str, body: str, count: str) -> None:
    content = Path(body).read_bytes()
    post = {"ours": ours, "naive": naive}[how]
    begin, cpu = monotonic(), process_time()
    succeeded = post(url, content, int(count))
    print(json.dumps({"count": succeeded, "wall": monotonic() - begin, "cpu": process_time() - cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
