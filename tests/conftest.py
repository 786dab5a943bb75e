"""What all tests share: a listener, and the fixtures that start real trouble systems; no deadlines."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.fakes.listener import Listener

HERE = Path(__file__).parent

# Hundreds of commands of the hub are started: each would compile all modules anew, which takes half a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What a machine under load is slow at is no finding.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["tests.real.fixtures"] if (HERE / "real" / "fixtures.py").is_file() else []


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that at the end nobody has to wait for one of them alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
