"""Killed between any two steps of schedule, report, event and mail, the hub makes one report and tells everybody of it.

Each case is a real process that kills itself (SIGKILL) at a named point, and another one after it that goes on.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Ended, Server
from tests.acceptance.test_report_mails import ANN, BOB, due, settings
from tests.fakes.listener import Listener
from tests.fakes.mail_server import MailServer
from tests.rooms import until

FAULTS = Path(__file__).parent / "faults"

POINTS = {
    "a turn is about to be taken": "hub.store.report_schedules:ReportSchedules.take:before:1",
    "a turn is taken, its report is not ordered": "hub.store.jobs:Jobs.insert:before:1",
    "its report is ordered, nothing is committed": "hub.store.jobs:Jobs.insert:after:1",
    "the report is about to be made": "hub.store.jobs:Jobs.claim:after:1",
    "a form is written, it does not count": "hub.jobs.reports:Reporter._write:after:1",
    "the report is made, its end is not written": "hub.store.jobs:Jobs.finish:before:1",
    "its end is written, its event is not": "hub.store.jobs:Jobs.finish:after:1",
    "its event is written, its mails are not": "hub.store.events:Events.append:after:1",
    "a mail is written, the next one is not": "hub.store.mails:Mails.insert:after:1",
    "a mail is claimed, nothing is committed": "hub.store.mails:Mails.claim:after:1",
    "a mail is about to be sent": "hub.delivery.mail.sending:send:before:1",
    "a mail is sent, nothing is recorded": "hub.delivery.mail.sending:send:after:1",
    "that is recorded, nothing is committed": "hub.store.mails:Mails.settle:after:1",
}
AFTER_SENDING = {"a mail is sent, nothing is recorded", "that is recorded, nothing is committed"}


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def registered(folder: Path, callback: str) -> None:
    """By a hub that makes nothing."""
    with Server(folder, name="before", settings={"QOS_HUB_SERVER_ROLES": "api"}) as hub:
        hub.client.register(callback, "eventType=ManagementReportReadyEvent")
        hub.stop()


def reports(hub: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.client.get(f"{ContractClient.operations}/managementReport").json()
    return found


def is_done(hub: Server) -> bool:
    return [
        (one["status"], {mail["recipient"]: mail["state"] for mail in one.get("mail", [])}) for one in reports(hub)
    ] == [("Succeeded", {ANN: "delivered", BOB: "delivered", "eve@gone.test": "delivered"})]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_one_report_is_made_and_everybody_is_told(
    tmp_path: Path, point: str, mail_server: MailServer
) -> None:
    due(tmp_path)
    fault = {"PYTHONPATH": str(FAULTS), "FAULT_AT": POINTS[point], "FAULT_AFTER": "0"}
    with Listener() as listener:
        registered(tmp_path, listener.url("/in"))
        killed = Server(tmp_path, name="killed", settings=settings(mail_server) | fault)
        with suppress(Ended):  # it may be dead before it says that it serves
            killed.start()
        assert killed.wait(60) == -9
        with Server(tmp_path, name="after", settings=settings(mail_server)) as hub:
            until(lambda: is_done(hub), 60)
            (report,) = reports(hub)
            until(lambda: listener.received("/in"), 60)
            ran = [one for each in (killed, hub) for one in each.lines("schedule.ran")]
    assert [one["report"] for one in ran] in ([report["id"]], []), "at most one process says so"
    told = {json.loads(one.body)["correlationId"] for one in listener.received("/in")}
    assert told == {report["id"]}
    assert len({one.headers["webhook-id"] for one in listener.received("/in")}) == 1
    twice = 2 if point in AFTER_SENDING else 1
    sent = sorted(len(mail_server.of(mail["recipient"])) for mail in report["mail"])
    assert sent == [1, 1, twice]
    for mail in report["mail"]:
        assert len({one.message["Message-ID"] for one in mail_server.of(mail["recipient"])}) == 1
