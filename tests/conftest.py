"""What all tests share: a listener, and the fixtures that start real trouble systems."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.listener import Listener

HERE = Path(__file__).parent

pytest_plugins = ["tests.real.fixtures"] if (HERE / "real" / "fixtures.py").is_file() else []


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as running:
        yield running
