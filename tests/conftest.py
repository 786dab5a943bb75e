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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow ones first, so that at the end nobody has to wait for one of them alone.

    Each of several processes is given a part of the list to begin with, and as many of the slow ones as the others. The
    tests of a package that is built and installed stay together: each process would do so anew.
    """
    count = getattr(config, "workerinput", {}).get("workercount", 1)
    packaged = [item for item in items if "packaging" in item.path.parts]
    slow = [item for item in items if item.get_closest_marker("slow") and item not in packaged]
    slow.sort(key=lambda item: "schemathesis" not in item.path.name)  # the slowest by far
    others = packaged + [item for item in items if not item.get_closest_marker("slow") and item not in packaged]
    ordered: list[pytest.Item] = []
    for at in range(count):
        first = slow[at::count]
        size = (len(items) - len(ordered)) // (count - at)
        taken = max(0, size - len(first))
        ordered += first + others[:taken]
        del others[:taken]
    items[:] = ordered + others
