"""Who may read and write at a Redmine, which part of it, and with which options."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from marshmallow import ValidationError

import adapters.redmine
from adapters.redmine.source import Redmine as Adapter
from hub.ports import AuthFailed, Record, Refused, Unavailable, Writing
from tests.fakes.benches import redmine_bench
from tests.real.benches import records
from tests.real.middleman import Middleman
from tests.real.redmine import READER, WRITER
from tests.real.redmine_bench import RedmineBench, RunningRedmineBench


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.installs)], ids=["fake", "installed"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedmineBench]:
    if request.param:
        yield RunningRedmineBench(request.getfixturevalue("redmine"), tmp_path)
    else:
        with redmine_bench(tmp_path) as fake:
            yield fake


@pytest.fixture
def middleman(bench: RedmineBench) -> Iterator[Middleman]:
    with Middleman(bench.url).serving() as serving:
        yield serving


@pytest.fixture
def writer(bench: RedmineBench) -> Adapter:
    return bench.source(api_key=bench.key(WRITER))


def names(bench: RedmineBench, found: list[Record]) -> list[str]:
    return [bench.name_of(record) for record in found]


# Who asks, and for what


@pytest.mark.parametrize("method", ["check", "pull", "keys"])
def test_a_wrong_key_is_refused_at_the_first_request_and_never_told(
    bench: RedmineBench, middleman: Middleman, method: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    source = bench.source(url=middleman.url, api_key=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}) if method == "pull" else source.keys() if method == "keys" else [source.check()])
    assert middleman.paths == ["/users/current.json"]
    assert "not-the-key" not in str(refused.value)


def test_to_a_stranger_who_sees_what_is_public_no_issue_has_gone(bench: RedmineBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    bench.create("iptv")
    with pytest.raises(AuthFailed):
        bench.source(api_key=f"file:{tmp_path / 'wrong'}", projects=[]).ask(bench.id_of("iptv"))


def test_only_the_wanted_projects_and_trackers_are_read(bench: RedmineBench) -> None:
    other = f"{bench.project}-other"
    bench.desk.create_project(other, READER)
    for project, tracker in ((bench.project, 1), (bench.project, 3), (other, 3)):
        bench.desk.create_issue(project, f"{project} {tracker}", tracker_id=tracker)
    assert names(bench, records(bench.source(trackers=["support"]).pull({}))) == [f"{bench.project} 3"]
    both = bench.source(projects=[bench.project, other], trackers=["Bug", "Support"])
    assert len(records(both.pull({}))) == 3


def test_a_project_or_tracker_that_our_user_does_not_see_is_named(bench: RedmineBench) -> None:
    secret = f"{bench.project}-secret"
    bench.desk.create_project(secret)
    for project in (secret, "no-such-project"):
        with pytest.raises(Unavailable, match=f"no project '{project}'"):
            bench.source(projects=[project]).check()
    with pytest.raises(Unavailable, match="no tracker 'Nonsense'; it has bug, "):
        list(bench.source(trackers=["Nonsense"]).pull({}))


def test_check_names_who_asks(bench: RedmineBench) -> None:
    assert bench.source().check().identity == "reader"


def test_a_certificate_of_a_private_authority_is_checked_against_it(bench: RedmineBench, tmp_path: Path) -> None:
    authority, middleman = trustme.CA(), Middleman(bench.url)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    middleman.use_tls(authority.issue_cert("127.0.0.1"))
    bench.create("iptv")
    with middleman.serving():
        trusting = bench.source(url=middleman.url, ca_file=str(tmp_path / "ca.pem"))
        assert names(bench, records(trusting.pull({}))) == ["iptv"]
        with pytest.raises(Unavailable, match="certificate verify failed"):
            bench.source(url=middleman.url, max_wait=0).check()


def test_either_a_key_or_a_user_is_given_and_never_both() -> None:
    for who in ({}, {"api_key": "env:HOME", "username": "ines"}):
        with pytest.raises(ValidationError, match="either an api_key or a username"):
            adapters.redmine.make("desk", {"url": "http://127.0.0.1:1", **who})


# Writing


def test_what_is_written_to_an_issue_is_written_once(bench: RedmineBench, writer: Adapter) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    for _ in range(2):
        writer.write(Writing(id="0196-1", key=key, text="We look into it", author="Ines"))
        writer.write(Writing(id="0196-2", key=key, status="In Progress"))
    issue = bench.desk.issue(key, "journals")
    assert issue["status"]["name"] == "In Progress"
    assert len(issue["journals"]) == 2
    assert issue["journals"][0]["notes"] == "We look into it\n\nInes [qos-hub 0196-1]"


def test_a_status_that_is_none_or_barred_and_a_missing_issue_are_refused(
    bench: RedmineBench, writer: Adapter
) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    before = bench.desk.issue(key)
    with pytest.raises(Refused, match="no status 'no-such-word'"):
        writer.write(Writing(id="0196-1", key=key, status="no-such-word"))
    with pytest.raises(Refused, match=r"'New', does not take the status 'Closed'.*'In Progress'"):
        writer.write(Writing(id="0196-1", key=key, status="Closed"))
    with pytest.raises(Refused, match="issue 4711 is not there"):
        writer.write(Writing(id="0196-1", key="4711", text="Hello"))
    assert bench.desk.issue(key) == before


def test_a_right_that_is_missing_may_be_given_later(bench: RedmineBench) -> None:
    bench.create("iptv")
    with pytest.raises(Unavailable, match="no right"):
        bench.source().write(Writing(id="0196-1", key=bench.id_of("iptv"), text="Hello"))
