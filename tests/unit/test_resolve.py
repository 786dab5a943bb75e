"""The resolver: what it keeps, for how long, and who waits for it."""

import errno
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_network
from queue import SimpleQueue

import pytest

from hub.delivery.resolve import NotPinned, Pinned, Resolution, Resolver
from hub.delivery.transport.port import Failure
from hub.subscriptions.addresses import AddressGuard

PATIENCE = 10.0


class NameServer:
    """Answers with what stands in `answers`; an exception there is raised."""

    def __init__(self, *answers: Sequence[str] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Turning:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def looked_up(resolver: Resolver, host: str) -> Resolution:
    answers: SimpleQueue[Resolution] = SimpleQueue()
    resolver.look_up(host, lambda _, resolution: answers.put(resolution))
    return answers.get(timeout=PATIENCE)


def test_what_was_found_holds_until_its_time_is_over() -> None:
    clock, server = Turning(), NameServer(["8.8.8.8", "1.1.1.1"])
    resolver = Resolver(AddressGuard(), server, ttl=60, monotonic=clock)
    assert resolver.known("listener.test") is None
    found = Pinned(addresses=("8.8.8.8", "1.1.1.1"))
    assert looked_up(resolver, "listener.test") == found
    clock.now = 59.9
    assert resolver.known("listener.test") == found
    clock.now = 60.0
    assert resolver.known("listener.test") is None
    assert server.asked == ["listener.test"]


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Failure.NAME_NOT_RESOLVED, "not known"),
        (UnicodeError("label too long"), Failure.NAME_NOT_RESOLVED, "label too long"),
        ([], Failure.NAME_NOT_RESOLVED, "no address"),
        (["8.8.8.8", "10.0.0.1"], Failure.ADDRESS_REFUSED, "listener.test: 10.0.0.1 is not a public address"),
    ],
)
def test_a_failure_is_remembered_for_a_few_seconds_only(
    answer: Sequence[str] | Exception, failure: Failure, words: str
) -> None:
    clock = Turning()
    resolver = Resolver(AddressGuard(), NameServer(answer, ["8.8.8.8"]), ttl=60, monotonic=clock)
    found = looked_up(resolver, "listener.test")
    assert isinstance(found, NotPinned)
    assert found.failure is failure
    assert words in found.reason
    clock.now = 4.9
    assert resolver.known("listener.test") == found
    clock.now = 5.0
    assert resolver.known("listener.test") is None
    assert looked_up(resolver, "listener.test") == Pinned(addresses=("8.8.8.8",))


def test_a_literal_address_is_known_without_a_name_server() -> None:
    server = NameServer(["8.8.8.8"])
    resolver = Resolver(AddressGuard([ip_network("127.0.0.0/8")]), server)
    assert resolver.known("127.0.0.1") == Pinned(addresses=("127.0.0.1",))
    assert resolver.known("2606:4700::1111") == Pinned(addresses=("2606:4700::1111",))
    refused = resolver.known("10.0.0.1")
    assert isinstance(refused, NotPinned)
    assert refused.failure is Failure.ADDRESS_REFUSED
    assert server.asked == []


def test_those_who_ask_for_one_name_share_one_look_up() -> None:
    go = threading.Event()
    asked: list[str] = []

    def slow(name: str) -> Sequence[str]:
        asked.append(name)
        go.wait(PATIENCE)
        return ("8.8.8.8",)

    answers: SimpleQueue[tuple[int, Resolution]] = SimpleQueue()
    resolver = Resolver(AddressGuard(), slow)

    def ask(asker: int) -> None:
        resolver.look_up("listener.test", lambda _, found: answers.put((asker, found)))

    for asker in range(3):
        ask(asker)
    go.set()
    found = [answers.get(timeout=PATIENCE) for _ in range(3)]
    assert found == [(asker, Pinned(addresses=("8.8.8.8",))) for asker in range(3)]
    assert asked == ["listener.test"]


def test_a_name_is_asked_for_again_after_no_thread_could_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer(["8.8.8.8"])
    resolver = Resolver(AddressGuard(), server)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("hub.delivery.resolve.Thread.start", refuse)
        assert looked_up(resolver, "listener.test") == NotPinned(
            failure=Failure.NO_RESOURCES, reason="listener.test: can't start new thread"
        )
    assert resolver.known("listener.test") is None
    assert looked_up(resolver, "listener.test") == Pinned(addresses=("8.8.8.8",))


def test_a_look_up_that_finds_no_descriptor_is_no_fault_of_the_name() -> None:
    server = NameServer(OSError(errno.EMFILE, "Too many open files"), ["8.8.8.8"])
    resolver = Resolver(AddressGuard(), server)
    failed = looked_up(resolver, "listener.test")
    assert isinstance(failed, NotPinned)
    assert failed.failure is Failure.NO_RESOURCES
    assert looked_up(resolver, "listener.test") == Pinned(addresses=("8.8.8.8",))


def test_whoever_waits_hears_of_a_look_up_that_broke() -> None:
    resolver = Resolver(AddressGuard(), NameServer(ValueError("no such thing")))
    failed = looked_up(resolver, "listener.test")
    assert failed == NotPinned(failure=Failure.NAME_NOT_RESOLVED, reason="listener.test: no such thing")
