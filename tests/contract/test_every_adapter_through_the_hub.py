"""What listeners hear of the tickets of every installed adapter: with the poller, the rules and a store behind it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from hub.intake.filling import Rule, word
from hub.model.spelling import plain
from hub.ports import Page, Source, Unavailable
from hub.settings import SourceSettings
from hub.store.sources import SourceState
from tests.contract.benches import able, mapping_of
from tests.real.bench import Bench
from tests.real.polled import ABSENT_POLLS, Polled, polled_source

CUT_OFF = "cut off"
Heard = list[tuple[str, str]]


class CutOff:
    """A source whose pull ends after a page."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.check = source.check

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        yield next(iter(self._source.pull(cursor)))
        raise Unavailable(CUT_OFF)


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


def test_a_clock_that_ran_ahead_and_is_put_right_hides_nothing(bench: Bench, tmp_path: Path) -> None:
    """What then happens has earlier stamps than what was read before."""
    shift_clock = able(bench, "shift_clock")
    with hub_of(bench, tmp_path, backfill_notify=True) as hub:
        shift_clock(3600)
        bench.create("iptv")
        assert kinds(heard(hub)) == ["Create"]
        shift_clock(0)
        bench.create("volte")
        bench.change("iptv")
        assert kinds(heard(hub)) == ["Create", "StateChange"]


def test_a_poll_that_was_cut_off_between_two_pages_is_made_good_by_the_next_process(
    bench: Bench, tmp_path: Path
) -> None:
    bench.create(*(f"line-{number}" for number in range(5)))
    with hub_of(bench, tmp_path, backfill_notify=True) as hub:
        hub.begin(CutOff(bench.source(page_size=2)))
        begun = hub.poll()
        assert hub.health.error == CUT_OFF
        assert 0 < len(begun) <= 5
        hub.begin(bench.source(page_size=2))
        assert kinds(begun + heard(hub)) == ["Create"] * 5
        assert heard(hub) == []


def test_a_restart_of_the_system_ends_no_report_and_makes_none(bench: Bench, tmp_path: Path) -> None:
    restart = able(bench, "restart")
    with hub_of(bench, tmp_path) as hub:
        bench.create("iptv", "volte")
        heard(hub)
        restart()
        assert [heard(hub) for _ in range(ABSENT_POLLS + 1)] == [[]] * (ABSENT_POLLS + 1)


def test_every_status_of_the_system_is_in_the_table_of_its_mapping(bench: Bench) -> None:
    words = able(bench, "status_words")()
    rule = mapping_of(bench).fields["status"]
    assert isinstance(rule, Rule)
    assert words
    assert [one for one in words if word(one) not in (rule.table or {}) and plain(one) not in rule.spellings] == []
