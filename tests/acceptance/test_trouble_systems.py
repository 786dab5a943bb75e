"""The main job, end to end: a ticket in a real trouble system becomes a report, and a listener is told."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from hub.demo.roundup import PASSWORD, Roundup
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.real.alertmanager import Alertmanager
from tests.real.fixtures import NewAlertmanager
from tests.rooms import until

CREATE = "ServiceProblemCreateEvent"
STATE = "ServiceProblemStateChangeEvent"
ATTRIBUTE = "ServiceProblemAttributeValueChangeEvent"
ROUNDUP = """
[intake]
interval = "200ms"
[sources.desk]
adapter = "roundup"
options = {{ url = "{url}", username = "admin", password = "env:DESK_PASSWORD" }}
"""
ALERTMANAGER = """
[intake]
interval = "200ms"
[sources.prometheus]
adapter = "alertmanager"
options = {{ url = "{url}", patience = 0 }}
"""
RUNG = """
[intake]
interval = "1h"
absent_polls = 1
[sources.prometheus]
adapter = "alertmanager"
wake_secret = "env:PROMETHEUS_SECRET"
options = {{ url = "{url}", patience = 0 }}
"""
SECRET = "alertmanager-rings-with-this"


def watching(tmp_path: Path, settings: str) -> Server:
    (tmp_path / "hub.toml").write_text(settings)
    return Server(
        tmp_path, "--config", "hub.toml", settings={"DESK_PASSWORD": PASSWORD, "PROMETHEUS_SECRET": SECRET}
    )


def source(client: ContractClient) -> dict[str, Any]:
    (only,) = client.get(f"{ContractClient.operations}/sources").json()
    found: dict[str, Any] = only
    return found


def wait_for_polls(client: ContractClient, count: int) -> None:
    """Until this many more polls have ended well."""
    for _ in range(count):
        until(partial(has_polled_since, client, source(client)["lastSuccessTime"]))


def has_polled_since(client: ContractClient, last: str | None) -> bool:
    return bool(source(client)["lastSuccessTime"] != last)


def events_so_far(listener: Listener) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in listener.received("/in")]


def told(listener: Listener, count: int) -> list[tuple[str, str]]:
    """(type, status) of the events that came, once they are so many; more than that would be an invention."""
    listener.wait_for(count, "/in", timeout=30)
    events = events_so_far(listener)
    assert len(events) == count
    return [(event["eventType"], event["event"]["serviceProblem"]["status"]) for event in events]


def test_a_ticket_in_roundup_is_told_from_its_filing_to_its_end(
    tmp_path: Path, roundup: Roundup, listener: Listener
) -> None:
    desk = roundup.client
    with watching(tmp_path, ROUNDUP.format(url=roundup.url)) as server:
        client = server.client
        client.register(listener.url("/in"))
        wait_for_polls(client, 1)

        issue = desk.create_issue("Picture freezes in the north ring", priority="urgent")
        assert told(listener, 1) == [(CREATE, "acknowledged")]
        desk.change_issue(issue, status="in-progress")
        assert told(listener, 2)[1:] == [(STATE, "inProgress")]
        desk.change_issue(issue, priority="critical")
        assert told(listener, 3)[2:] == [(ATTRIBUTE, "inProgress")]

        until(lambda: len(client.deliveries(state="delivered")) == 3)
        server.kill()
        desk.change_issue(issue, status="resolved")
        server.start()
        assert told(listener, 4)[3:] == [(STATE, "resolved")]
        wait_for_polls(client, 2)
        assert len(told(listener, 4)) == 4

        (problem,) = client.problems(name="Picture freezes in the north ring")
        assert (problem["priority"], problem["status"]) == (1, "resolved")
        assert problem["troubleTicket"][0]["id"] == issue
        query = {"serviceProblem.id": problem["id"]}
        history = client.get(f"{ContractClient.face}/serviceProblemEventRecord", params=query).json()
        changes = [one["notification"] for one in history]
        assert [change["sourceStatus"] for change in changes] == [
            "unread",
            "in-progress",
            "in-progress",
            "resolved",
        ]
        assert {change["source"] for change in changes} == {"desk"}
        assert [one["eventTime"] <= one["recordTime"] for one in history] == [True] * 4
        assert source(client)["state"] == "ok"


def test_tickets_from_before_the_first_poll_become_reports_and_are_not_told(
    tmp_path: Path, roundup: Roundup, listener: Listener
) -> None:
    desk = roundup.client
    old = desk.create_issue("An old story")
    with watching(tmp_path, ROUNDUP.format(url=roundup.url)) as server:
        server.client.register(listener.url("/in"))
        until(lambda: server.client.problems(name="An old story"))
        desk.change_issue(old, status="chatting")
        assert told(listener, 1) == [(STATE, "inProgress")]


def test_an_alert_in_alertmanager_is_told_when_it_fires_and_when_it_ends(
    tmp_path: Path, alertmanager: Alertmanager, listener: Listener
) -> None:
    labels = {"alertname": "MosLow", "service": "volte-north", "severity": "critical"}
    with watching(tmp_path, ALERTMANAGER.format(url=alertmanager.url)) as server:
        client = server.client
        client.register(listener.url("/in"), "event.serviceProblem.name=MosLow")
        wait_for_polls(client, 1)

        alertmanager.fire(labels, annotations={"description": "The mean opinion score is 3.1"})
        assert told(listener, 1)[0][0] == CREATE
        until(lambda: [one["status"] for one in client.problems(name="MosLow")] == ["inProgress"])
        (problem,) = client.problems(name="MosLow")
        assert (problem["priority"], problem["affectedService"][0]["id"]) == (1, "volte-north")

        alertmanager.resolve(labels)
        until(lambda: events_so_far(listener)[-1]["event"]["serviceProblem"]["status"] == "resolved", 30)
        events = events_so_far(listener)
        assert events[-1]["eventType"] == STATE
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        (problem,) = client.problems(name="MosLow")
        assert problem["resolutionDate"]


def test_an_alertmanager_that_calls_the_webhook_of_its_source_is_read_at_once(
    tmp_path: Path, new_alertmanager: NewAlertmanager
) -> None:
    system = new_alertmanager()
    with watching(tmp_path, RUNG.format(url=system.url)) as server:
        client = server.client
        until(lambda: source(client)["lastSuccessTime"])
        system.kill()
        system.rings_at = f"{client.base_url}{client.operations}/sources/prometheus/wake/{SECRET}"
        system.start()
        labels = {"alertname": "MosLow", "service": "volte-north"}
        system.fire(labels)
        until(lambda: [one["status"] for one in client.problems(name="MosLow")] == ["inProgress"])
        system.resolve(labels)
        until(lambda: [one["status"] for one in client.problems(name="MosLow")] == ["resolved"])
        assert SECRET not in server.output()


def test_a_trouble_system_that_is_away_is_shown_and_resolves_nothing(
    tmp_path: Path, new_alertmanager: NewAlertmanager, listener: Listener
) -> None:
    system = new_alertmanager()
    labels = {"alertname": "JitterHigh", "service": "volte-south"}
    with watching(tmp_path, ALERTMANAGER.format(url=system.url)) as server:
        client = server.client
        client.register(listener.url("/in"))
        wait_for_polls(client, 1)
        system.fire(labels)
        listener.wait_for(1, "/in", timeout=30)
        until(lambda: client.problems(name="JitterHigh")[0]["status"] == "inProgress")
        system.kill()
        until(lambda: source(client)["state"] == "degraded" and source(client)["failures"] >= 2, 30)
        assert client.problems(name="JitterHigh")[0]["status"] == "inProgress"
        assert source(client)["error"]
        assert client.get(f"{ContractClient.operations}/health").json()["live"] is True
