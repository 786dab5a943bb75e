"""Registrations that follow a list which is managed elsewhere, and the answer to who was not told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path

import pytest

from hub.errors import Conflict
from hub.model.caller import LOCAL
from hub.model.listed import ChangeKind, Entry
from hub.model.subscription import Order, SubscriptionState
from hub.settings import ListSettings, load_settings
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.coverage import Coverage, Reason
from hub.subscriptions.kept_credentials import open_credentials
from hub.subscriptions.secrets import parse_secret
from hub.upkeep.list_hold import BROKEN_OFF
from hub.upkeep.list_place import SIZE_LIMIT
from hub.upkeep.list_reading import PUT_BACK
from hub.upkeep.lists import ListTask, Reconciled, Reconciler
from tests.fakes.certificates import DAY, issued
from tests.fakes.file_server import FileServer, refusing
from tests.fakes.listener import Listener, answer
from tests.integration.upkeep import MAKE_WANTED, House, reconciler
from tests.rooms import Exchange, until

HEAD = "id,contact,party,callback,query,inFlight,secret\n"


class Listed(House):
    """With a list in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.settings = ListSettings(name="noc", file=str(folder / "noc.csv"))
        self.reconciler = reconciler(self)

    def says(self, *rows: str) -> None:
        Path(self.settings.file).write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")

    def read(self, *, dry_run: bool = False, **settings: object) -> Reconciled:
        return self.reconciler.reconcile(replace(self.settings, **settings), actor="noc", dry_run=dry_run)  # type: ignore[arg-type]

    def callbacks(self) -> list[str]:
        return [one.subscription.callback for one in self.store.read.subscriptions.all()]


@pytest.fixture
def house(tmp_path: Path, listener: Listener) -> Iterator[Listed]:
    house = Listed(tmp_path)
    yield house
    house.exchange.close()


def kinds(done: Reconciled) -> list[ChangeKind]:
    return [change.kind for change in done.changes]


def rows(listener: Listener, *names: str, more: str = ",,,") -> list[str]:
    return [f"{name},contact of {name},,{listener.url('/' + name)}{more}" for name in names]


