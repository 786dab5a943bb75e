"""What files of tests share: a client of the server that each has started, an office of senders, sources in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.intake_bench import Bench, MakeBench
from tests.fakes.listener import Listener
from tests.fakes.trouble_system import Feed, ManualClock, TroubleSystem
from tests.senders import Office, logged_lines


@pytest.fixture(scope="module")
def client(server: Server) -> ContractClient:
    return server.client


@pytest.fixture
def own_log() -> Iterator[None]:
    """For commands in the process of the test, which set up its log."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def office(tmp_path: Path, listener: Listener) -> Iterator[Office]:
    """Closed before its listener, so that an end of the listener is no failed attempt."""
    with logged_lines() as log:
        office = Office(tmp_path, log)
        yield office
        office.close()


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """Makes a source of a kind on a store of its own; `options` are those of `Bench`."""
    benches: list[Bench] = []

    def make(kind: type[TroubleSystem] = Feed, page_size: int = 100, **options: object) -> Bench:
        clock = ManualClock()
        benches.append(Bench(tmp_path, clock, kind(clock, page_size=page_size), **options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.store.close()


@pytest.fixture
def polled_once(make_bench: MakeBench) -> Bench:
    """A source that has been polled once while it was empty, so that what comes is news."""
    bench = make_bench()
    bench.poll()
    return bench
