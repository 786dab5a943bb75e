"""docs/how-to/operate-deliveries.md is true: its commands run as they stand there, beside a hub that runs."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest
from click.testing import CliRunner

from hub.api.schemas import load_contract
from hub.cli import main
from hub.operate.printing import as_lines
from hub.settings import load_settings
from hub.shipped import openapi_dir
from hub.subscriptions.coverage import Reason
from hub.subscriptions.list_file import CSV_COLUMNS
from tests.acceptance.running import Server, run
from tests.fakes.listener import Listener, answer
from tests.rooms import report, until

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "operate-deliveries.md").read_text("utf-8")
COMMANDS = re.findall(r"^qos-hub .*$", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)), re.M)
SETTINGS, WITH_TOKEN = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
PARTY = "org-4711"


class Night:
    """A hub with a listener that is well and one that is not, a list, and what the page's variables stand for."""

    def __init__(self, folder: Path, server: Server, listener: Listener) -> None:
        self.folder = folder
        self.server = server
        self.good = server.client.register(listener.url("/good"))["id"]
        self.bad = server.client.register(listener.url("/bad"))["id"]
        self.report = server.client.create(report()).json()["id"]
        until(lambda: self.state("/bad") == "dead" and self.state("/good") == "delivered", 30)
        (dead,) = server.client.deliveries(state="dead")
        self.dead = dead["id"]

    def state(self, path: str) -> str | None:
        found = [one for one in self.server.client.deliveries() if one["subscription"]["callback"].endswith(path)]
        return found[0]["state"] if found else None

    def run(self, command: str, *more: str, code: int = 0) -> str:
        values = {"REPORT": self.report, "DELIVERY": self.dead, "SUBSCRIPTION": self.bad, "PARTY": PARTY}
        words = shlex.split(Template(command).substitute(values))
        done = run(self.folder, *words[1:], "--config", "settings.toml", *more)
        assert done.returncode == code, (command, done.stdout, done.stderr)
        return done.stdout

    def json(self, command: str) -> Any:
        return json.loads(self.run(command, "--json"))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("night")
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    with Listener() as listener:
        listener.on("/bad", answer(503, body=b"back at dawn"))
        rows = [f"{name},contact of {name},{listener.url('/' + name)}" for name in "abc"]
        (folder / "premium.csv").write_text("\n".join(["id,contact,callback", *rows]) + "\n", encoding="utf-8")
        settings = {"QOS_HUB_DELIVERY_SCHEDULE": "0s"}
        with Server(folder, "--config", "settings.toml", settings=settings) as server:
            yield Night(folder, server, listener)


def test_every_command_of_the_page_runs_as_it_stands_there(night: Night) -> None:
    assert len(COMMANDS) >= 16
    outputs = {command: night.run(command) for command in COMMANDS}
    assert all(outputs.values())
    assert "paused" in outputs['qos-hub subscriptions show "$SUBSCRIPTION"']
    assert night.report in outputs['qos-hub deliveries list --report "$REPORT"']
    assert "back at dawn" in outputs['qos-hub deliveries show "$DELIVERY"']
    assert "0 added" in outputs["qos-hub lists reconcile premium"]


def test_a_command_works_on_the_hub_that_runs(night: Night) -> None:
    client = night.server.client
    night.run(f"qos-hub subscriptions resume {night.bad}")
    until(lambda: not client.get(f"/qos-hub/v1/subscriptions/{night.bad}").json()["recovery"], 30)
    before = client.get(f"/qos-hub/v1/deliveries/{night.dead}").json()["attempts"]
    night.run('qos-hub deliveries resend "$DELIVERY"')
    until(lambda: client.get(f"/qos-hub/v1/deliveries/{night.dead}").json()["attempts"] == before + 2, 30)
    view = client.get(f"/qos-hub/v1/subscriptions/{night.bad}").json()
    assert all(change["actor"].startswith("cli:") for change in view["change"])
    until(lambda: client.get(f"/qos-hub/v1/deliveries/{night.dead}").json()["state"] == "dead", 30)
    work = night.json('qos-hub recover "$SUBSCRIPTION"')
    path = f"/qos-hub/v1/recoveries/{work['id']}"
    until(lambda: client.get(path).json()["status"] == "Succeeded", 30)
    assert client.get(path).json()["progress"]["changed"] == 1


def test_the_table_and_the_json_say_the_same(night: Night) -> None:
    table = night.run("qos-hub subscriptions list").splitlines()
    views = night.json("qos-hub subscriptions list")
    assert [line.split()[0] for line in table[1:]] == [view["id"] for view in views]
    assert {view["list"] for view in views} == {None, "premium"}
    one = night.json(f"qos-hub subscriptions show {night.good}")
    served = night.server.client.get(f"/qos-hub/v1/subscriptions/{night.good}").json()
    assert {name: served[name] for name in ("id", "callback", "state", "owner")} == {
        name: one[name] for name in ("id", "callback", "state", "owner")
    }


