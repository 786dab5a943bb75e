"""What listeners hear of the tickets of every installed adapter: with the poller, the rules and a store behind it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from hub.settings import SourceSettings
from hub.store.sources import SourceState
from tests.contract.benches import able
from tests.real.bench import Bench
from tests.real.polled import ABSENT_POLLS, Polled, polled_source

Heard = list[tuple[str, str]]


def hub_of(bench: Bench, folder: Path, **settings: Any) -> AbstractContextManager[Polled]:
    """A hub that looks in every poll for what was deleted in silence."""
    own = SourceSettings(name="source", adapter=bench.system, reconcile=1.0, **settings)
    return polled_source(folder, bench.source, own)


def heard(hub: Polled) -> Heard:
    """What one more poll lets listeners hear, which comes to its end."""
    news = hub.poll()
    assert hub.health.state is SourceState.OK, hub.health.error
    return news


def kinds(news: Heard) -> list[str]:
    return sorted(kind for kind, _ in news)


def test_listeners_hear_of_a_ticket_once_and_of_a_change_of_its_status_once(bench: Bench, tmp_path: Path) -> None:
    with hub_of(bench, tmp_path) as hub:
        assert heard(hub) == []
        bench.create("iptv", "volte")
        created = heard(hub)
        assert kinds(created) == ["Create", "Create"]
        assert heard(hub) == [], "nothing has changed"
        bench.change("volte")
        ((kind, status),) = heard(hub)
        assert kind == "StateChange"
        assert status != created[0][1]
        assert heard(hub) == [], "nothing has changed since"
        assert hub.unmapped == {}


@pytest.mark.parametrize("how", ["delete", "merge"])
def test_the_report_of_a_ticket_that_is_gone_ends(bench: Bench, tmp_path: Path, how: str) -> None:
    """As cancelled; where a list of all that is open no longer has it, as resolved after so many polls."""
    act = able(bench, how)
    with hub_of(bench, tmp_path, backfill_notify=True) as hub:
        bench.create("iptv", "volte")
        assert kinds(heard(hub)) == ["Create", "Create"]
        act(*["volte", "iptv"][: 1 if how == "delete" else 2])
        hub.begin(bench.source())
        polls = [[one for one in heard(hub) if one[0] == "StateChange"] for _ in range(ABSENT_POLLS + 1)]
        listed = all(page.snapshot for page in bench.source().pull({}))
        ended = [("StateChange", "resolved" if listed else "cancelled")]
        assert polls == ([[]] * (ABSENT_POLLS - 1) + [ended, []] if listed else [ended, [], []])
