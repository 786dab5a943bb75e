"""A store of each kind, for the tests of what every store promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.sqlite import Store
from tests.contract.stores import STORES, Kind
from tests.fakes.peers import PeerHub


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
