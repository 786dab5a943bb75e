"""A child of the delivery benchmark: posts one body to one listener many times, in one of three ways."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time

import pycurl
import requests

from benchmarks.sender import settings_of
from hub import memory
from hub.bootstrap import make_transport
from hub.delivery.outgoing import CONTENT
from hub.delivery.sign import headers, signer_of
from hub.delivery.transport.curl_loop import CurlLoop
from hub.delivery.transport.port import Outgoing
from hub.model.credentials import SignatureKind, SigningKey
from hub.model.times import system_clock

IN_FLIGHT = 64
SIGNER = signer_of(SigningKey(kind=SignatureKind.V1, key=bytes(32)))


@dataclass(kw_only=True)
class Posted:
    """How many succeeded, and how many of them over a connection that was there before, where that is known."""

    succeeded: int = 0
    reused: int | None = None


def ours(url: str, body: bytes, count: int, ca_file: str) -> Posted:
    """By the transport as it is shipped; every request is signed anew."""
    transport = make_transport(settings_of(Path("unused.db"), ca_file=ca_file), system_clock)
    succeeded = reused = 0

    def outgoing(number: int) -> Outgoing:
        signed = headers((SIGNER,), f"event-{number}", round(monotonic() * 1e6), body)
        return Outgoing(number, url, CONTENT + signed, body)

    sent = min(IN_FLIGHT, count)
    transport.submit([outgoing(number) for number in range(sent)])
    while transport.in_flight():
        results = transport.wait(10)
        for result in results:
            succeeded += result.status == 204
            reused += result.reused
        more = min(len(results), count - sent)
        transport.submit([outgoing(sent + number) for number in range(more)])
        sent += more
    transport.close(0)
    return Posted(succeeded=succeeded, reused=reused)


def bare(url: str, body: bytes, count: int, _: str) -> Posted:
    """libcurl with nothing of ours around it but the loop: what is between this and `ours` is the hub's."""
    loop = CurlLoop(IN_FLIGHT)
    handles = [_bare_handle(url, body) for _ in range(min(IN_FLIGHT, count))]
    started = len(handles)
    for handle in handles:
        loop.multi.add_handle(handle)
    succeeded = 0
    while succeeded < count:
        loop.turn(10)
        _, complete, failed = loop.multi.info_read(IN_FLIGHT)
        assert not failed, f"libcurl failed: {failed[0][2]}"
        for handle in complete:
            loop.multi.remove_handle(handle)
            if started < count:
                loop.multi.add_handle(handle)
                started += 1
        succeeded += len(complete)
    return Posted(succeeded=succeeded)


def _bare_handle(url: str, body: bytes) -> pycurl.Curl:
    signed = CONTENT + headers((SIGNER,), "event", 0, body)
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.HTTPHEADER, ["Expect:", *[f"{name}: {value}" for name, value in signed]])
    return handle


def naive(url: str, body: bytes, count: int, _: str) -> Posted:
    """As a first draft does it."""
    answers = (requests.post(url, data=body, headers=dict(CONTENT), timeout=10) for _ in range(count))
    return Posted(succeeded=sum(answer.status_code == 204 for answer in answers))


def main(how: str, url: str, body: str, count: str, ca_file: str) -> None:
    content = Path(body).read_bytes()
    post = {"ours": ours, "bare": bare, "naive": naive}[how]
    memory.settle()
    begin, cpu = monotonic(), process_time()
    posted = post(url, content, int(count), ca_file)
    report = {"count": posted.succeeded, "wall": monotonic() - begin, "cpu": process_time() - cpu}
    reused = None if posted.reused is None else posted.reused / posted.succeeded
    print(json.dumps(report | {"reused": reused}))


if __name__ == "__main__":
    main(*sys.argv[1:])
