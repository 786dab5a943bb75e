"""What a notification list says, what a reading of it would change, and when it is not believed."""

import orjson
import pytest

from hub.model.listed import Entry, Present
from hub.subscriptions.list_file import Content, Unreadable, read_list
from hub.subscriptions.list_plan import plan_of, why_not_believed

CSV = b"""\xef\xbb\xbflist,id,contact,party,callback,query,schedule,inFlight
noc,a,A,org-a,https://a.example.com/in,,5s 1m,4
noc,b,B,,https://b.example.com/in,"eventType=ServiceProblemCreateEvent",,
other,c,C,,https://c.example.com/in,,,
noc,d,D,,,,,
noc,a,A again,,https://a2.example.com/in,,,
"""


def present(key: str, digest: bytes = b"same", subscription: int | None = 1) -> Present:
    return Present(
        seq=1,
        key=key,
        digest=digest,
        callback="",
        query=None,
        contact=None,
        party=None,
        subscription=subscription,
        subscription_id="s",
        error=None,
    )


def entry(key: str, digest: bytes = b"same") -> Entry:
    return Entry(key=key, row=1, callback="https://x.example.com/", digest=digest)


def content(*keys: str, digest: bytes = b"same") -> Content:
    return Content(entries=[entry(key, digest) for key in keys], bad=[])


def test_a_csv_is_read_and_each_bad_row_is_named() -> None:
    read = read_list("noc", CSV, "csv")
    first, second = read.entries
    assert (first.key, first.contact, first.party, first.delivery) == (
        "id:a",
        "A",
        "org-a",
        {"schedule": ["5s", "1m"], "inFlight": 4},
    )
    assert (second.query, second.party, second.delivery) == ("eventType=ServiceProblemCreateEvent", None, None)
    assert [(bad.row, bad.key, bad.message) for bad in read.bad] == [
        (4, "id:d", "has no callback"),
        (5, "id:a#5", "is the same entry as row 1"),
    ]


def test_json_says_the_same() -> None:
    read = read_list("noc", b'[{"id": "a", "callback": "https://a/", "delivery": {"maxEvents": 3}}]', "json")
    assert (read.entries[0].key, read.entries[0].delivery) == ("id:a", {"maxEvents": 3})


@pytest.mark.parametrize(
    ("content", "form", "why"),
    [
        (b"", "csv", "no column `callback`"),
        (b"id,callback,querry\n", "csv", "is 'query' meant"),
        (b"id,callback\na,https://a/\nb", "csv", "a line has 1 cells"),
        (b'id,callback\na,"https://a', "csv", "line 2"),
        (b"callback,callback\n", "csv", "has callback twice"),
        (b"\xff", "csv", "not UTF-8"),
        (b"", "json", "not JSON"),
        (b'{"entries": []}', "json", "not a JSON array"),
        (b'[{"callbak": "https://a/"}]', "json", "is 'callback' meant"),
        (b"<html>", "json", "not JSON"),
    ],
)
def test_a_content_that_is_no_list_is_refused_as_a_whole(content: bytes, form: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_list("noc", content, form)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"callback": 5}, "callback is not a text"),
        ({"callback": "https://a/", "order": "abc"}, "order is one of"),
        ({"callback": "https://a/", "face": "v9"}, "face is one of"),
    ],
)
def test_a_bad_row_does_not_spoil_the_others(row: dict[str, object], why: str) -> None:
    read = read_list("noc", orjson.dumps([row, {"callback": "https://b/"}]), "json")
    assert len(read.entries) == 1
    assert why in read.bad[0].message


def test_the_plan_has_what_came_changed_and_went() -> None:
    plan = plan_of(content("b", "c"), [present("a"), present("b", b"other"), present("d", subscription=None)])
    assert [one.key for one in plan.added] == ["c"]
    assert [(before.key, after.key) for before, after in plan.changed] == [("b", "b")]
    assert [one.key for one in plan.removed] == ["a", "d"]


def test_whose_registration_was_ended_is_added_again() -> None:
    plan = plan_of(content("a"), [present("a", subscription=None)])
    assert [one.key for one in plan.added] == ["a"]


def test_an_entry_that_cannot_be_read_now_stays_as_it_is() -> None:
    read = read_list("noc", b"id,callback\na,\n", "csv")
    assert plan_of(read, [present("id:a")]).removed == []


@pytest.mark.parametrize(
    ("left", "limit", "believed"),
    [(8, 0.2, True), (7, 0.2, False), (9, 0.0, True), (8, 0.0, False), (1, 1.0, True), (0, 0.99, False)],
)
def test_a_list_that_would_end_too_many_is_not_believed(left: int, limit: float, believed: bool) -> None:
    kept = [present(str(number)) for number in range(10)]
    plan = plan_of(content(*map(str, range(left))), kept)
    assert (why_not_believed(plan, kept, limit) is None) is believed


def test_an_empty_list_ends_nobody_whatever_the_limit() -> None:
    assert "empty" in (why_not_believed(plan_of(content(), [present("a")]), [present("a")], 1.0) or "")
    assert why_not_believed(plan_of(content(), []), [], 0.2) is None


def test_a_list_with_too_many_bad_rows_is_not_believed() -> None:
    read = read_list("noc", b"id,callback\na,https://a/\nb,\nc,\n", "csv")
    assert "2 of 3 rows" in (why_not_believed(plan_of(read, []), [], 0.2) or "")
