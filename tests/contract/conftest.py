"""A store of each kind and a bench of each adapter, for the tests of what every one promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from hub.intake.adapters import installed_adapters
from hub.store.sqlite import Store
from tests.contract.benches import LOCAL, all_tried, bench_of, middleman_of
from tests.contract.stores import STORES, Kind
from tests.fakes.peers import PeerHub
from tests.real.bench import Bench, ServedBench
from tests.real.middleman import Middleman


@pytest.fixture(params=STORES.values(), ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    one: Kind = request.param
    return one


@pytest.fixture
def store(kind: Kind, tmp_path: Path) -> Iterator[Store]:
    """It waits but a moment for others that hold it."""
    opened = kind.open(tmp_path, busy_timeout=0.05)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def peer_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerHub]:
    """A hub that is read as a peer by several tests, each of which writes under a name of its own."""
    with PeerHub(tmp_path_factory.mktemp("peer") / "hub", "hub-north") as running:
        yield running


@pytest.fixture(params=all_tried(installed_adapters()))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A fresh system with nothing in it, or an untouched part of one."""
    with bench_of(request.param, request, tmp_path) as bench:
        yield bench


@pytest.fixture(params=all_tried(installed_adapters().keys() - LOCAL))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServedBench]:
    """One that is asked over HTTP."""
    with bench_of(request.param, request, tmp_path) as bench:
        yield cast(ServedBench, bench)


@pytest.fixture
def middleman(served: ServedBench) -> Iterator[Middleman]:
    with middleman_of(served).serving() as serving:
        yield serving
