"""Sources that change a ticket in place, under the stamp that it had: what goes there and back again is news, twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

import adapters.rest
import adapters.sql
from hub.intake.configured import shipped_folders
from hub.intake.poller import Poller, make_poller
from hub.model.problem import Document
from hub.model.times import micros_to_text, to_micros, to_text
from hub.ports import Unavailable
from hub.reporting.dimensions import dimensions
from hub.reporting.timelines import Horizon, Timeline, timelines
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sqlite import Store
from tests.fakes.desk_api import DeskApi
from tests.fakes.intake_bench import make_rules
from tests.fakes.ticket_table import TicketTable
from tests.fakes.tmf_server import TmfServer
from tests.fakes.trouble_system import ManualClock
from tests.fakes.zabbix import TOKEN, Zabbix

TICKET_API = {
    "path": "tickets",
    "items": "data.tickets",
    "key": ["id"],
    "stamp": "updated_at",
    "paging": {"kind": "offset", "parameter": "offset", "size_parameter": "limit"},
}


class Hub:
    """One source, read by its own adapter and its own table of words."""

    def __init__(self, path: Path, adapter: str, options: dict[str, Any]) -> None:
        self.store = Store(path / "hub.db", synchronous="NORMAL")
        self.clock = ManualClock()
        self.clock.now = datetime.now(UTC).replace(microsecond=0)
        self._poller = self._make(SourceSettings(name="source", adapter=adapter, options=options))

    def _make(self, settings: SourceSettings) -> Poller:
        return make_poller(
            settings.name,
            settings,
            store=self.store,
            rules=make_rules(self.clock).sources,
            clock=self.clock,
            intake_settings=IntakeSettings(interval=30, absent_polls=2, failure_wait_maximum=900, mappings=""),
            mapping_folders=shipped_folders(),
        )

    def read(self) -> Document:
        """The only report there is, after another poll."""
        assert self._poller.poll().error is None
        (stored,) = self.store.read.problems.all_by_source("source", self._keys()).values()
        return stored.problem.document

    def changes(self) -> int:
        return len(self.store.read.records.page(None, offset=0, limit=100).rows)

    @property
    def lag(self) -> float | None:
        row = self.store.read.sources.get("source")
        assert row is not None
        return row.lag

    def later(self, **by: float) -> datetime:
        """Turn the hub's clock; the instant that it then shows."""
        self.clock.turn(timedelta(**by).total_seconds())
        return self.clock.now

    def timeline(self) -> Timeline:
        """The states of the only report there is, as management reports count them."""
        now = to_micros(self.clock.now)
        (seen,) = timelines(self.store.read.histories, Horizon(as_of=now, recorded=now), dimensions())
        assert isinstance(seen, Timeline)
        return seen

    def _keys(self) -> list[str]:
        return list(self.store.read.sources.present("source"))


MakeHub = Callable[[str, dict[str, Any]], Hub]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MakeHub]:
    made: list[Hub] = []

    def make(adapter: str, options: dict[str, Any]) -> Hub:
        made.append(Hub(tmp_path, adapter, options))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def follow(hub: Hub, name: str, steps: list[tuple[Callable[[], None], Any]]) -> None:
    """Each step changes the ticket and says what the attribute then is; a poll that finds the same writes nothing."""
    hub.read()
    for number, (change, expected) in enumerate(steps, start=1):
        change()
        assert hub.read()[name] == expected
        assert hub.read()[name] == expected
        assert hub.changes() == 1 + number


