"""How each version of Zabbix lets us in, and what it shows to whom: against a fake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

import adapters.zabbix
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, Page, Record, SourceError, Unavailable
from tests.fakes.benches import FakeZabbixBench, zabbix_bench
from tests.fakes.zabbix import NO_DATABASE, TOKEN, USER
from tests.real.benches import records
from tests.real.middleman import Canned, Middleman

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/zabbix.yaml")


VERSIONS = ("5.0.42", "5.4.0", "6.0.14", "6.2.9", "6.4.21", "7.0.0rc1", "7.2.4")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FakeZabbixBench]:
    with zabbix_bench(tmp_path) as bench:
        yield bench


def methods(bench: FakeZabbixBench) -> list[str]:
    return [asked.body["method"] for asked in bench.fake.asked]


def status(record: Record) -> Status | None:
    return render(MAPPING, record.data).status


def pulled(bench: FakeZabbixBench, page: Page | None = None, **options: Any) -> tuple[list[Record], Page]:
    pages = list(bench.source(**options).pull(page.cursor if page else {}))
    return records(pages), pages[-1]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_asked_in_its_own_way(bench: FakeZabbixBench, version: str) -> None:
    bench.fake.version = version
    bench.create("iptv")
    bench.change("iptv")
    assert bench.source().check().version == version
    (record,), _ = pulled(bench)
    assert status(record) is Status.ACKNOWLEDGED
    assert bench.fake.sessions == {TOKEN}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_needs_no_login(bench: FakeZabbixBench, version: str) -> None:
    bench.fake.version = version
    bench.create("iptv")
    found, _ = pulled(bench, token=bench.secret("token", TOKEN))
    assert [bench.name_of(record) for record in found] == ["iptv"]
    assert bench.fake.logins == 0
    assert "user.logout" not in methods(bench)
    assert bench.fake.sessions == {TOKEN}


def test_the_name_and_the_password_are_no_login_of_http(bench: FakeZabbixBench) -> None:
    pulled(bench)
    assert all("authorization" not in asked.headers for asked in bench.fake.asked)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_token_of_a_session_is_not_shown(bench: FakeZabbixBench, version: str) -> None:
    bench.fake.version = version
    bench.fake.repeats_token = True
    with pytest.raises(Unavailable, match=r'Invalid parameter "/auth": \*\*\*\.') as refused:
        bench.source().check()
    assert len(bench.fake.sessions) == 2
    assert not any(token in str(refused.value) for token in bench.fake.sessions)


def test_a_wrong_password_is_tried_once_and_is_not_shown(bench: FakeZabbixBench) -> None:
    wrong = bench.secret("wrong", "not-my-password")
    with pytest.raises(AuthFailed, match="Incorrect user name") as refused:
        pulled(bench, password=wrong)
    assert bench.fake.logins == 1
    assert "not-my-password" not in str(refused.value)


@pytest.mark.parametrize(
    "said",
    [
        "Not authorised.",
        "API token expired.",
        'No permissions to call "event.get".',
        "Session terminated, re-login",
    ],
)
def test_who_is_refused_has_to_be_let_in_again(bench: FakeZabbixBench, said: str) -> None:
    bench.fake.broken = (-32500, "Application error.", said)
    with pytest.raises(AuthFailed):
        bench.source(token=bench.secret("token", TOKEN)).check()


def test_a_database_that_is_down_is_no_refusal(bench: FakeZabbixBench) -> None:
    bench.fake.broken = NO_DATABASE
    with pytest.raises(Unavailable, match="Error connecting to database"):
        bench.source().check()


def test_a_user_who_sees_no_hosts_is_refused_and_nothing_is_gone(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    _, page = pulled(bench)
    bench.fake.sees_groups = False
    with pytest.raises(AuthFailed, match="no host group"):
        pulled(bench, page)
    with pytest.raises(AuthFailed, match="no host group"):
        bench.source().check()


def test_a_group_that_is_not_there_is_named(bench: FakeZabbixBench) -> None:
    with pytest.raises(Unavailable, match="no host group 'core'"):
        bench.source(groups=["noc", "core"]).check()


def test_a_session_that_ends_meanwhile_is_opened_anew(bench: FakeZabbixBench) -> None:
    bench.create("iptv", "volte")
    pages = bench.source(page_size=1).pull({})
    first = next(pages)
    bench.fake.sessions.clear()
    assert len(records([first, *pages])) == 2
    assert bench.fake.logins == 2
    assert not bench.fake.sessions


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "username"),
        ({"username": "hub"}, "password"),
        ({"username": "hub", "token": "env:ZABBIX_TOKEN"}, "username"),
        ({"token": "written-down"}, "token"),
        ({"token": "env:ZABBIX_TOKEN", "severity": 6}, "severity"),
    ],
)
def test_options_that_do_not_fit_are_named(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], field: str
) -> None:
    monkeypatch.setenv("ZABBIX_TOKEN", TOKEN)
    with pytest.raises(ValidationError) as wrong:
        adapters.zabbix.make("watch", {"url": "https://zabbix.example.test", **options})
    assert isinstance(wrong.value.messages, dict)
    assert list(wrong.value.messages) == [field]
    assert USER[1] not in str(wrong.value)


def test_no_message_holds_a_login_that_zabbix_repeats(tmp_path: Path) -> None:
    (tmp_path / "password").write_text('p\u00e4"ss<wo>rd')
    said = {"code": -32602, "message": "Invalid params.", "data": "no user hub with p\u00e4&quot;ss&lt;wo&gt;rd"}
    versioned = Canned(status=200, body=b'{"result": "7.0.0"}')
    refused = Canned(status=200, body=json.dumps({"error": said}).encode())
    with Middleman("http://127.0.0.1:1").serving() as server:
        server.instead = [versioned, refused]
        options = {"url": server.url, "username": "hub", "password": f"file:{tmp_path / 'password'}"}
        with pytest.raises(SourceError, match=r"no user hub with \*\*\*$"):
            adapters.zabbix.make("zabbix", options).check()
