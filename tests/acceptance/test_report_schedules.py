"""Schedules of management reports through running hubs: missed while none ran, made up for once, whatever is killed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.store.sqlite import Store
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server, run
from tests.acceptance.schedules import seen_to_until
from tests.rooms import until

BASE = ContractClient.operations
WEEKLY = {
    "name": "weekly",
    "title": "The week",
    "audience": "operations",
    "zone": "Europe/Berlin",
    "schedule": {"every": "week", "at": "00:00"},
    "formats": ["json"],
}


def begun_weeks_ago(folder: Path) -> None:
    """A schedule that a hub saw to until three weeks ago, when it was switched off."""
    seen_to_until(timedelta(days=21), folder, WEEKLY)


def reports(hub: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.client.get(f"{BASE}/managementReport").json()
    return found


def looked_at(folder: Path, name: str) -> bool:
    """Whether a hub has seen to the schedules since a definition was made."""
    store = Store(folder / "qos-hub.db")
    standing = store.read.report_schedules.get(name)
    store.close()
    return standing is not None


def test_two_hubs_make_up_for_what_was_missed_once_and_not_again_after_a_kill(tmp_path: Path) -> None:
    begun_weeks_ago(tmp_path)
    with Server(tmp_path, name="one") as one, Server(tmp_path, name="two") as two:
        until(lambda: [each["status"] for each in reports(one)] == ["Succeeded"])
        (made,) = reports(two)
        assert made["schedule"]["id"] == "weekly"
        assert made["schedule"]["due"] < made["creationDate"]
        definition = two.client.get(f"{BASE}/reportDefinition/weekly").json()
        assert definition["lastRun"] == {
            "period": made["period"],
            "report": {"id": made["id"], "href": definition["lastRun"]["report"]["href"]},
        }
        assert definition["nextRun"]["due"] > made["creationDate"]
        one.kill()
        two.kill()
        one.start()
        two.start()
        assert one.client.post(f"{BASE}/reportDefinition", {**WEEKLY, "name": "other"}).status_code == 201
        until(lambda: looked_at(tmp_path, "other"))
        ran = [line for hub in (one, two) for line in hub.lines("schedule.ran")]
        assert [line["report"] for line in ran] == [made["id"]]
        assert len(ran[0]["missed"]) == 2, "three weeks were missed"
        assert [each["id"] for each in reports(one)] == [made["id"]]
        listed = run(tmp_path, "report", "list")
        assert definition["nextRun"]["due"] in listed.stdout
        assert made["id"] in run(tmp_path, "report", "list", "--made").stdout


def test_a_definition_of_the_configuration_has_a_schedule_as_well(tmp_path: Path) -> None:
    (tmp_path / "reports.yaml").write_text(
        "definitions:\n"
        "  - {name: week, title: Week, audience: operations, schedule: {every: week, at: '06:00', days: 1}}\n"
    )
    (tmp_path / "settings.toml").write_text(f'[reporting]\nfolder = "{tmp_path}"\n')
    with Server(tmp_path, "--config", "settings.toml") as hub:
        seen = hub.client.get(f"{BASE}/reportDefinition/week").json()
        assert (seen["origin"], seen["schedule"]) == ("configuration", {"every": "week", "at": "06:00", "days": 1})
        assert seen["nextRun"]["due"]
        assert reports(hub) == []
    wrong = (tmp_path / "reports.yaml").read_text().replace("06:00", "6:00")
    (tmp_path / "reports.yaml").write_text(wrong)
    told = run(tmp_path, "check", "--config", "settings.toml")
    assert told.returncode == 2
    assert "definitions.0.schedule.at" in told.stderr


def test_a_definition_whose_audience_is_gone_says_so_everywhere(tmp_path: Path) -> None:
    begun_weeks_ago(tmp_path)
    gone = {
        "purpose": "",
        "scope": {},
        "metrics": [],
        "breakdowns": [],
        **WEEKLY,
        "name": "orphan",
        "audience": "moon",
        "zone": None,
    }
    store = Store(tmp_path / "qos-hub.db")
    store.write(lambda tables: tables.report_definitions.insert(gone, actor="me", now=1))
    store.close()
    why = "audience: moon is no audience; there are customer, executive, operations, regulator, supplier"
    with Server(tmp_path) as hub:
        shown = {one["id"]: one for one in hub.client.get(f"{BASE}/reportDefinition").json()}
        assert {name: one["refused"] for name, one in shown.items() if "refused" in one} == {"orphan": why}
        assert "nextRun" not in shown["orphan"]
        asked = {"definition": {"id": "orphan"}, "period": "2026-03"}
        refused = hub.client.post(f"{BASE}/managementReport", asked)
        assert (refused.status_code, violations(refused)) == (400, {"audience": why.partition(": ")[2]})
        preview = hub.client.get(f"{BASE}/reportDefinition/orphan/preview", params={"period": "2026-03"})
        assert (preview.status_code, list(violations(preview))) == (400, ["audience"])
        listed = run(tmp_path, "report", "list")
        assert "moon is no audience" in listed.stdout
        made = run(tmp_path, "report", "run", "orphan", "--period", "2026-03")
        assert (made.returncode, why in made.stderr) == (2, True)
        until(lambda: [one["definition"] for one in hub.lines("schedule.refused")] == ["orphan"])
        assert hub.client.call("DELETE", f"{BASE}/reportDefinition/orphan").status_code == 204