def test_a_maintenance_that_ends_has_the_problem_as_it_was_before(
    hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCH_TOKEN", TOKEN)
    with Zabbix() as zabbix:
        event = zabbix.create("MOS low")

        def begins() -> None:
            zabbix.events[event] |= {"suppressed": "1", "suppression_data": [{"maintenanceid": "1"}]}

        def ends() -> None:
            zabbix.events[event] |= {"suppressed": "0", "suppression_data": []}

        watch = hub("zabbix", {"url": zabbix.url, "token": "env:WATCH_TOKEN"})
        before = watch.read()["status"]
        follow(watch, "status", [(begins, "held"), (ends, before), (begins, "held"), (ends, before)])


def test_a_problem_is_held_from_when_its_maintenance_was_seen_until_its_end_was(
    hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCH_TOKEN", TOKEN)
    with Zabbix() as zabbix:
        event = zabbix.create("MOS low", ns="0")
        began = to_micros(zabbix.now)
        watch = hub("zabbix", {"url": zabbix.url, "token": "env:WATCH_TOKEN"})
        watch.read()
        seen = []
        for suppressed in ("1", "0"):
            zabbix.events[event]["suppressed"] = suppressed
            seen.append(watch.later(minutes=10))
            watch.read()
            assert watch.lag == 0
            watch.later(minutes=1)
            watch.read()
        zabbix.now = watch.later(minutes=9)
        zabbix.recover(event)
        watch.later(minutes=2)
        report = watch.read()
        timeline = watch.timeline()
        assert timeline.states == ("inProgress", "held", "inProgress", "resolved")
        ended = to_micros(zabbix.now) + 179_933
        assert timeline.begins == (began, *map(to_micros, seen), ended)
        assert timeline.begins[2] - timeline.begins[1] == 11 * 60 * 1_000_000
        assert (timeline.irregular, timeline.disordered) == (0, 0)
        assert report["statusChangeDate"] == report["resolutionDate"] == micros_to_text(ended)


def test_an_end_that_the_source_dates_before_a_hold_was_seen_does_not_come_before_it(
    hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy brings old values late, and clocks differ."""
    monkeypatch.setenv("WATCH_TOKEN", TOKEN)
    with Zabbix() as zabbix:
        event = zabbix.create("MOS low")
        watch = hub("zabbix", {"url": zabbix.url, "token": "env:WATCH_TOKEN"})
        watch.read()
        zabbix.events[event]["suppressed"] = "1"
        seen = watch.later(minutes=10)
        watch.read()
        zabbix.recover(event)
        assert zabbix.now < seen
        watch.later(minutes=1)
        assert watch.read()["statusChangeDate"] == to_text(seen)
        assert (watch.timeline().states[-1], watch.timeline().disordered) == ("resolved", 0)


def test_an_alarm_without_a_time_of_its_change_is_as_the_peer_has_it(hub: MakeHub) -> None:
    with TmfServer("/tmf-api/alarmManagement/v4", "alarm", stamp="alarmRaisedTime") as server:
        server.filters = False
        server.put(
            "a1", specificProblem="LOS", state="raised", perceivedSeverity="major", ackState="unacknowledged"
        )
        alarm = server.rows["a1"]
        peer = hub("tmf642", {"url": server.url, "own_systems": ["us"], "filters": False})
        before = peer.read()["status"]
        follow(
            peer,
            "status",
            [
                (lambda: alarm.update(ackState="acknowledged"), "acknowledged"),
                (lambda: alarm.update(ackState="unacknowledged"), before),
            ],
        )


@pytest.mark.parametrize(
    "asked",
    [{}, {"changes": {"parameter": "since"}}, {"changes": {"parameter": "since", "sorted": True}}],
    ids=["all", "changes", "changes in order"],
)
def test_a_priority_that_goes_up_and_down_within_one_stamp_is_as_the_api_has_it(
    hub: MakeHub, asked: dict[str, Any]
) -> None:
    with DeskApi() as api:
        api.put("t1", title="Line dead", state="open", priority="high")
        ticket = api.tickets["t1"]
        desk = hub("rest", {"url": api.url, **TICKET_API, **asked})
        before = desk.read()["priority"]
        follow(
            desk,
            "priority",
            [
                (lambda: ticket.update(priority="urgent"), before - 1),
                (lambda: ticket.update(priority="high"), before),
            ],
        )


def test_a_change_in_place_is_dated_when_it_was_seen_and_one_of_a_later_stamp_by_that(hub: MakeHub) -> None:
    with DeskApi() as api:
        api.put("t1", title="Line dead", state="open", priority="high")
        ticket = api.tickets["t1"]
        desk = hub("rest", {"url": api.url, **TICKET_API})
        desk.read()
        first = datetime.fromisoformat(ticket["updated_at"])
        ticket.update(priority="urgent")
        seen = desk.later(minutes=3)
        desk.read()
        ticket.update(title="Line cut")
        again = desk.later(minutes=2)
        desk.read()
        later = again + timedelta(seconds=1)
        ticket.update(state="waiting", updated_at=to_text(later))
        desk.later(minutes=2)
        desk.read()
        desk.read()
        rows = desk.store.read.records.page(None, offset=0, limit=100).rows
        told = [(row.event_type.removeprefix("ServiceProblem"), row.event_time) for row in rows]
        assert told == [
            ("CreateEvent", to_micros(first)),
            ("AttributeValueChangeEvent", to_micros(seen)),
            ("AttributeValueChangeEvent", to_micros(again)),
            ("StateChangeEvent", to_micros(later)),
            ("InformationRequiredEvent", to_micros(later)),
        ]


def fill_log(api: DeskApi, *states: str) -> None:
    """One row for each change of the one ticket, all of one stamp."""
    for number, state in enumerate(states):
        api.put(f"row {number}", title="Line dead", state=state)
        api.tickets[f"row {number}"] |= {"id": "t1", "updated_at": "2026-11-22T10:00:00+00:00"}


def test_a_log_is_not_told_again_by_each_poll_that_reads_it_again(hub: MakeHub) -> None:
    with DeskApi() as api:
        fill_log(api, "new", "open", "waiting")
        desk = hub("rest", {"url": api.url, **TICKET_API, "log": True})
        status, changes = desk.read()["status"], desk.changes()
        assert [desk.read()["status"] for _ in range(3)] == [status] * 3 == ["pending"] * 3
        assert desk.changes() == changes


@pytest.mark.parametrize(
    "asked", [{}, {"changes": {"parameter": "since", "sorted": True}}], ids=["all", "changes in order"]
)
def test_a_log_that_is_taken_for_the_tickets_as_they_are_is_refused(asked: dict[str, Any]) -> None:
    with DeskApi() as api:
        fill_log(api, "new", "open")
        source = adapters.rest.make("desk", {"url": api.url, **TICKET_API, **asked})
        with pytest.raises(
            Unavailable, match=r"ticket t1 is there twice.*2026-11-22T10:00:00\.000Z.*`log = true`"
        ):
            list(source.pull({}))


def test_a_row_that_a_query_gives_twice_is_one_ticket_and_two_that_differ_are_a_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    table = TicketTable(url)
    table.run("CREATE TABLE change (ticket_id TEXT, changed_at TEXT, state TEXT)")
    options = {"url": url, "table": "change", "key": ["ticket_id"], "stamp": "changed_at"}
    for state in ("NEW", "NEW"):
        table.run(f"INSERT INTO change VALUES ('1', '2026-11-22 10:00:00', '{state}')")
    assert [len(page.records) for page in adapters.sql.make("desk", options).pull({})] == [2]
    table.run("INSERT INTO change VALUES ('1', '2026-11-22 10:00:00', 'WORK')")
    with pytest.raises(Unavailable, match="ticket 1 is there twice"):
        list(adapters.sql.make("desk", options).pull({}))
    log = adapters.sql.make("desk", {**options, "log": True})
    assert [[one.log for one in page.records] for page in log.pull({})] == [[True] * 3]
    table.close()


def test_a_list_of_what_is_there_is_no_log() -> None:
    options = {"url": "https://desk.example.test", **TICKET_API, "snapshot": True, "log": True}
    with pytest.raises(ValidationError, match="a log lists no tickets as they are"):
        adapters.rest.make("desk", options)
