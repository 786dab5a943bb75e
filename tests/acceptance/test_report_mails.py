"""A scheduled report goes out by mail through running hubs, whatever is killed, and operators see what became of it."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server, run
from tests.acceptance.schedules import seen_to_until
from tests.fakes.mail_server import MailServer
from tests.rooms import until
from tests.scraped import Scraped

BASE = ContractClient.operations
ANN, BOB, EVE = "ann@customer.test", "bob@customer.test", "eve@gone.test"
WEEKLY = {
    "name": "weekly",
    "title": "The week",
    "audience": "operations",
    "schedule": {"every": "week", "at": "00:00"},
    "formats": ["json"],
    "recipients": [ANN, BOB, EVE],
}


def due(folder: Path) -> None:
    """A schedule whose last turn nobody has taken yet."""
    seen_to_until(timedelta(days=8), folder, WEEKLY)


def settings(server: MailServer) -> dict[str, str]:
    return {
        "QOS_HUB_MAIL_HOST": "127.0.0.1",
        "QOS_HUB_MAIL_PORT": str(server.port),
        "QOS_HUB_MAIL_PROTECTION": "none",
        "QOS_HUB_MAIL_SENDER": "reports@hub.test",
        "QOS_HUB_DELIVERY_SCHEDULE": "0s,0s,1h",
        "QOS_HUB_DELIVERY_JITTER": "0",
    }


def states(hub: Server) -> dict[str, str]:
    reports: list[dict[str, Any]] = hub.client.get(f"{BASE}/managementReport").json()
    return {one["recipient"]: one["state"] for report in reports for one in report.get("mail", [])}


def test_a_scheduled_report_reaches_each_recipient_once_over_a_kill(tmp_path: Path) -> None:
    due(tmp_path)
    with MailServer() as server:
        server.on_recipient(BOB, "451 4.3.0 later", "250 OK")
        server.on_recipient(EVE, "550 5.1.1 no such user")
        with (
            Server(tmp_path, settings=settings(server)) as hub,
            Server(tmp_path, name="two", settings=settings(server)) as two,
        ):
            until(lambda: states(hub) == {ANN: "delivered", BOB: "delivered", EVE: "dead"})
            hub.kill()
            two.kill()
            hub.start()
            (report,) = hub.client.get(f"{BASE}/managementReport").json()
            until(lambda: states(hub) == {ANN: "delivered", BOB: "delivered", EVE: "dead"})
            assert [len(server.of(one)) for one in (ANN, BOB, EVE)] == [1, 1, 0]
            (dead,) = [one for one in report["mail"] if one["recipient"] == EVE]
            assert (dead["lastStatus"], dead["lastReply"]) == (550, "5.1.1 no such user")
            assert dead["stateReason"] == "given up after 1 attempt; the last ended with refused (550)"
            said = server.of(ANN)[0].message.get_body().get_content()  # type: ignore[union-attr]
            (link,) = re.findall(r"http://\S+", said)
            place = urlsplit(link)
            opened = hub.client.get(f"{place.path}?{place.query}")
            own = hub.client.get(f"{BASE}/managementReport/{report['id']}/content/json")
            assert (opened.status_code, opened.content) == (200, own.content)
            listed = run(tmp_path, "report", "mails", report["id"], "--json")
            assert {one["recipient"]: one["state"] for one in json.loads(listed.stdout)} == states(hub)
            server.on_recipient(EVE, "250 OK")
            again = run(tmp_path, "report", "resend", report["id"])
            assert again.stdout == "1 to be sent again\n"
            until(lambda: states(hub)[EVE] == "delivered")
            assert ANN not in hub.output() + two.output()


def test_what_somebody_asks_for_is_sent_when_that_is_asked_for_too(tmp_path: Path) -> None:
    with MailServer() as server, Server(tmp_path, settings=settings(server)) as hub:
        new = {name: value for name, value in WEEKLY.items() if name != "schedule"} | {"recipients": [ANN]}
        assert hub.client.post(f"{BASE}/reportDefinition", new).status_code == 201
        asked = {"definition": {"id": "weekly"}, "period": "2026-W10"}
        quiet = ended(hub.client, hub.client.post(f"{BASE}/managementReport", asked).json())
        sent = ended(hub.client, hub.client.post(f"{BASE}/managementReport", asked | {"send": True}).json())
        until(lambda: server.of(ANN))
        assert "mail" not in quiet
        assert [one["recipient"] for one in sent["mail"]] == [ANN]
        assert len(server.taken) == 1
        again = run(tmp_path, "report", "resend", quiet["id"])
        assert (again.returncode, f"{quiet['id']} was sent to nobody" in again.stderr) == (2, True), again.stderr


def test_what_would_be_sent_to_nobody_is_refused(tmp_path: Path) -> None:
    asked = {"definition": {"id": "executive-monthly"}, "period": "2026-02", "send": True}
    with MailServer() as server, Server(tmp_path, settings=settings(server)) as hub:
        refused = hub.client.post(f"{BASE}/managementReport", asked)
        assert refused.status_code == 400
        said = violations(refused)["send"]
        assert said == "must be false: neither definition executive-monthly nor audience executive has recipients"
        assert hub.client.get(f"{BASE}/managementReport").json() == []


def test_whoever_watches_the_hub_sees_how_the_mails_go(tmp_path: Path) -> None:
    due(tmp_path)
    with MailServer() as server:
        server.on_recipient(BOB, "451 4.3.0 later", "250 OK")
        server.on_recipient(EVE, "550 5.1.1 no such user")
        with Server(tmp_path, settings=settings(server)) as hub:
            until(lambda: states(hub) == {ANN: "delivered", BOB: "delivered", EVE: "dead"})
            scraped = Scraped(requests.get(f"{hub.client.base_url}/metrics", timeout=10).text)
    assert scraped.series("mails", "state") == {"delivered": 2, "dead": 1}
    assert scraped.series("mail_attempts_total", "outcome") == {"delivered": 2, "deferred": 1, "refused": 1}
    assert scraped.value("mail_due_lag_seconds") == 0


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[mail]\nhost = "mail.test"\nuser = "hub"\nprotection = "none"\npassword = "env:NOT_THERE"\n'
    )
    told = run(tmp_path, "check", "--config", "settings.toml")
    assert told.returncode == 2
    for field in ("[mail] sender", "[mail] protection", "[mail] password"):
        assert field in told.stderr
