"""Starts real trouble systems; what cannot start fails under CI=true and is skipped visibly elsewhere."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.demo.roundup import CannotStart, Roundup
from tests.real.alertmanager import Alertmanager
from tests.real.icinga import Icinga
from tests.real.request_tracker import RequestTracker

PROJECT = Path(__file__).parents[2]

NewRoundup = Callable[..., Roundup]
NewAlertmanager = Callable[[], Alertmanager]
NewIcinga = Callable[[], Icinga]


def cache() -> Path:
    """Where the systems are installed once for all runs."""
    return Path(os.environ.get("QOS_HUB_REAL_DIR") or PROJECT / ".real")


def cannot_start(error: CannotStart) -> None:
    """Ends the test: a real system that is never started proves nothing, so on CI this is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"a real system could not start: {error}", pytrace=False)
    pytest.skip(f"a real system could not start: {error}")


@pytest.fixture(scope="session")
def new_roundup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewRoundup]:
    """Starts a fresh tracker: `new_roundup(web_api_calls_per_interval="4")`; all are stopped at the end."""
    with ExitStack() as running:

        def start(**settings: str) -> Roundup:
            home = tmp_path_factory.mktemp("roundup") / "tracker"
            try:
                return running.enter_context(Roundup(cache=cache(), home=home, settings=settings))
            except CannotStart as error:
                cannot_start(error)
                raise

        yield start


@pytest.fixture(scope="session")
def new_alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewAlertmanager]:
    """Starts an empty Alertmanager; all are stopped at the end."""
    with ExitStack() as running:

        def start() -> Alertmanager:
            home = tmp_path_factory.mktemp("alertmanager")
            try:
                return running.enter_context(Alertmanager(cache=cache(), home=home))
            except CannotStart as error:
                cannot_start(error)
                raise

        yield start


@pytest.fixture(scope="session")
def new_icinga(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewIcinga]:
    """Starts an Icinga that watches nothing; all are stopped at the end."""
    with ExitStack() as running:

        def start() -> Icinga:
            try:
                return running.enter_context(Icinga(cache=cache(), home=tmp_path_factory.mktemp("icinga")))
            except CannotStart as error:
                cannot_start(error)
                raise

        yield start


@pytest.fixture(scope="session")
def roundup(new_roundup: NewRoundup) -> Roundup:
    """One tracker for the whole run."""
    return new_roundup()


@pytest.fixture(scope="session")
def alertmanager(new_alertmanager: NewAlertmanager) -> Alertmanager:
    """One Alertmanager for the whole run."""
    return new_alertmanager()


@pytest.fixture(scope="session")
def icinga(new_icinga: NewIcinga) -> Icinga:
    """One Icinga for the whole run; each test watches hosts of its own."""
    return new_icinga()


@pytest.fixture(scope="session")
def request_tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    """One Request Tracker for the whole run, as it takes seconds to start; each test has queues of its own."""
    try:
        started = RequestTracker(cache=cache(), home=tmp_path_factory.mktemp("rt"))
        with started:
            yield started
    except CannotStart as error:
        cannot_start(error)
