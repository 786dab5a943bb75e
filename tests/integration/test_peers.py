"""What a peer may do that no hub of ours does: forget registrations, keep them twice, cap pages, ignore filters."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

import adapters.tmf621
import adapters.tmf642
import adapters.tmf656
from adapters.http import HttpClient
from adapters.tmf.peer import Peer
from adapters.tmf.ringing import Ringing, wake_address
from hub.ports import AuthFailed, FilterIgnored, Page, Unavailable
from tests.fakes.tmf_server import TmfServer
from tests.fakes.trouble_system import ManualClock

pytestmark = pytest.mark.peers

BASE = "/tmf-api/serviceProblemManagement/v4"
SECRET = "a secret/of ours"
ADDRESS = wake_address("https://hub.example.test/", "north peer", SECRET)


@pytest.fixture
def server() -> Iterator[TmfServer]:
    with TmfServer(BASE, "serviceProblem") as running:
        yield running


def peer(server: TmfServer, **options: Any) -> Peer:
    own: dict[str, Any] = {"url": server.url, "own_systems": ["south"], "max_wait": 0, "page_size": 2}
    return adapters.tmf656.make("north", own | options)


def ringing(server: TmfServer, clock: ManualClock) -> Ringing:
    http = HttpClient(server.url, max_wait=0)
    return Ringing(http, address=ADDRESS, secret=SECRET, query=None, renew=timedelta(minutes=10), clock=clock)


def keys(pages: list[Page]) -> list[str]:
    return [record.key for page in pages for record in page.records]


def fill(server: TmfServer, count: int) -> list[str]:
    for number in range(count):
        server.put(f"p{number}", originatingSystem="north")
    return [f"p{number}" for number in range(count)]


# Reading


def test_a_page_that_the_peer_makes_smaller_is_not_taken_for_the_last(server: TmfServer) -> None:
    names = fill(server, 7)
    server.cap = 3
    assert keys(list(peer(server, page_size=5).pull({}))) == names
    for row in server.rows.values():
        row["lastUpdate"] = "2026-11-22T10:00:00Z"
    assert keys(list(peer(server, page_size=5).pull({}))) == names, "all on one stamp"
    assert sorted(peer(server, page_size=5).keys()) == names


def test_a_peer_that_ignores_filters_is_found_out_and_can_be_read_without(server: TmfServer) -> None:
    names = fill(server, 5)
    pages = list(peer(server, lookback=0).pull({}))
    server.filters = False
    with pytest.raises(FilterIgnored, match="does the peer know filters"):
        list(peer(server, lookback=0).pull(pages[-1].cursor))
    server.put("p1", status="inProgress")
    with pytest.raises(FilterIgnored, match="the order was ignored"):
        list(peer(server, page_size=9).pull({}))
    whole = peer(server, filters=False)
    assert keys(list(whole.pull({}))) == names


@pytest.mark.parametrize(("limits", "size"), [(False, 2), (True, 6)])
def test_a_peer_that_gives_all_at_once_and_says_no_total_is_asked_no_further(
    server: TmfServer, limits: bool, size: int
) -> None:
    server.filters = server.counts = server.offsets = False
    server.limits = limits
    for number in range(5):
        server.put(f"p{number}", status="acknowledged")
    source = peer(server, filters=False, page_size=size)
    assert keys(list(source.pull({}))) == sorted(source.keys()) == [f"p{number}" for number in range(5)]
    assert len(server.asked) <= 4


def test_a_peer_that_gives_the_same_page_again_is_found_out(server: TmfServer) -> None:
    server.filters = server.counts = server.offsets = False
    for number in range(5):
        server.put(f"p{number}", status="acknowledged")
    source = peer(server, filters=False, page_size=2)
    for read in (lambda: list(source.pull({})), lambda: list(source.keys())):
        with pytest.raises(FilterIgnored, match=r"offset was ignored.*from p0 on"):
            read()
    assert len(server.asked) == 4


def test_what_comes_from_ourselves_is_dropped_and_the_place_moves_on(server: TmfServer) -> None:
    server.put("ours", originatingSystem="south")
    server.put("theirs", originatingSystem="north")
    pages = list(peer(server).pull({}))
    assert keys(pages) == ["theirs"]
    server.put("ours", status="inProgress")
    pages = list(peer(server, lookback=0).pull(pages[-1].cursor))
    assert keys(pages) == ["theirs"]
    assert pages[-1].cursor["since"] == "2026-11-22T10:00:03Z"


def test_one_report_is_asked_for_by_its_id(server: TmfServer) -> None:
    server.put("p 1/2", originatingSystem="north")
    asked = peer(server).ask("p 1/2")
    assert asked is None, "this server knows no escaped ids"
    server.put("p1")
    asked = peer(server).ask("p1")
    assert asked is not None
    assert asked.key == "p1"
    assert peer(server).ask("p2") is None


def test_a_report_that_we_may_not_see_any_more_is_gone_and_a_peer_that_shuts_us_out_is_not(
    server: TmfServer,
) -> None:
    server.put("p1", description="ours no more")
    server.hidden.add("p1")
    assert peer(server).ask("p1") is None
    server.locked = True
    with pytest.raises(AuthFailed):
        peer(server).ask("p1")


def test_a_report_of_the_third_generation_has_another_stamp(server: TmfServer) -> None:
    server.stamp = "timeChanged"
    server.put("p1", status="In Progress")
    (record,) = [record for page in peer(server, filters=False).pull({}) for record in page.records]
    assert record.updated.isoformat() == "2026-11-22T10:00:01+00:00"
    server.rows["p1"]["timeChanged"] = "yesterday"
    with pytest.raises(Unavailable, match="serviceProblem p1: lastUpdate or timeChanged is 'yesterday'"):
        list(peer(server, filters=False).pull({}))


def test_a_ticket_that_we_have_opened_at_the_peer_is_known_by_the_owner_of_its_identity() -> None:
    with TmfServer("/tmf-api/troubleTicket/v5", "troubleTicket") as server:
        server.put("ours", externalIdentifier=[{"id": "1", "owner": "crm"}, {"id": "2", "owner": "south"}])
        server.put("theirs", externalIdentifier=[{"id": "1", "owner": "crm"}])
        server.put("plain")
        desk = adapters.tmf621.make("desk", {"url": server.url, "own_systems": ["south"]})
        assert keys(list(desk.pull({}))) == ["theirs", "plain"]


def test_an_alarm_that_has_not_changed_has_the_time_at_which_it_was_raised() -> None:
    with TmfServer("/tmf-api/alarmManagement/v4", "alarm", stamp="alarmRaisedTime") as server:
        server.put("a1", sourceSystemId="ems")
        server.put("a2", sourceSystemId="ems", reportingSystemId="south")
        watch = adapters.tmf642.make("watch", {"url": server.url, "own_systems": ["south"], "filters": False})
        (record,) = [record for page in watch.pull({}) for record in page.records]
        assert (record.key, record.updated.isoformat()) == ("a1", "2026-11-22T10:00:01+00:00")


# Ringing


def test_the_address_carries_the_secret_and_no_message_does(
    server: TmfServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ADDRESS == "https://hub.example.test/qos-hub/v1/sources/north%20peer/wake/a%20secret%2Fof%20ours"
    monkeypatch.setenv("RING", "a-secret-of-sixteen")
    server.has_hub = False
    rung = peer(server, ring={"url": "https://hub.example.test", "secret": "env:RING"})
    fill(server, 1)
    assert keys(list(rung.pull({}))) == ["p0"]
    with pytest.raises(Unavailable, match="the peer's hub does not register us: hub: 404") as refused:
        rung.register({})
    assert "sixteen" not in str(refused.value)


def test_a_registration_is_made_once_and_taken_back_in_the_end(
    server: TmfServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RING", "a-secret-of-sixteen")
    query = "eventType=ServiceProblemStateChangeEvent"
    rung = peer(server, ring={"url": "https://hub.example.test", "secret": "env:RING", "query": query})
    list(rung.pull({}))
    assert server.callbacks == {}, "a pull alone, as in a dry run, registers nothing"
    cursor = rung.register({"since": None})
    assert rung.register(cursor) == cursor
    (made,) = server.callbacks.values()
    assert (made["query"], cursor["ring"]) == (query, made["id"])
    assert made["callback"].endswith("/sources/north/wake/a-secret-of-sixteen")
    rung.close()
    assert server.callbacks == {}
    rung.close()


def test_a_registration_that_the_peer_has_lost_is_made_again(server: TmfServer) -> None:
    clock = ManualClock()
    own = ringing(server, clock)
    first = own.keep(None)
    server.callbacks.clear()
    assert own.keep(first) == first
    clock.turn(600)
    second = own.keep(first)
    assert second != first
    assert list(server.callbacks) == [second]
    clock.turn(600)
    assert own.keep(second) == second, "refused with 409: it is still there"


def test_a_registration_outlives_a_resync_and_is_taken_back_by_the_next_process(
    server: TmfServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RING", "a-secret-of-sixteen")
    ring = {"url": "https://hub.example.test", "secret": "env:RING"}
    server.keeps_both = True
    server.put("1", status="acknowledged")
    rung = peer(server, ring=ring)
    cursor = rung.register(list(rung.pull({}))[-1].cursor)
    for since in ("2026-11-22T17:00:00Z", None):
        cursor = rung.register(list(rung.pull(rung.again(cursor, since)))[-1].cursor)
    again = peer(server, ring=ring)
    cursor = again.register(list(again.pull(cursor))[-1].cursor)
    assert list(server.callbacks) == [cursor["ring"]]


def test_a_peer_that_keeps_both_loses_the_old_one(server: TmfServer) -> None:
    clock = ManualClock()
    server.keeps_both = True
    first = ringing(server, clock).keep(None)
    second = ringing(server, clock).keep(first)
    assert list(server.callbacks) == [second]
    assert second != first


@pytest.mark.parametrize(
    ("options", "place", "why"),
    [
        ({"own_systems": None}, "own_systems", "may not be null"),
        ({"ring": {"url": "hub", "secret": "env:PATH"}}, "ring.url", "no http or https address"),
        ({"ring": {"url": "https://hub.example.test", "secret": "x"}}, "ring.secret", "by reference"),
        ({"token": "env:PATH", "username": "south"}, "token", "more than one login"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(
    server: TmfServer, options: dict[str, Any], place: str, why: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        peer(server, **options)
    found: Any = refused.value.messages
    for name in place.split("."):
        found = found[name]
    assert why in str(found)
