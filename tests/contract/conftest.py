"""A store of each kind, for the tests of what every store promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.sqlite import Store
from tests.contract.stores import STORES, Kind


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
