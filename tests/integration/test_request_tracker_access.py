"""Who may read and write at a real Request Tracker, and with which options."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters.request_tracker
from adapters.request_tracker.source import RequestTracker as Adapter
from hub.ports import AuthFailed, Record, Refused, Unavailable, Writing
from tests.options import assert_refused
from tests.real import request_tracker as real
from tests.real.benches import RequestTrackerBench, records
from tests.real.middleman import Middleman
from tests.real.request_tracker import RequestTracker


@pytest.fixture
def bench(request_tracker: RequestTracker, tmp_path: Path) -> RequestTrackerBench:
    return RequestTrackerBench(request_tracker, tmp_path / "password")


@pytest.fixture
def middleman(bench: RequestTrackerBench) -> Iterator[Middleman]:
    with bench.middleman().serving() as serving:
        yield serving


def seen(found: list[Record]) -> list[tuple[str, str]]:
    """(ticket, status) of each record, `gone` for those that are."""
    return [(record.key, "gone" if record.gone else record.data["Status"]) for record in found]


def test_a_wrong_password_is_refused_after_exactly_one_request(
    bench: RequestTrackerBench, middleman: Middleman, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    source = bench.source(url=middleman.url, password=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}))
    assert len(middleman.paths) == 1
    assert "not-the-password" not in str(refused.value)


def test_a_token_is_a_login_too_and_a_wrong_one_is_refused(bench: RequestTrackerBench, tmp_path: Path) -> None:
    bench.create("iptv")
    options = {"url": bench.url, "queues": [bench.queue], "token": f"file:{bench.tracker.token_file}"}
    source = adapters.request_tracker.make("desk", options)
    assert seen(records(source.pull({}))) == [(bench.id_of("iptv"), "new")]
    (tmp_path / "wrong").write_text("1-14-e3b0c44298fc1c149afbf4c8996fb924")
    with pytest.raises(AuthFailed):
        adapters.request_tracker.make("desk", options | {"token": f"file:{tmp_path / 'wrong'}"}).check()


@pytest.mark.parametrize("who", ["reader", "outsider"])
def test_a_queue_that_our_user_does_not_see_is_said_and_no_empty_list(
    bench: RequestTrackerBench, tmp_path: Path, who: str
) -> None:
    username, password = {"reader": real.READER, "outsider": real.NOBODY}[who]
    (tmp_path / "own").write_text(password)
    queue = "no-such-queue" if who == "reader" else bench.queue
    source = bench.source(username=username, password=f"file:{tmp_path / 'own'}", queues=[queue])
    for act in (source.check, lambda: list(source.pull({}))):
        with pytest.raises(Unavailable, match=queue):
            act()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": None}, "username"),
        ({"token": "env:PATH"}, "username"),
        ({"page_size": 101}, "page_size"),
        ({"queues": [""]}, "queues"),
        ({"lookback": -1}, "lookback"),
        ({"password": "plain-text"}, "password"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "http://desk.example.test", "username": "hub"}
    assert_refused(adapters.request_tracker.make, options, wrong, field)


@pytest.fixture
def writer(bench: RequestTrackerBench, tmp_path: Path) -> Adapter:
    """The adapter as a user who may write."""
    (tmp_path / "admin").write_text(real.ADMIN[1])
    who = {"username": real.ADMIN[0], "password": f"file:{tmp_path / 'admin'}"}
    return adapters.request_tracker.make("desk", bench.options | {"messages": True} | who)


def test_what_is_written_to_a_ticket_is_written_once(bench: RequestTrackerBench, writer: Adapter) -> None:
    bench.create("iptv")
    ticket = bench.id_of("iptv")
    for _ in range(2):
        writer.write(Writing(id="0196-1", key=ticket, text="We look into it", author="Ines"))
        writer.write(Writing(id="0196-2", key=ticket, status="open"))
    (record,) = records(writer.pull({}))
    assert record.data["Status"] == "open"
    (message,) = [one for one in record.data["messages"] if one["type"] == "Comment"]
    assert message["text"] == "We look into it\n\nInes [qos-hub 0196-1]"


def test_a_status_of_no_lifecycle_a_missing_ticket_and_a_missing_right_are_told_apart(
    bench: RequestTrackerBench, writer: Adapter
) -> None:
    bench.create("iptv")
    ticket = bench.id_of("iptv")
    with pytest.raises(Refused, match="does not take the status 'no-such-word'"):
        writer.write(Writing(id="0196-1", key=ticket, status="no-such-word"))
    with pytest.raises(Refused, match="ticket 4711 is not there"):
        writer.write(Writing(id="0196-1", key="4711", text="Hello"))
    with pytest.raises(Unavailable, match="no right"):
        bench.source().write(Writing(id="0196-1", key=ticket, text="Hello"))
    with pytest.raises(Unavailable, match="no right"):
        bench.source().write(Writing(id="0196-1", key=ticket, status="open"))


@pytest.mark.parametrize("content", [{"text": "Hello"}, {"status": "open"}])
def test_a_ticket_that_is_deleted_or_merged_away_takes_nothing_and_stays_as_it_is(
    bench: RequestTrackerBench, content: dict[str, str]
) -> None:
    bench.create("iptv", "volte", "ftth")
    iptv, volte, ftth = (bench.id_of(name) for name in ("iptv", "volte", "ftth"))
    bench.tracker.change_ticket(volte, MergeInto=iptv)
    bench.tracker.change_ticket(ftth, Status="deleted")
    source = bench.source(**bench.writing)
    with pytest.raises(Refused, match=f"ticket {volte} is merged into ticket {iptv}"):
        source.write(Writing(id="0196-1", key=volte, **content))
    with pytest.raises(Refused, match=f"ticket {ftth} is deleted"):
        source.write(Writing(id="0196-2", key=ftth, **content))
    assert [bench.tracker.status_of(ticket) for ticket in (iptv, ftth)] == ["new", "deleted"]
    assert bench.tracker.comments(iptv) + bench.tracker.comments(ftth) == []
