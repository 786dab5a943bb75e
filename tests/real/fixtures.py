"""Starts real trouble systems; what cannot start fails on CI and is skipped visibly elsewhere."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hub.demo.roundup import CannotStart, Roundup
from tests.real.alertmanager import Alertmanager
from tests.real.icinga import Icinga
from tests.real.postgresql import Postgresql
from tests.real.redmine import Redmine
from tests.real.request_tracker import RequestTracker
from tests.real.zabbix import Zabbix
from tests.rooms import until

PROJECT = Path(__file__).parents[2]

NewAlertmanager = Callable[[], Alertmanager]
NewIcinga = Callable[[], Icinga]


def cache() -> Path:
    """Where the systems are installed once for all runs."""
    return Path(os.environ.get("QOS_HUB_REAL_DIR") or PROJECT / ".real")


def cannot_start(error: CannotStart) -> None:
    """Ends the test: a real system that is never started proves nothing, so on CI this is a failure."""
    if os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no"):
        pytest.fail(f"a real system could not start: {error}", pytrace=False)
    pytest.skip(f"a real system could not start: {error}")


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
def new_tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Roundup, Path]]:
    """The tracker of the run, and a copy of its data as they are when it is new."""
    home = tmp_path_factory.mktemp("roundup") / "tracker"
    with ExitStack() as running:
        try:
            tracker = running.enter_context(Roundup(cache=cache(), home=home))
        except CannotStart as error:
            cannot_start(error)
            raise
        yield tracker, shutil.copytree(at_rest(home / "db"), home.parent / "new")


@pytest.fixture
def roundup(new_tracker: tuple[Roundup, Path]) -> Roundup:
    """A tracker with nothing in it: one process serves all tests, and opens its data at each request."""
    tracker, new = new_tracker
    shutil.rmtree(at_rest(tracker.home / "db"))
    shutil.copytree(new, tracker.home / "db")
    return tracker


def at_rest(data: Path) -> Path:
    """The data of a tracker once nobody has them open: it closes them a moment after it has answered."""
    until(lambda: not list(data.glob("*-wal")))
    return data


@pytest.fixture
def roundup_of_its_own(roundup: Roundup, tmp_path: Path) -> Iterator[Roundup]:
    """A new tracker in a process of its own, for a test that stops it."""
    home = shutil.copytree(roundup.home, tmp_path / "tracker")
    with Roundup(cache=cache(), home=home) as tracker:
        yield tracker


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


@pytest.fixture(scope="session")
def redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redmine]:
    """One Redmine for the whole run; each test has projects of its own."""
    with ExitStack() as running:
        try:
            started = running.enter_context(Redmine(cache=cache(), home=tmp_path_factory.mktemp("redmine")))
        except CannotStart as error:
            cannot_start(error)
            raise
        yield started


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for programs that run as another user: each run of pytest closes the folder that all runs share."""
    with TemporaryDirectory(prefix="qos-hub-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """One PostgreSQL for the whole run; each test makes a table of its own."""
    with ExitStack() as running:
        home = running.enter_context(open_folder()) / "home"
        try:
            server = running.enter_context(Postgresql(cache=cache(), home=home))
        except CannotStart as error:
            cannot_start(error)
            raise
        yield server


@pytest.fixture(scope="session")
def zabbix() -> Iterator[Zabbix]:
    """One Zabbix for the whole run; each test has groups and hosts of its own."""
    with ExitStack() as running:
        home = running.enter_context(open_folder())
        try:
            instance = running.enter_context(Zabbix(cache=cache(), home=home))
        except CannotStart as error:
            cannot_start(error)
            raise
        yield instance
