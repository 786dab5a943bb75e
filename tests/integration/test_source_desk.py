"""What the operator's commands do with a source, on a database that a hub has left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.errors import Conflict
from hub.operate.source_desk import SourceDesk, source_desk
from hub.settings import load_settings
from hub.store.sources import SourceState
from hub.store.sqlite import Store
from hub.store.tables import Tables


@contextmanager
def desk_with(folder: Path, state: SourceState) -> Iterator[SourceDesk]:
    """A desk on a database with a source in this state."""

    def leave(tables: Tables) -> None:
        tables.sources.ensure("desk", "roundup")
        tables.sources.set_health(
            "desk",
            state=state,
            error=None,
            last_poll=None,
            last_success=None,
            next_poll=None,
            failures=0,
            lag=None,
        )

    store = Store(folder / "hub.db", synchronous="NORMAL")
    store.write(leave)
    store.close()
    with source_desk(load_settings(None, {}, {"store.database": str(folder / "hub.db")})) as desk:
        yield desk


def asked(folder: Path, state: SourceState) -> bool:
    """Whether a poll of a source in this state was asked for."""
    with desk_with(folder, state) as desk:
        return desk.wake("desk")


@pytest.mark.parametrize(
    "state", [SourceState.NEW, SourceState.OK, SourceState.DEGRADED, SourceState.RATE_LIMITED]
)
def test_a_source_that_is_polled_can_be_asked_for_a_poll(tmp_path: Path, state: SourceState) -> None:
    assert asked(tmp_path, state)
    assert not asked(tmp_path, state), "that poll has not begun"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (SourceState.AUTH_FAILED, "refuses our credentials"),
        (SourceState.DISABLED, "switch it off"),
        (SourceState.NOT_CONFIGURED, "no longer have it"),
    ],
)
def test_a_poll_that_will_never_come_is_not_promised(tmp_path: Path, state: SourceState, why: str) -> None:
    with pytest.raises(Conflict, match=f"the source desk is not polled: .*{why}"):
        asked(tmp_path, state)


def test_nothing_is_read_again_of_a_source_that_the_settings_no_longer_have(tmp_path: Path) -> None:
    with (
        desk_with(tmp_path, SourceState.NOT_CONFIGURED) as desk,
        pytest.raises(Conflict, match="the settings no longer have it"),
    ):
        desk.resync("desk", since=None, notify=False)


def test_a_source_that_refuses_our_credentials_is_read_again_when_they_are_mended(tmp_path: Path) -> None:
    with desk_with(tmp_path, SourceState.AUTH_FAILED) as desk:
        assert desk.resync("desk", since=None, notify=False)["name"] == "desk"