def test_a_listener_is_tested_and_its_key_exchanged_from_the_command_line(night: Night) -> None:
    tested = night.json('qos-hub subscriptions test "$SUBSCRIPTION"')
    assert (tested["event"]["eventType"], tested["outcome"], tested["status"]) == (
        "HubTestEvent",
        "serverError",
        503,
    )
    rotated = night.json('qos-hub subscriptions rotate "$SUBSCRIPTION" --overlap 24h')
    assert rotated["secret"].startswith("whsec_")
    assert [key["until"] is None for key in rotated["signingKey"]][:2] == [True, False]
    assert rotated["secret"] not in night.server.output()


PLACES = [["--database", "qos-hub.db"], ["--config", "settings.toml"]]


@pytest.mark.parametrize("place", PLACES, ids=["a database", "settings"])
def test_links_begin_with_the_public_address_and_no_other_is_guessed(
    night: Night, monkeypatch: pytest.MonkeyPatch, place: list[str]
) -> None:
    monkeypatch.chdir(night.folder)

    def shown(*words: str) -> Any:
        done = CliRunner().invoke(main, [*words, *place, "--json"], catch_exceptions=False)
        return json.loads(done.stdout)

    def links() -> list[str]:
        definition = shown("report", "list")[0]
        erased = shown("erase", "org-nobody", "--yes")
        return [one["href"] for one in (shown("deliveries", "show", night.dead), definition, erased)]

    assert all(link.startswith("/qos-hub/v1/") for link in links())
    monkeypatch.setenv("QOS_HUB_SERVER_PUBLIC_URL", "https://qos.example.com/")
    assert all(link.startswith("https://qos.example.com/qos-hub/v1/") for link in links())


def test_a_long_name_stands_apart_from_its_value() -> None:
    (line,) = as_lines({"progress": {"expectedOfEverythingInAll": 200186}})
    assert line == "progress.expectedOfEverythingInAll 200186"


def test_who_was_not_told_has_a_line_with_the_reason(night: Night) -> None:
    rows = {row["subscription"]["id"]: row for row in night.json('qos-hub coverage --report "$REPORT"')}
    assert (rows[night.good]["told"], rows[night.good]["reason"]) == (True, "told")
    missed = night.json('qos-hub coverage --report "$REPORT" --not-told')
    assert night.good not in {row["subscription"]["id"] for row in missed}


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("qos-hub subscriptions show 4711", "no subscription 4711"),
        ("qos-hub deliveries show 4711", "no delivery 4711"),
        ("qos-hub deliveries resend 4711", "no delivery 4711"),
        ("qos-hub write-backs show 4711", "no write-back 4711"),
        ("qos-hub write-backs resend 4711", "no write-back 4711"),
        ('qos-hub recover "$SUBSCRIPTION" --since yesterday', "since: must be an instant"),
        ("qos-hub deliveries list --outcome timout", "'timeout', 'nameNotResolved'"),
        ("qos-hub subscriptions test 4711", "no subscription 4711"),
        ("qos-hub subscriptions rotate 4711 --overlap 9d", "overlap: must be a duration from 0 to 7 days"),
        ("qos-hub coverage", "say what is asked about: --report or --event"),
        ("qos-hub coverage --event 4711", "no event 4711"),
        ("qos-hub coverage --event 4711 --reason bogus", "'told', 'pending', 'paused'"),
        ("qos-hub lists reconcile other", "no list other in the settings"),
        ("qos-hub subscriptions list --database nowhere.db", "there is no database nowhere.db"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(night: Night, command: str, says: str) -> None:
    words = shlex.split(Template(command).substitute({"SUBSCRIPTION": night.bad}))
    database = [] if "--database" in words else ["--database", str(night.folder / "qos-hub.db")]
    done = CliRunner().invoke(main, [*words[1:], *database])
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_that_is_not_believed_ends_the_command_with_1(night: Night) -> None:
    path = night.folder / "premium.csv"
    whole = path.read_text()
    path.write_text(whole.splitlines()[0] + "\n")
    try:
        assert "nothing was changed" in night.run("qos-hub lists reconcile premium", code=1)
    finally:
        path.write_text(whole)
    assert len(night.json("qos-hub subscriptions list --list premium")) == 3


def test_an_erasure_asks_before_it_begins(night: Night) -> None:
    done = run(night.folder, "erase", "org-1", "--config", "settings.toml")
    assert done.returncode == 1
    assert "Erase all data of the party org-1?" in done.stderr


def test_the_page_names_what_the_contract_and_the_code_have() -> None:
    contract = load_contract(openapi_dir() / "operations-v1.yaml")
    named = re.findall(r"`(GET|POST|PATCH) (/[\w/{}]+)`", TEXT)
    assert len(named) >= 14
    for method, path in named:
        assert method.lower() in contract["paths"][path], path
    reasons = TEXT.partition("| reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`(?=[^|\n]*\| )", reasons)) >= {reason.value for reason in Reason}
    columns = TEXT.partition("| column |")[2].partition("\n\n")[0]
    assert set(CSV_COLUMNS) <= set(re.findall(r"`(\w+)`", columns))


def test_the_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS + WITH_TOKEN)
    lists = load_settings(path, {}, {}).lists
    assert (lists["premium"].removal_limit, lists["partners"].token) == (0.2, "env:CMDB_TOKEN")