def test_registrations_follow_the_list_and_the_history_says_how(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a", "b", "c"))
    assert kinds(house.read()) == [ChangeKind.ADDED] * 3
    assert (house.read().changes, house.read().unchanged) == ([], 3)
    house.says(*rows(listener, "a", "b"), *rows(listener, "d"))
    assert kinds(house.read(removal_limit=0.4)) == [ChangeKind.REMOVED, ChangeKind.ADDED]
    assert house.callbacks() == [listener.url(f"/{name}") for name in "abd"]
    removed, added = house.store.read.lists.changes("noc", limit=2)[::-1]
    assert (removed.kind, removed.contact, added.contact) == (ChangeKind.REMOVED, "contact of c", "contact of d")
    (gone,) = house.store.read.subscriptions.page({"state": "ended"}, offset=0, limit=9)
    assert (gone.subscription.id, gone.ended_by) == (removed.subscription, "list:noc")
    assert [run.removed for run in house.store.read.lists.runs("noc", limit=9)] == [1, 0, 0, 0]


def test_a_dry_reading_tells_what_it_would_do_and_does_nothing(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a"), "x,,,http://10.0.0.1/closed,,,")
    done = house.read(dry_run=True)
    assert kinds(done) == [ChangeKind.ADDED, ChangeKind.REFUSED]
    assert house.callbacks() == []
    assert house.store.read.lists.names() == []


def test_a_change_of_how_or_where_is_made_in_its_place_and_of_what_is_another_registration(
    house: Listed, listener: Listener
) -> None:
    house.says(*rows(listener, "a"))
    house.read()
    (first,) = house.store.read.subscriptions.all()
    house.says(f"a,contact,,{listener.url('/moved')},,7,")
    assert kinds(house.read()) == [ChangeKind.CHANGED]
    (moved,) = house.store.read.subscriptions.all()
    assert (moved.seq, moved.subscription.options.in_flight) == (first.seq, 7)
    assert moved.subscription.url == listener.url("/moved")
    (change,) = house.store.read.subscriptions.changes(first.seq)
    assert (change.actor, change.changes["callback"]["to"]) == ("list:noc", listener.url("/moved"))
    house.says(f"a,contact,,{listener.url('/moved')},event.serviceProblem.priority=1,,")
    assert kinds(house.read()) == [ChangeKind.CHANGED]
    (other,) = house.store.read.subscriptions.all()
    assert (other.seq, other.subscription.query) == (first.seq + 1, "event.serviceProblem.priority=1")


def test_what_was_changed_by_hand_is_counted_and_put_back_but_a_pause_stays(
    house: Listed, listener: Listener
) -> None:
    house.says(f"a,contact,,{listener.url('/a')},,7,", *rows(listener, "b"))
    house.read()
    first, other = house.store.read.subscriptions.all()
    house.change(first, order="none", delivery={"inFlight": 2}, state="paused")
    house.change(other, state="paused")
    assert house.store.read.lists.counts("noc").by_hand == 1
    done = house.read()
    assert (kinds(done), done.unchanged) == ([ChangeKind.CHANGED], 1)
    (change,) = house.store.read.lists.changes("noc", limit=1)
    assert (change.subscription, change.detail) == (first.subscription.id, PUT_BACK)
    back = next(one for one in house.store.read.subscriptions.all() if one.seq == first.seq)
    assert (back.subscription.order, back.subscription.options.in_flight) == (Order.REPORT, 7)
    assert back.subscription.state is SubscriptionState.PAUSED
    assert house.store.read.subscriptions.changes(first.seq)[-1].actor == "list:noc"
    assert house.store.read.lists.counts("noc").by_hand == 0
    assert house.read().changes == []


def test_credentials_that_are_exchanged_by_hand_are_no_matter_of_the_list(
    house: Listed, listener: Listener
) -> None:
    house.says(f"a,contact,,{listener.url('/a')},,7,")
    house.read()
    (one,) = house.store.read.subscriptions.all()
    house.change(one, delivery={"auth": {"type": "bearer", "token": "by-hand"}})
    assert house.store.read.lists.counts("noc").by_hand == 0
    assert house.read().changes == []
    house.says(f"a,contact,,{listener.url('/a')},,5,")
    assert kinds(house.read()) == [ChangeKind.CHANGED]
    (changed,) = house.store.read.subscriptions.all()
    assert (changed.subscription.options.in_flight, changed.subscription.options.auth) == (5, "bearer")
    house.exchange.start()
    house.desk.create()
    (received,) = listener.wait_for(1, "/a")
    assert received.headers["authorization"] == "Bearer by-hand"


def test_credentials_that_change_in_the_list_are_exchanged_in_their_place(
    house: Listed, listener: Listener
) -> None:
    path = Path(house.settings.file).with_suffix(".json")

    def says(token: str | None, callback: str = listener.url("/a"), **more: object) -> Reconciled:
        auth = {} if token is None else {"auth": {"type": "bearer", "token": token}}
        entry = {"id": "a", "callback": callback, "delivery": {**auth, **more}}
        path.write_text(json.dumps([entry]), encoding="utf-8")
        return house.read(file=str(path))

    says("token-one")
    house.exchange.start()
    house.desk.create()
    (first,) = listener.wait_for(1, "/a")
    assert kinds(says("token-two", inFlight=3)) == [ChangeKind.CHANGED]
    house.desk.create()
    second = listener.wait_for(2, "/a")[1]
    told = [one.headers["authorization"] for one in (first, second)]
    assert told == ["Bearer token-one", "Bearer token-two"]
    (one,) = house.store.read.subscriptions.all()
    (change,) = house.store.read.subscriptions.changes(one.seq)
    assert change.changes.keys() == {"delivery", "credentials"}
    with Listener() as other:
        (refused,) = says(None, other.url("/a")).changes
        assert "its credentials are for another host" in (refused.detail or "")
        assert kinds(says("token-three", other.url("/a"))) == [ChangeKind.CHANGED]
        house.desk.create()
        (third,) = other.wait_for(1, "/a")
        assert third.headers["authorization"] == "Bearer token-three"
    (refused,) = says("token-two", signature={"kinds": ["v1", "v1a"]}).changes
    assert "delivery.signature cannot be changed" in (refused.detail or "")
    dump = "".join(house.store.read.connection.iterdump())
    assert "token-one" not in dump
    assert "token-two" not in dump


def test_what_was_changed_by_hand_is_put_back_although_the_certificate_of_the_list_has_ended_since(
    house: Listed, listener: Listener, tmp_path: Path
) -> None:
    path, clock = Path(house.settings.file).with_suffix(".json"), house.clock()
    old, new = (issued("hub.test", end=clock + days * DAY) for days in (1, 9))
    callback = listener.url("/a").replace("http:", "https:")
    shown = {"certificate": old.pem, "key": old.key_pem}
    path.write_text(json.dumps([{"id": "a", "callback": callback, "delivery": {"inFlight": 7, "tls": shown}}]))
    house.read(file=str(path))
    (one,) = house.store.read.subscriptions.all()
    house.change(one, delivery={"inFlight": 2, "tls": {"certificate": new.pem, "key": new.key_pem}})
    house.clock.turn(days=2)
    house.exchange = Exchange(house.store, tmp_path, clock=house.clock)
    house.reconciler = reconciler(house)
    assert [change.detail for change in house.read(file=str(path)).changes] == [PUT_BACK]
    (back,) = house.store.read.subscriptions.all()
    assert back.subscription.options.in_flight == 7
    tls = open_credentials(house.exchange.secrets, back.subscription).tls
    assert tls is not None
    assert tls.certificate == new.pem


def test_a_listener_that_moves_is_told_what_waits_at_its_new_address(house: Listed, listener: Listener) -> None:
    listener.on("/a", answer(500))
    house.says(*rows(listener, "a"))
    house.read()
    house.exchange.start(schedule=(1.0,) * 30)
    house.desk.create()
    listener.wait_for(1, "/a")
    house.says(f"a,contact,,{listener.url('/moved')},,,")
    house.read()
    listener.wait_for(1, "/moved")


SECRET = "whsec_cW9zLWh1Yi1leGFtcGxlLWtleS1ub3Qtc2VjcmV0"
OTHER = "whsec_YW5vdGhlci1leGFtcGxlLWtleS1ub3Qtc2VjcmV0"


def signing_keys(house: Listed) -> list[tuple[bytes, bool]]:
    """(key, whether it is in force without an end) of the one registration, the newest first."""
    (one,) = house.store.read.subscriptions.all()
    credentials = open_credentials(house.exchange.secrets, one.subscription)
    return [(key.key, key.until is None) for key in credentials.keys]


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_how_an_entry_with_a_secret_is_told_changes_in_its_place_and_what_waits_is_told(
    house: Listed, listener: Listener, secret: str
) -> None:
    listener.on("/a", answer(500))
    house.says(f"a,contact,,{listener.url('/a')},,,{SECRET}")
    house.read()
    (first,) = house.store.read.subscriptions.all()
    house.exchange.start(schedule=(1.0,) * 30)
    house.desk.create()
    listener.wait_for(1, "/a")
    house.says(f"a,contact,,{listener.url('/moved')},,7,{secret}")
    house.read()
    listener.wait_for(1, "/moved")
    (moved,) = house.store.read.subscriptions.all()
    assert (moved.seq, moved.subscription.options.in_flight) == (first.seq, 7)
    old = [(parse_secret(SECRET), False)] if secret == OTHER else []
    assert signing_keys(house) == [(parse_secret(secret), True), *old]


@pytest.mark.parametrize("active", [True, False])
def test_another_query_drops_nothing_that_is_owed_nor_a_pause_nor_the_key(
    house: Listed, listener: Listener, active: bool
) -> None:
    listener.on("/a", answer(500))
    house.says(*rows(listener, "a"))
    house.read()
    (first,) = house.store.read.subscriptions.all()
    keys = signing_keys(house)
    house.exchange.start(schedule=(1.0,) * 60)
    if not active:
        house.change(first, state="paused", stateReason="they move")
    for number in range(3):
        house.desk.create(name=f"p{number}")
    until(lambda: sum(house.states(first).values()) == 3)
    house.keep()
    house.says(f"a,contact,,{listener.url('/a')},event.serviceProblem.priority=1,,")
    assert kinds(house.read()) == [ChangeKind.CHANGED]
    (other,) = house.store.read.subscriptions.all()
    assert (other.seq, house.states(first)) == (first.seq + 1, {})
    assert signing_keys(house) == keys
    if not active:
        assert (other.subscription.state, other.subscription.state_reason) == ("paused", "they move")
        assert house.states(other) == {"parked": 3}
        house.change(other, state="active")
        house.keep()
    listener.on("/a", answer(200))
    until(lambda: house.states(other) == {"delivered": 3}, within=60)


def test_what_no_sender_has_seen_yet_is_told_by_another_query(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a"))
    house.read()
    house.desk.create()
    house.says(f"a,contact,,{listener.url('/a')},eventType=ServiceProblemCreateEvent,,")
    house.read()
    house.exchange.start()
    listener.wait_for(1, "/a")


def test_another_query_waits_for_work_on_the_deliveries(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a"))
    house.read()
    (first,) = house.store.read.subscriptions.all()
    house.desk.create()
    work = house.replay(first)
    house.says(f"a,contact,,{listener.url('/a')},event.serviceProblem.priority=1,,")
    assert kinds(house.read()) == [ChangeKind.REFUSED]
    house.keep()
    assert {one.asked.id for one in house.works(status="Succeeded")} == {work.asked.id}
    assert kinds(house.read()) == [ChangeKind.CHANGED]


def test_what_is_owed_to_one_party_is_not_told_to_another(house: Listed, listener: Listener) -> None:
    house.says(f"a,contact,org-a,{listener.url('/a')},,,")
    house.read()
    (first,) = house.store.read.subscriptions.all()
    keys = signing_keys(house)
    house.says(f"a,contact,org-b,{listener.url('/a')},,,")
    house.read()
    (other,) = house.store.read.subscriptions.all()
    assert (other.seq, other.subscription.party) == (first.seq + 1, "org-b")
    assert signing_keys(house) != keys


@pytest.mark.parametrize("content", ["", HEAD, "<html>gone</html>", HEAD + "a,b\n", "id,callback\na,\n"])
def test_a_broken_list_ends_nobody(house: Listed, listener: Listener, content: str) -> None:
    house.says(*rows(listener, *"abcdefghij"))
    house.read()
    Path(house.settings.file).write_text(content, encoding="utf-8")
    done = house.read()
    assert done.run.error
    assert done.changes == []
    assert len(house.callbacks()) == 10
    (run,) = house.store.read.lists.runs("noc", limit=1)
    assert run.error == done.run.error


def test_half_a_list_ends_nobody_until_somebody_says_that_it_is_right(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, *"abcdefghij"))
    house.read()
    house.says(*rows(listener, *"abcde"))
    assert "would end 5 of 10" in (house.read().run.error or "")
    assert len(house.callbacks()) == 10
    assert kinds(house.read(removal_limit=0.5)) == [ChangeKind.REMOVED] * 5


def test_what_cannot_be_registered_is_kept_with_its_reason_and_told_once(
    house: Listed, listener: Listener
) -> None:
    other = house.exchange.register(listener.url("/own"))
    bad = [
        "x,contact of x,,http://10.0.0.1/closed,,,",
        f"y,contact of y,,{listener.url('/y')},event.serviceProblem.colour=red,,",
        f"z,contact of z,,{listener.url('/own')},,,",
        f"w,contact of w,,{listener.url('/w')},,many,",
    ]
    house.says(*rows(listener, *"abcdefghijklmnop"), *bad)
    done = house.read()
    refused = [change for change in done.changes if change.kind is ChangeKind.REFUSED]
    assert {change.contact for change in refused} == {f"contact of {name}" for name in "xyzw"}
    told = " ".join(change.detail or "" for change in refused)
    for part in ("10.0.0.1", "colour", other.subscription.id, "delivery.inFlight"):
        assert part in told
    assert house.read().changes == []
    counts = house.store.read.lists.counts("noc")
    assert (counts.entries, counts.registered, counts.refused) == (20, 16, 4)


def test_a_secret_of_the_list_signs_and_is_shown_nowhere(house: Listed, listener: Listener) -> None:
    bad = "b,contact,,https://ann:pa55@listener.example.com/,,,"
    house.says(f"a,contact,,{listener.url('/a')},,,{SECRET}", bad)
    done = repr(house.read())
    assert "listener.example.com" in done
    dump = "".join(house.store.read.connection.iterdump())
    for secret in (SECRET, "pa55"):
        assert secret not in done
        assert secret not in dump


def test_a_list_is_fetched_from_an_address_whole_or_not_at_all(
    house: Listed, listener: Listener, tmp_path: Path
) -> None:
    content = (HEAD + "\n".join(rows(listener, "a"))).encode()
    with FileServer(content) as server:
        server.break_after = [20, 20, 20]
        assert house.read(file="", url=server.url, format="csv").run.error
        done = house.read(file="", url=server.url, format="csv")
    assert kinds(done) == [ChangeKind.ADDED]
    assert "cannot be read" in (house.read(file="", url=server.url, format="csv").run.error or "")
    assert "cannot be read" in (house.read(file=str(tmp_path / "none.csv")).run.error or "")
    assert len(house.callbacks()) == 1


def dripping(beginning: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Begins, and then sends a byte now and then without end."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        with suppress(OSError):
            request.wfile.write(beginning)
            while True:
                request.wfile.write(b"x")
                time.sleep(0.05)

    return answer


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_address_that_drips_is_given_up_in_time(house: Listed, beginning: bytes) -> None:
    with FileServer(b"") as server:
        server.answer = dripping(beginning)
        began = time.monotonic()
        impatient = reconciler(house, longest=0.4)
        done = impatient.reconcile(replace(house.settings, file="", url=server.url, format="csv"), actor="noc")
        assert "was not here within 0.4 s" in (done.run.error or "")
        assert time.monotonic() - began < 5


def test_an_answer_whose_length_is_no_number_is_the_error_of_the_reading(house: Listed) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9, 9\r\n\r\n")

    with FileServer(b"") as server:
        server.answer = answer
        done = house.read(file="", url=server.url, format="csv")
    assert "cannot be read" in (done.run.error or "")
    assert (done.run.origin, "all=1" in str(done)) == (server.url.partition("?")[0], False)


TOKEN = "token-of-the-list"


@pytest.mark.parametrize(
    ("reference", "header", "name", "value"),
    [
        ("env:LIST_TOKEN", "", "authorization", f"Bearer {TOKEN}"),
        ("file:{folder}/token", "", "authorization", f"Bearer {TOKEN}"),
        ("command:echo " + TOKEN, "X-API-Key", "x-api-key", TOKEN),
    ],
)
def test_an_address_is_shown_the_token_that_the_settings_refer_to(
    house: Listed,
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    reference: str,
    header: str,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv("LIST_TOKEN", TOKEN)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with FileServer((HEAD + "\n".join(rows(listener, "a"))).encode()) as server:
        token = reference.format(folder=tmp_path)
        done = house.read(file="", url=server.url, format="csv", token=token, token_header=header)
    assert kinds(done) == [ChangeKind.ADDED]
    assert [asked.get(name) for asked in server.asked] == [value]
    assert TOKEN not in repr(done)
    assert TOKEN not in "".join(house.store.read.connection.iterdump())


def test_a_token_is_read_anew_at_each_reading(house: Listed, listener: Listener, tmp_path: Path) -> None:
    token = tmp_path / "token"
    with FileServer((HEAD + "\n".join(rows(listener, "a"))).encode()) as server:
        for text in ("first", "second"):
            token.write_text(text)
            house.read(file="", url=server.url, format="csv", token=f"file:{token}")
    assert [asked["authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("told", "words"),
    [(None, "no such variable"), ("two\r\nX-Bad: 1", "cannot stand in a header"), ("kéy", "cannot stand")],
)
def test_without_a_token_nobody_is_asked_and_nothing_of_it_is_told(
    house: Listed, monkeypatch: pytest.MonkeyPatch, told: str | None, words: str
) -> None:
    monkeypatch.delenv("LIST_TOKEN", raising=False)
    if told is not None:
        monkeypatch.setenv("LIST_TOKEN", told)
    with FileServer(b"") as server:
        done = house.read(file="", url=server.url, format="csv", token="env:LIST_TOKEN")
    error = done.run.error or ""
    assert words in error
    assert "[lists.noc] token" in error
    assert server.asked == []
    assert told is None or told.partition("\r")[0] not in error


def test_the_address_of_a_list_is_held_to_the_rules_of_callbacks(house: Listed, listener: Listener) -> None:
    strict = reconciler(house, load_settings(None, {}, {}))
    secure = reconciler(house, load_settings(None, {}, {"delivery.schemes": ["https"]}))
    loopback = (ip_network("127.0.0.0/8"),)
    with FileServer((HEAD + "\n".join(rows(listener, "a"))).encode()) as server:
        one = replace(house.settings, file="", url=server.url, format="csv")

        def error(by: Reconciler, settings: ListSettings = one) -> str:
            return by.reconcile(settings, actor="noc").run.error or ""

        assert "127.0.0.1 is not a public address" in error(strict)
        assert "not a public address" in error(
            strict, replace(one, url=server.url.replace("127.0.0.1", "localhost"))
        )
        assert "the address uses http; accepted: https" in error(secure, replace(one, allowed_networks=loopback))
        assert "user name or password" in error(house.reconciler, replace(one, url="http://ann:pa55@127.0.0.1/"))
        assert server.asked == []
        done = strict.reconcile(replace(one, allowed_networks=loopback), actor="noc")
    assert kinds(done) == [ChangeKind.ADDED]


def test_an_address_that_points_elsewhere_is_not_followed_and_no_proxy_is_asked(
    house: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(b"") as other, FileServer(b"") as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
        server.answer = refusing(302, Location=other.url)
        done = house.read(file="", url=server.url, format="csv", token="command:echo secret")
    assert "answered 302" in (done.run.error or "")
    assert (len(server.asked), other.asked) == (1, [])


def test_no_more_of_an_address_is_read_than_a_list_may_have(house: Listed) -> None:
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        with suppress(OSError):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while len(sent) < 4 * SIZE_LIMIT >> 20:
                request.wfile.write(b"x" * (1 << 20))
                sent.append(1)

    with FileServer(b"") as server:
        server.answer = endless
        done = house.read(file="", url=server.url, format="csv")
    assert f"has more than {SIZE_LIMIT} bytes" in (done.run.error or "")
    assert len(sent) < 2 * SIZE_LIMIT >> 20


def test_only_a_regular_file_is_read_and_only_as_much_as_it_may_have(house: Listed, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file" in (house.read(file=str(tmp_path / "pipe.csv")).run.error or "")
    with (tmp_path / "huge.csv").open("wb") as huge:
        huge.truncate(SIZE_LIMIT + 1)
    assert f"has more than {SIZE_LIMIT} bytes" in (house.read(file=str(tmp_path / "huge.csv")).run.error or "")


def test_it_is_read_by_itself_when_its_time_has_come(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a"))
    task = ListTask(
        store=house.store,
        reconciler=house.reconciler,
        lists={"noc": house.settings, "off": replace(house.settings, name="off", enabled=False)},
        clock=house.clock,
    )
    house.clock.turn(seconds=1)
    task.step()
    task.step()
    assert len(house.store.read.lists.runs("noc", limit=9)) == 1
    house.clock.turn(minutes=16)
    task.step()
    assert len(house.store.read.lists.runs("noc", limit=9)) == 2
    assert house.store.read.lists.names() == ["noc"]


class Interleaved:
    """The store of a reading; `meanwhile` happens before the write with this number."""

    def __init__(self, store: Store, at: int, meanwhile: Callable[[], object]) -> None:
        self._store, self._left, self._meanwhile = store, at, meanwhile
        self.read = store.read

    def write(self, work: Callable[[Tables], object]) -> object:
        self._left -= 1
        if self._left == 0:
            self._meanwhile()
        return self._store.write(work)


def interleaved(house: Listed, at: int, meanwhile: Callable[[], object]) -> Reconciler:
    made = reconciler(house)
    made._store = Interleaved(house.store, at, meanwhile)  # type: ignore[assignment]
    return made


def test_a_list_that_is_being_read_is_read_by_nobody_else(house: Listed, listener: Listener) -> None:
    house.says(*rows(listener, "a"))

    def meanwhile() -> None:
        with pytest.raises(Conflict, match="is being read"):
            house.read()

    done = interleaved(house, 2, meanwhile).reconcile(house.settings, actor="noc")
    assert (kinds(done), done.run.error) == ([ChangeKind.ADDED], None)
    assert kinds(house.read()) == []


@pytest.mark.parametrize("at", [2, 4])
def test_who_left_the_list_is_told_no_more_when_another_reading_took_the_place_of_one(
    house: Listed, listener: Listener, at: int
) -> None:
    many = rows(listener, *(f"n{number}" for number in range(250)))
    house.says(*many)

    def meanwhile() -> None:
        house.clock.turn(hours=1)
        assert house.read().run.error is None

    done = interleaved(house, at, meanwhile).reconcile(house.settings, actor="noc")
    assert done.run.error == BROKEN_OFF
    counts = house.store.read.lists.counts("noc")
    assert (counts.registered, counts.refused) == (250, 0)
    assert [run.error for run in house.store.read.lists.runs("noc", limit=9)] == [None, BROKEN_OFF]
    house.says(*many[:2])
    house.read(removal_limit=1.0)
    assert house.callbacks() == [listener.url("/n0"), listener.url("/n1")]


def test_what_has_changed_since_the_plan_was_made_is_for_the_next_reading(
    house: Listed, listener: Listener
) -> None:
    house.says(*rows(listener, "a", "b"))
    house.read()
    (first, _) = house.store.read.subscriptions.all()
    house.says(*rows(listener, "a", "b", more=",,report,"))

    def meanwhile() -> None:
        house.store.write(lambda tables: tables.lists.note_change_by_hand(first.seq))

    done = interleaved(house, 3, meanwhile).reconcile(house.settings, actor="noc")
    assert [change.key for change in done.changes] == ["id:b"]
    assert [change.key for change in house.read().changes] == ["id:a"]


def test_a_registration_of_the_list_that_no_entry_holds_is_held_again_or_ended(
    house: Listed, listener: Listener
) -> None:
    house.says(*rows(listener, "a", "b", "c"))
    house.read()
    before = [one.subscription.id for one in house.store.read.subscriptions.all()]

    def harm(tables: Tables) -> None:
        for key in ("id:a", "id:c"):
            tables.lists.put("noc", Entry(key=key, row=1, callback=""), now=0, error="it is registered already")

    house.store.write(harm)
    house.says(*rows(listener, "a", "b"))
    dry = house.read(dry_run=True)
    done = house.read()
    assert [(one.kind, one.subscription) for one in dry.changes] == [
        (one.kind, one.subscription) for one in done.changes
    ]
    assert [one.subscription.id for one in house.store.read.subscriptions.all()] == before[:2]
    assert house.store.read.lists.counts("noc").registered == 2
    assert house.read().unchanged == 2


DYING = """
import os, signal, sys
from pathlib import Path
from hub.store.lists import Lists
from tests.integration.test_notification_lists import Listed

left = int(sys.argv[2])
real = Lists.put

def dying(self, *args, **options):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *args, **options)

Lists.put = dying
Listed(Path(sys.argv[1])).read()
"""


def test_a_reading_that_is_killed_is_done_by_the_next_one(tmp_path: Path, listener: Listener) -> None:
    house = Listed(tmp_path)
    house.says(*(f"n{number},,,{listener.url(f'/{number}')},,," for number in range(250)))
    house.exchange.close()
    for entries in (0, 150, 120):
        ended = subprocess.run(
            [sys.executable, "-c", DYING, str(tmp_path), str(entries)],
            check=False,
            timeout=60,
            capture_output=True,
        )
        assert ended.returncode == -signal.SIGKILL, (ended.stderr, os.getpid())
    house = Listed(tmp_path)
    house.read()
    assert sorted(house.callbacks()) == sorted(listener.url(f"/{number}") for number in range(250))
    added = [change.key for change in house.store.read.lists.changes("noc", limit=1000)]
    assert sorted(added) == sorted(f"id:n{number}" for number in range(250))
    house.exchange.close()


def test_who_should_have_been_told_and_was_not_has_an_answer(house: Listed, listener: Listener) -> None:
    listener.on("/dead", answer(500))
    refused = "x,contact of x,org-x,http://10.0.0.1/closed,,,"
    house.says(*rows(listener, *"abcdefghij"), refused)
    house.read()
    told, dead, paused, disabled, other, ends = (
        house.exchange.register(listener.url(f"/{name}"), query)
        for name, query in (
            ("told", None),
            ("dead", None),
            ("paused", None),
            ("disabled", None),
            ("other", "event.serviceProblem.priority=5"),
            ("ends", None),
        )
    )
    house.change(paused, state="paused", stateReason="they move")
    house.change(disabled, state="disabled")
    house.exchange.unregister(ends, caller=LOCAL)
    house.exchange.start(schedule=(0.0,))
    problem = house.desk.create()
    until(lambda: house.states(dead) == {"dead": 1} and house.states(told) == {"delivered": 1})
    late = house.exchange.register(listener.url("/late"))
    tables = house.store.read
    found = Coverage(MAKE_WANTED).of(tables, tables.events.of_problem(problem.id))
    reasons = {row.one.subscription.id: row.reason for row in found if row.one is not None}
    assert {one.subscription.id: reasons[one.subscription.id] for one in (told, dead, paused, disabled)} == {
        told.subscription.id: Reason.TOLD,
        dead.subscription.id: Reason.GIVEN_UP,
        paused.subscription.id: Reason.PAUSED,
        disabled.subscription.id: Reason.DISABLED,
    }
    assert reasons[other.subscription.id] is Reason.NOT_WANTED
    assert reasons[ends.subscription.id] is Reason.ENDED
    assert reasons[late.subscription.id] is Reason.REGISTERED_LATER
    (row,) = [row for row in found if row.entry is not None]
    assert row.reason is Reason.REFUSED
    assert row.entry is not None
    assert (row.entry.contact, row.entry.list) == ("contact of x", "noc")
