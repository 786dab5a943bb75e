"""The rest adapter on a running API: every way to page, changes in order or not, logins, and what is refused."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

import adapters.rest
import adapters.rest.paging
from hub.ports import AuthFailed, FilterIgnored, Page, Source, Unavailable
from tests.fakes.desk_api import DeskApi

PAGING: Mapping[str, Mapping[str, Any]] = {
    "page": {"kind": "page", "parameter": "page", "size_parameter": "limit"},
    "offset": {"kind": "offset", "parameter": "offset", "size_parameter": "limit"},
    "link": {"kind": "link", "size_parameter": "limit"},
    "cursor": {"kind": "cursor", "parameter": "after", "size_parameter": "limit", "member": "meta.next"},
    "url": {"kind": "cursor", "size_parameter": "limit", "member": "meta.url"},
}
IN_ORDER = {"parameter": "since", "sorted": True, "lookback": 0}


@pytest.fixture
def api() -> Iterator[DeskApi]:
    with DeskApi() as running:
        yield running


def options_of(api: DeskApi, **options: Any) -> dict[str, Any]:
    own = {"url": api.url, "path": "tickets", "items": "data.tickets", "key": ["id"], "stamp": "updated_at"}
    return own | {"max_wait": 0, "page_size": 2} | options


def source(api: DeskApi, **options: Any) -> Source:
    return adapters.rest.make("desk", options_of(api, **options))


def keys(pages: list[Page]) -> list[str]:
    return [record.key for page in pages for record in page.records]


def fill(api: DeskApi, count: int) -> list[str]:
    for number in range(count):
        api.put(f"T{number}", title=f"Ticket {number}")
    return [f"T{number}" for number in range(count)]


@pytest.mark.parametrize("kind", PAGING)
@pytest.mark.parametrize("in_order", [True, False])
def test_every_ticket_is_read_once_and_then_what_changed(api: DeskApi, kind: str, in_order: bool) -> None:
    names = fill(api, 5)
    desk = source(api, paging=PAGING[kind], changes=IN_ORDER | {"sorted": in_order})
    pages = list(desk.pull({}))
    assert keys(pages) == names
    assert max(len(page.records) for page in pages) == 2
    api.put("T1", state="working")
    assert set(keys(list(desk.pull(pages[-1].cursor)))) <= {"T4", "T1"}
    assert "T1" in keys(list(desk.pull(pages[-1].cursor)))
    assert api.asked[-1]["since"] >= "2026-11-22T10:00:05"


@pytest.mark.parametrize("kind", ["page", "offset", "none"])
def test_a_ticket_that_changes_between_two_pages_hides_no_other(api: DeskApi, kind: str) -> None:
    fill(api, 6)
    paging = {**PAGING.get(kind, {"kind": "none", "size_parameter": "limit"}), "short_last": kind == "offset"}
    desk = source(api, paging=paging, changes=IN_ORDER)
    api.moves = [lambda: None, lambda: api.put("T0", state="working")]
    found = keys(list(desk.pull({})))
    assert set(found) == {f"T{number}" for number in range(6)}
    assert found.count("T0") == 2, "as it was, and as it is"


@pytest.mark.parametrize("kind", ["page", "offset", "none"])
def test_more_than_a_page_on_one_stamp_is_read_whole(api: DeskApi, kind: str) -> None:
    names = fill(api, 7)
    for ticket in api.tickets.values():
        ticket["updated_at"] = "2026-11-22T10:00:00+00:00"
    paging = PAGING.get(kind, {"kind": "none", "size_parameter": "limit"})
    assert keys(list(source(api, paging=paging, changes=IN_ORDER).pull({}))) == names


def test_a_place_in_the_middle_is_only_kept_where_the_changes_come_in_order(api: DeskApi) -> None:
    fill(api, 5)
    for in_order, kept in ((True, "2026-11-22T10:00:02Z"), (False, None)):
        desk = source(api, paging=PAGING["offset"], changes=IN_ORDER | {"sorted": in_order})
        first = next(iter(desk.pull({})))
        assert first.cursor.get("since") == kept
        assert keys([first, *desk.pull(first.cursor)])[-1] == "T4"


def test_an_ignored_filter_an_ignored_order_and_an_ignored_paging_are_found_out(api: DeskApi) -> None:
    fill(api, 5)
    as_epoch = {"format": "%d/%m/%Y"}
    for in_order in (True, False):
        desk = source(api, paging=PAGING["offset"], changes=IN_ORDER | as_epoch | {"sorted": in_order})
        with pytest.raises(
            FilterIgnored, match=r"the filter was ignored: ticket T0 changed at .* changes\.format"
        ):
            list(desk.pull({"since": "2026-11-22T10:00:05Z"}))
    unknown = {"kind": "offset", "parameter": "skip", "size_parameter": "limit"}
    with pytest.raises(Unavailable, match="the paging was ignored: two pages have the same tickets, from T0 on"):
        list(source(api, paging=unknown).pull({}))


def test_a_list_of_what_is_open_is_a_snapshot_on_every_page(api: DeskApi) -> None:
    fill(api, 3)
    pages = list(source(api, paging=PAGING["link"], snapshot=True).pull({}))
    assert keys(pages) == ["T0", "T1", "T2"]
    assert all(page.snapshot for page in pages)
    assert [page.snapshot for page in source(api).pull({})] == [False]


@pytest.mark.parametrize(
    ("login", "options"),
    [
        (("Authorization", "Basic cmVhZGVyOnMzY3JldC1vZi1kZXNr"), {"username": "reader", "password": "env:DESK"}),
        (("Authorization", "Bearer s3cret-of-desk"), {"token": "env:DESK"}),
        (("X-Api-Key", "s3cret-of-desk"), {"secret_headers": {"X-Api-Key": "env:DESK"}}),
    ],
)
def test_a_login_is_given_by_reference_and_never_told(
    api: DeskApi, login: tuple[str, str], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK", "s3cret-of-desk")
    api.login = login
    checked = {"path": "me", "identity": "user.login", "version": "version"}
    check = source(api, check=checked, **options).check()
    assert (check.identity, check.version) == ("reader", "7.2")
    api.login = (login[0], "another")
    with pytest.raises(AuthFailed) as refused:
        source(api, **options).check()
    assert "401" in str(refused.value)
    assert "s3cret-of-desk" not in str(refused.value)


@pytest.mark.parametrize("kind", PAGING)
@pytest.mark.parametrize("is_told", [True, False])
def test_a_secret_of_the_address_is_sent_with_every_question_and_never_told(
    api: DeskApi, kind: str, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK", "s3cret-of-desk")
    api.key, api.keeps_key = "s3cret-of-desk", is_told
    fill(api, 5)
    api.tickets["T0"]["links"] = [{"self": f"{api.url}/tickets/T0?api_key=s3cret-of-desk"}]
    options = {"secret_params": {"api_key": "env:DESK"}, "paging": PAGING[kind]}
    desk = source(api, check={"path": "me"}, **options)
    desk.check()
    pages = list(desk.pull({}))
    assert keys(pages) == [f"T{number}" for number in range(5)]
    assert pages[0].records[0].data["links"] == [{"self": f"{api.url}/tickets/T0?api_key=***"}]
    assert "s3cret" not in str(pages)
    api.key = "another"
    with pytest.raises(AuthFailed) as refused:
        list(desk.pull({}))
    assert "unknown: ***" in str(refused.value)


def test_a_secret_of_the_address_is_in_no_failure_to_connect(
    api: DeskApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK", "s3cret-of-desk")
    with pytest.raises(Unavailable, match="tickets: Connection refused") as failed:
        source(api, url="http://127.0.0.1:1", secret_params={"api_key": "env:DESK"}).check()
    assert "s3cret" not in str(failed.value)


def test_a_check_finds_an_answer_that_knows_nobody(api: DeskApi) -> None:
    with pytest.raises(Unavailable, match=r"me: there is no user\.name in the answer"):
        source(api, check={"path": "me", "identity": "user.name"}).check()
    with pytest.raises(Unavailable, match=r"there is no list of tickets at data\.things in"):
        source(api, items="data.things").check()
    assert source(api).check().identity == "anyone"


def test_a_ticket_without_a_time_is_named(api: DeskApi) -> None:
    api.put("T0")
    api.tickets["T0"]["updated_at"] = None
    with pytest.raises(Unavailable, match="tickets: a ticket cannot be read: the stamp 'updated_at' is None"):
        list(source(api).pull({}))


def test_a_definition_stands_in_a_file_and_the_settings_over_it(api: DeskApi, tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text("path: tickets\nitems: data.tickets\nkey: [id]\nstamp: updated_at\npage_size: 7\n")
    fill(api, 1)
    desk = adapters.rest.make("desk", {"url": api.url, "definition": str(file), "params": {"state": "all"}})
    assert keys(list(desk.pull({}))) == ["T0"]
    assert api.asked == [{"state": "all"}]
    refused = {
        "[": "it is not YAML",
        "- a\n": "a definition holds options",
        "path: a\nkey: [id]\npath: b\n": "path.* stands here twice.* line 3",
        "paging: {kind: none, first: 1, kind: page}\n": "kind.* stands here twice",
    }
    for content, why in refused.items():
        file.write_text(content)
        with pytest.raises(ValidationError, match=why):
            adapters.rest.make("desk", {"definition": str(file)})
    with pytest.raises(ValidationError, match="the file cannot be read"):
        adapters.rest.make("desk", {"definition": str(tmp_path / "away.yaml")})


@pytest.mark.parametrize(
    ("options", "place", "why"),
    [
        ({"items": "data.["}, "items", "is not a JMESPath"),
        ({"paging": {"kind": "scroll"}}, "paging.kind", "Must be one of"),
        ({"paging": {"kind": "page"}}, "paging.parameter", "paging by page needs this"),
        ({"paging": {"kind": "cursor"}}, "paging.member", "paging by cursor needs this"),
        ({"changes": {"parameter": "q", "value": "updated>now"}}, "changes.value", "there is no {since} in it"),
        ({"changes": {"parameter": "q", "format": "RFC"}}, "changes.format", "names no moment"),
        ({"changes": IN_ORDER}, "paging", "name paging.size_parameter"),
        ({"changes": IN_ORDER, "snapshot": True}, "snapshot", "leave one of the two out"),
        ({"token": "plain"}, "token", "a secret is given by reference"),
        ({"token": "env:PATH", "username": "reader"}, "token", "more than one login: username and token"),
        ({"headers": {"Authorization": "Bearer x"}}, "headers", "name it in secret_headers by reference"),
        (
            {"headers": {"X-Api-Key": "x"}},
            "headers",
            "X-Api-Key is a secret: name it in secret_headers by reference",
        ),
        ({"params": {"access_token": "x"}}, "params", "access_token is a secret: name it in secret_params"),
        ({"path": "tickets?apikey=x"}, "path", "apikey is a secret: name it in secret_params by reference"),
        ({"check": {"path": "me?api_key=x"}}, "check", "api_key is a secret: name it in secret_params"),
        ({"secret_params": {"api_key": "x"}}, "secret_params", "a secret is given by reference"),
        (
            {"params": {"k": "x"}, "secret_params": {"k": "env:PATH"}},
            "secret_params",
            "k stands in params, too",
        ),
        ({"url": "http://desk.example.test/?a=1"}, "url", "no query"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(
    api: DeskApi, options: dict[str, Any], place: str, why: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        source(api, **options)
    found: Any = refused.value.messages
    for name in place.split("."):
        found = found[name]
    assert why in str(found)


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("lookback", [0, 60])
def test_the_hour_that_comes_twice_is_read_again_until_it_has_passed(
    api: DeskApi, in_order: bool, lookback: int
) -> None:
    changes = {"parameter": "since", "sorted": in_order, "lookback": lookback, "format": "%Y-%m-%dT%H:%M:%S"}
    desk = source(api, paging=PAGING["offset"], changes=changes, zone="Europe/Berlin")
    api.put("first")
    api.tickets["first"]["updated_at"] = "2024-10-27T02:50:00"
    cursor = list(desk.pull({}))[-1].cursor
    api.put("second")
    api.tickets["second"]["updated_at"] = "2024-10-27T02:10:00"
    assert keys(list(desk.pull(cursor))) == ["second", "first"]


@pytest.mark.parametrize("in_order", [True, False])
def test_a_stamp_of_the_year_one_is_read_again_and_stops_nothing(api: DeskApi, in_order: bool) -> None:
    api.put("blank")
    api.tickets["blank"]["updated_at"] = "0001-01-01T00:00:00+00:00"
    changes = {"parameter": "since", "sorted": in_order, "lookback": 60}
    desk = source(api, paging=PAGING["offset"], changes=changes)
    cursor = list(desk.pull({}))[-1].cursor
    assert keys(list(desk.pull(cursor))) == ["blank"]
    api.put("T1")
    assert keys(list(desk.pull(cursor))) == ["blank", "T1"]


@pytest.mark.parametrize("kind", ["link", "cursor", "url"])
def test_a_list_that_always_names_a_next_page_ends_behind_many_empty_ones(
    api: DeskApi, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.rest.paging, "EMPTY_PAGES", 20)
    names, found = fill(api, 5), list[Page]()
    api.endless = True
    with pytest.raises(Unavailable, match="tickets: the paging does not end: 20 pages in a row have no ticket"):
        found.extend(islice(source(api, paging=PAGING[kind]).pull({}), 30))
    assert keys(found) == names
    assert len(api.asked) == 3 + 20
