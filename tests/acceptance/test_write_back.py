"""What is changed at the hub is in the ticket once, wherever the hub is killed, and does not come back as news.

A chain is one hub on a real trouble system: each of its processes kills itself (SIGKILL) at the next named point.
"""

import json
import random
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.demo.roundup import PASSWORD, Roundup
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Ended, Server, run
from tests.acceptance.test_crash_matrix import FAULTS
from tests.fakes.listener import Listener
from tests.real.request_tracker import ADMIN, RequestTracker
from tests.rooms import until

SETTINGS = """
[intake]
interval = "200ms"
[sources.desk]
adapter = "{adapter}"
write_back = ["acknowledgement", "note", "status"]
options = {{ url = "{url}", username = "{user}", password = "env:DESK_PASSWORD"{more} }}
"""
OPERATIONS, FACE = ContractClient.operations, ContractClient.face
WRITING, TABLE = "hub.intake.write_back:WriteBackRun", "hub.store.write_backs:WriteBacks"

POINTS = {
    "a change is made, nothing is committed": f"{TABLE}.append:after:1",
    "a change is about to be claimed": f"{TABLE}.claim:before:1",
    "a change is claimed, nothing is committed": f"{TABLE}.claim:after:1",
    "a change is claimed, the ticket is not asked": f"{WRITING}._ask:before:1",
    "the ticket is read, it is not written": "adapters.http:HttpClient.send_json:before:1",
    "the ticket is written, perhaps in part": "adapters.http:HttpClient.send_json:after:1",
    "the ticket is written, that is not recorded": f"{WRITING}._settle:before:1",
    "the second change is written, that is not recorded": f"{WRITING}._settle:before:2",
    "it is recorded, nothing is committed": f"{TABLE}.settle:after:1",
    "it is recorded, the ticket is not read again": "hub.intake.poll:SourcePoll.run:before:2",
    "the ticket is read again, nothing is committed": "hub.intake.page:without_echo:after:1",
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A trouble system, and what a person there does and sees: files a ticket, reads what was written to it."""

    settings: str
    password: str
    words: Mapping[str, str]
    file: Callable[[], str]
    texts: Callable[[str], list[str]]
    status: Callable[[str], str]


def at_roundup(tracker: Roundup) -> Desk:
    client = tracker.client
    return Desk(
        settings=SETTINGS.format(adapter="roundup", url=tracker.url, user="admin", more=""),
        password=PASSWORD,
        words={"acknowledged": "unread", "inProgress": "in-progress", "held": "deferred"},
        file=lambda: client.create_issue("Picture freezes"),
        texts=client.messages,
        status=lambda ticket: str(client.issue(ticket)["status"]["name"]),
    )


def at_request_tracker(tracker: RequestTracker) -> Desk:
    tracker.create_queue("written-back")
    more = ', queues = ["written-back"]'
    return Desk(
        settings=SETTINGS.format(adapter="request_tracker", url=tracker.url, user=ADMIN[0], more=more),
        password=ADMIN[1],
        words={"acknowledged": "new", "inProgress": "open", "held": "stalled"},
        file=lambda: tracker.create_ticket("written-back", "Picture freezes"),
        texts=tracker.comments,
        status=tracker.status_of,
    )


@pytest.fixture(params=["roundup", "request_tracker"])
def desk(request: pytest.FixtureRequest) -> Desk:
    tracker = request.getfixturevalue(request.param)
    return at_roundup(tracker) if request.param == "roundup" else at_request_tracker(tracker)


class Hub:
    """The processes of one hub, one after the other."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        self._folder = folder
        self._password = {"DESK_PASSWORD": desk.password}
        (folder / "hub.toml").write_text(desk.settings)

    def server(self, **faults: str) -> Server:
        return Server(
            self._folder,
            "--config",
            "hub.toml",
            name=f"hub-{len(list(self._folder.glob('*.log')))}",
            settings=self._password | faults,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self._folder, *arguments, "--config", "hub.toml", **self._password)

    def command(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def let_rest(self) -> None:
        """The time is over for which what a dead process was writing is left alone."""
        with sqlite3.connect(self._folder / "qos-hub.db") as database:
            database.execute("UPDATE write_back SET lease_until = 0 WHERE token IS NOT NULL")
        database.close()


def texts_of(problem: dict[str, Any]) -> list[str]:
    return [note["text"] for note in problem.get("note", ())]


def change(client: ContractClient, problem: str, number: int) -> None:
    """A note, and every other time another status with it."""
    found = client.get(f"{FACE}/serviceProblem/{problem}").json()
    note = {"@type": "Note", "id": f"n{number}", "author": "Ines", "text": f"step {number}"}
    status = {"status": "held" if found["status"] == "inProgress" else "inProgress"} if number % 2 == 0 else {}
    client.patch(problem, note=[*found.get("note", []), note], **status)


def is_settled(client: ContractClient) -> bool:
    rows = client.get(f"{OPERATIONS}/writeBacks").json()
    return all(row["state"] == "written" for row in rows)


def wait_for_polls(client: ContractClient, count: int) -> None:
    for _ in range(count):
        until(partial(has_polled_since, client, last_poll(client)), 30)


def last_poll(client: ContractClient) -> str | None:
    (source,) = client.get(f"{OPERATIONS}/sources").json()
    found: str | None = source["lastPollTime"]
    return found


def has_polled_since(client: ContractClient, last: str | None) -> bool:
    return last_poll(client) != last


def of_reports(listener: Listener) -> list[int]:
    """The sequence numbers of the events about the report, each event once."""
    events = {each.headers["webhook-id"]: json.loads(each.body) for each in listener.received("/in")}
    return sorted(event["sequence"] for event in events.values() if "serviceProblem" in event["event"])


def written(text: str) -> tuple[str, str]:
    """(what was written, who has written it); the mark between them is another one each time."""
    head, mark, _ = text.partition(" [qos-hub ")
    assert mark, text
    what, _, author = head.rpartition("\n\n")
    return what, author


@pytest.mark.slow
def test_killed_at_each_point_of_a_write_the_hub_writes_each_change_once_and_hears_no_echo(
    tmp_path: Path, desk: Desk
) -> None:
    hub = Hub(tmp_path, desk)
    met = []
    with Listener() as listener:
        with hub.server() as server:
            server.client.register(listener.url("/in"))
            wait_for_polls(server.client, 1)
            ticket = desk.file()
            until(lambda: server.client.problems(name="Picture freezes"))
            problem = server.client.problems(name="Picture freezes")[0]["id"]
            given = {"@type": "ProblemAcknowledgement", "problem": [{"id": problem}]}
            assert server.client.post(f"{FACE}/problemAcknowledgement", given).status_code == 201
            until(lambda: is_settled(server.client))
        for number, (name, point) in enumerate(POINTS.items()):
            server = hub.server(PYTHONPATH=str(FAULTS), FAULT_AT=point, FAULT_AFTER="0")
            with suppress(Ended, requests.ConnectionError), server:
                change(server.client, problem, number)
                server.wait(30)
            assert server.wait() == -9, name
            met.append(point)
            hub.let_rest()
        with hub.server() as server:
            change(server.client, problem, len(POINTS))
            until(lambda: is_settled(server.client), 60)
            wait_for_polls(server.client, 3)
            report = server.client.get(f"{FACE}/serviceProblem/{problem}").json()
            records = server.client.records()
            until(lambda: len(of_reports(listener)) == len(records), 60)
            rows = server.client.get(f"{OPERATIONS}/writeBacks").json()
            listed = hub.command("write-backs", "list", "--source", "desk", "--state", "written")
            assert [row["id"] for row in listed] == [row["id"] for row in rows]
            assert hub.command("write-backs", "show", rows[0]["id"]) == listed[0]
            refused = hub.run("write-backs", "resend", rows[0]["id"])
            assert (refused.returncode, "was written" in refused.stderr) == (2, True)
        sequences = of_reports(listener)
    assert len(met) == len(POINTS)
    expected = [("Acknowledged", "local"), *((text, "Ines") for text in texts_of(report))]
    assert [written(text) for text in desk.texts(ticket)] == expected
    assert desk.status(ticket) == desk.words[report["status"]]
    assert {row["state"] for row in rows} == {"written"}
    changes = [one["notification"] for one in records]
    filed, *later = [one for one in changes if one.get("source") == "desk"]
    assert filed == changes[0]
    assert all(one["changes"].keys() == {"statusChangeReason"} for one in later), "its reasons alone are its news"
    assert sequences == list(range(1, len(records) + 1)), "every change is told, and as one event"


NOTES, KILLS = 24, 5


def test_killed_at_random_moments_the_hub_writes_each_note_once_and_in_order(
    tmp_path: Path, roundup: Roundup
) -> None:
    desk, dice = at_roundup(roundup), random.Random(656)
    hub = Hub(tmp_path, desk)
    with hub.server() as server:
        wait_for_polls(server.client, 1)
        ticket = desk.file()
        until(lambda: server.client.problems(name="Picture freezes"))
        problem = server.client.problems(name="Picture freezes")[0]["id"]
        notes = [
            {"@type": "Note", "id": f"n{number}", "author": "Ines", "text": f"step {number}"}
            for number in range(NOTES)
        ]
        assert server.client.patch(problem, note=notes).status_code == 200
        for threshold in sorted(dice.sample(range(NOTES - 2), KILLS)):
            until(partial(has_written, server.client, threshold), 60)
            server.kill()
            hub.let_rest()
            server.start()
        until(lambda: is_settled(server.client), 60)
        wait_for_polls(server.client, 2)
        report = server.client.get(f"{FACE}/serviceProblem/{problem}").json()
        changes = [one["notification"] for one in server.client.records()]
    assert [written(text) for text in desk.texts(ticket)] == [
        (f"step {number}", "Ines") for number in range(NOTES)
    ]
    assert texts_of(report) == [note["text"] for note in notes]
    assert len(changes) == 2, "its filing and the change that was made here"


def has_written(client: ContractClient, least: int) -> bool:
    rows = client.get(f"{OPERATIONS}/writeBacks", params={"state": "written", "limit": 0})
    return int(rows.headers["X-Total-Count"]) >= least
