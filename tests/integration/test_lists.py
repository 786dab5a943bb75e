"""Lists of a running server: order, cursors, filters in every spelling, and the statuses of pages."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report

FACE = ContractClient.face
PROBLEMS, RECORDS = f"{FACE}/serviceProblem", f"{FACE}/serviceProblemEventRecord"

REPORTS: list[dict[str, Any]] = [
    {"name": "alpha", "priority": 2, "note": [{"author": "noc", "text": "cut fibre"}]},
    {
        "name": "Bravo",
        "priority": 10,
        "note": [{"author": "field", "text": "cut fibre"}, {"author": "noc", "text": "ok"}],
    },
    {"name": "charlie", "priority": 2, "impactPattern": {"description": "wave"}},
    {"priority": 1, "impactPattern": {"description": "flap"}, "impactImportanceFactor": "50"},
    {"name": "echo", "priority": 5, "characteristic": [{"name": "site", "value": "DD+1&2"}]},
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    """A server with REPORTS in this order, each of which has a record."""
    with Server(tmp_path_factory.mktemp("lists")) as running:
        for attributes in REPORTS:
            assert running.client.create(report(category="listed", **attributes)).status_code == 201
        yield running.client


def numbers(found: list[dict[str, Any]]) -> list[int]:
    """Which of REPORTS were found, counted from 1."""
    shown = [{name: one.get(name) for name in ("name", "priority")} for one in found]
    known = [{name: one.get(name) for name in ("name", "priority")} for one in REPORTS]
    return [known.index(one) + 1 for one in shown]


def listed(client: ContractClient, query: str) -> list[int]:
    answer = client.get(f"{PROBLEMS}?category=listed&{query}")
    assert answer.status_code == 200, answer.text
    found = numbers(answer.json())
    assert answer.headers["X-Total-Count"] == answer.headers["X-Result-Count"] == str(len(found))
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=priority", [4, 1, 3, 5, 2]),
        ("sort=-priority", [2, 5, 3, 1, 4]),
        ("sort=+priority,-name", [4, 3, 1, 5, 2]),
        ("sort=name", [2, 1, 3, 5, 4]),
        ("sort=-name", [5, 3, 1, 2, 4]),
        ("sort=impactPattern.description", [4, 3, 1, 2, 5]),
        ("sort=-creationDate", [5, 4, 3, 2, 1]),
        ("sort=-id", [5, 4, 3, 2, 1]),
    ],
)
def test_reports_come_in_the_order_asked_for(client: ContractClient, query: str, found: list[int]) -> None:
    assert listed(client, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name.regex=^[a-c]", [1, 3]),
        ("name=~(?i)^[a-c]", [1, 2, 3]),
        ("name*=%5Ech", [3]),
        ("name%3D~o$", [2, 5]),
        ("note.text=~cut;priority=1", [1, 2, 4]),
        ("priority%3E%3D5", [2, 5]),
        ("priority>=5&name.ne=echo", [2]),
        ("impactImportanceFactor>9", [4]),
        ("note.author=noc&note.text=cut%20fibre", [1, 2]),
        ("filter=note[?(@.author=='noc' %26%26 @.text=='cut fibre')]", [1]),
        ("filter=note[?(@.author=='noc' && @.text=='cut fibre')]", [1]),
        (f"filter={quote('''$[?(@.priority>2 || @.impactPattern.description=='wave')]''')}", [2, 3, 5]),
        (f"filter={quote('''characteristic[?(@.name=='site' && @.value=='DD+1&2')]''')}", [5]),
        ("filter=$[?count(@.note[*])>1]&sort=-name", [2]),
        ("filter=$[?(@.status=='acknowledged')]&filter=$.note", [1, 2]),
        ("filter=$[?match(@.name, '[a-z]*')]", [1, 3, 5]),
        ("filter=$[?(@.id != 'x' && length(@.id) > 30)]&priority=1", [4]),
    ],
)
def test_reports_are_found_by_each_spelling_of_a_filter(
    client: ContractClient, query: str, found: list[int]
) -> None:
    assert listed(client, query) == found


@pytest.mark.parametrize(
    ("query", "status", "field", "message"),
    [
        ("name.regex=(", 400, "name.regex", "'(' is not a regular expression of RE2: missing )"),
        ("name.regex=(?=a)", 400, "name.regex", "invalid perl operator"),
        ("priority.regex=1", 400, "priority.regex", "holds a number"),
        ("sort=note.date", 400, "sort", "leads through a list"),
        ("sort=nmae", 400, "sort", "is 'name' meant"),
        ("filter=$[?(@.name=='x'", 400, "filter", "at position"),
        ("filter=$[?(@.nmae=='x')]", 400, "filter", "is 'name' meant"),
        ("filter=$..note", 501, "filter", "descendant"),
        ("filter=$[?(max(@.priority)>1)]", 501, "filter", "max()"),
        ("after=zzz", 400, "after", "is not a cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(
    client: ContractClient, query: str, status: int, field: str, message: str
) -> None:
    answer = client.get(f"{PROBLEMS}?{query}")
    assert answer.status_code == status
    (violation,) = answer.json()["violation"]
    assert violation["field"] == field
    assert message in violation["message"]


def followed(client: ContractClient, path: str, rel: str) -> Iterator[requests.Response]:
    """The page at a path and those that its links lead to."""
    following: dict[str, Any] | None = {"url": client.base_url + path}
    while following is not None:
        answer = client.get(following["url"].removeprefix(client.base_url))
        assert answer.status_code == 200, answer.text
        yield answer
        following = answer.links.get(rel)


@pytest.mark.parametrize("sort", ["", "-priority", "name,-priority", "impactPattern.description", "-lastUpdate"])
def test_cursors_walk_a_list_in_both_directions(client: ContractClient, sort: str) -> None:
    query = f"category=listed&sort={sort}&limit=2"
    expected = listed(client, f"sort={sort}")
    pages = [numbers(page.json()) for page in followed(client, f"{PROBLEMS}?{query}&after=", "next")]
    assert pages == [expected[:2], expected[2:4], expected[4:]]
    pages = [numbers(page.json()) for page in followed(client, f"{PROBLEMS}?{query}&before=", "prev")]
    assert pages == [expected[3:], expected[1:3], expected[:1]]


def test_a_cursor_page_leads_back_and_has_the_counts(client: ContractClient) -> None:
    first, second, third = followed(client, f"{PROBLEMS}?category=listed&limit=2&after=", "next")
    assert {page.headers["X-Total-Count"] for page in (first, second, third)} == {"5"}
    assert first.links.keys() == {"self", "first", "next", "last"}
    assert third.links.keys() == {"self", "first", "prev", "last"}
    back = client.get(third.links["prev"]["url"].removeprefix(client.base_url))
    assert back.json() == second.json()
    assert client.get(back.links["next"]["url"].removeprefix(client.base_url)).json() == third.json()


def test_a_walk_neither_loses_nor_repeats_while_reports_come_and_go(client: ContractClient) -> None:
    made = [client.create(report(category="moving", priority=5)).json()["id"] for _ in range(6)]
    found: list[str] = []
    for page in followed(client, f"{PROBLEMS}?category=moving&sort=-priority&limit=2&after=&fields=none", "next"):
        found += [one["id"] for one in page.json()]
        client.create(report(category="moving", priority=9))
        client.call("DELETE", f"{PROBLEMS}/{page.json()[-1]['id']}")
    assert found == made[::-1]


@pytest.mark.parametrize("path", [PROBLEMS, RECORDS])
def test_a_page_behind_the_end_is_out_of_range(client: ContractClient, path: str) -> None:
    total = int(client.get(path, params={"limit": 0}).headers["X-Total-Count"])
    refused = client.get(path, params={"offset": total})
    assert refused.status_code == 416
    assert refused.headers["Content-Range"] == f"items */{total}"
    assert refused.json()["violation"][0]["field"] == "offset"
    assert client.get(path, params={"offset": total - 1}).status_code == 200


def test_the_beginning_of_an_empty_list_is_a_page_and_what_is_behind_is_not(client: ContractClient) -> None:
    empty = client.get(PROBLEMS, params={"category": "none", "offset": 0})
    assert (empty.status_code, empty.json(), empty.headers["X-Total-Count"]) == (200, [], "0")
    refused = client.get(PROBLEMS, params={"category": "none", "offset": 1})
    assert (refused.status_code, refused.headers["Content-Range"]) == (416, "items */0")


def test_a_limit_of_zero_gives_the_counts_alone(client: ContractClient) -> None:
    answer = client.get(PROBLEMS, params={"category": "listed", "limit": 0})
    assert (answer.status_code, answer.json()) == (200, [])
    assert (answer.headers["X-Total-Count"], answer.headers["X-Result-Count"]) == ("5", "0")
    assert "Link" not in answer.headers
    assert "Content-Range" not in answer.headers


def test_the_history_is_asked_for_what_it_shows(client: ContractClient) -> None:
    made = client.create(report(category="recorded")).json()
    client.patch(made["id"], status="inProgress", statusChangeReason="on the way")
    client.patch(made["id"], priority=7)
    mine = f"{RECORDS}?serviceProblem.id={made['id']}"

    def sequences(query: str) -> list[int]:
        answer = client.get(f"{mine}&{query}")
        assert answer.status_code == 200, answer.text
        return [one["notification"]["sequence"] for one in answer.json()]

    assert sequences("sort=-recordTime") == [3, 2, 1]
    assert sequences("sort=notification.toStatus,-eventTime") == [1, 2, 3]
    assert sequences("notification.toStatus=inProgress") == [2]
    assert sequences("notification.reason=~way$") == [2]
    assert sequences("notification.sequence.gte=2&sort=-notification.sequence") == [3, 2]
    assert sequences("notification.changes.priority.to=7") == [3]
    assert sequences("notification.irregular=false") == [1, 2, 3]
    assert sequences("filter=$.notification[?(@.toStatus=='inProgress' || @.changes.priority)]") == [2, 3]
    assert sequences("filter=$[?(@.eventTime > '2026-01-01')]&eventType!=ServiceProblemCreateEvent") == [2, 3]
    assert sequences("after=&limit=2&sort=-eventTime") == [3, 2]


def test_fields_choose_what_a_create_and_a_patch_answer(client: ContractClient) -> None:
    made = client.post(f"{PROBLEMS}?fields=none", report(category="chosen"))
    assert made.json().keys() == {"id", "href", "@type"}
    where = f"{PROBLEMS}/{made.json()['id']}?fields=originatorParty.role"
    changed = client.call("PATCH", where, json={"priority": 4})
    assert changed.json().keys() == {"id", "href", "@type", "originatorParty"}
    assert changed.json()["originatorParty"].keys() == {"@type", "role"}


def inside(depth: int, innermost: str, level: str) -> str:
    return innermost if not depth else level.format(inside(depth - 1, innermost, level))


@pytest.mark.parametrize(
    ("level", "most"),
    [
        ("@.note[?{}]", 5),
        ("count(@.note[?{}])>=0", 5),
        ("@.note[?@].note[?{}]", 2),
        ("@.note[?@.id==1 || @.name=='2026-01-01' && {}]", 3),
        ("!(@.id==1 || @.name>'2026-01-01' && {})", 3),
        ("(@.id==1 && ({} || @.name==2))", 3),
        ("!(@.note[?!(@.id!='2026-01-01' && ({} || @.name==2))])", 3),
    ],
)
@pytest.mark.parametrize(
    "innermost", ["@.name=='x'", "@.name!='2026-01-01T00:00:00Z'", "length(@.name)>2", "@.name=~'x'"]
)
def test_a_filter_is_answered_or_refused_however_deep(
    client: ContractClient, level: str, most: int, innermost: str
) -> None:
    for depth in range(1, 14):
        text = f"$[?{inside(depth, innermost, level)}]"
        answer = client.get(PROBLEMS, params={"category": "listed", "filter": text, "sort": "-lastUpdate,name"})
        too_much = "deep" in answer.text or "more than 12 parts" in answer.text
        assert answer.status_code == (400 if too_much else 200), answer.text
        assert answer.status_code == 200 or depth >= most, text


def test_many_filters_together_are_too_many(client: ContractClient) -> None:
    answer = client.get(f"{PROBLEMS}?" + "&".join(["filter=$[?@.name]"] * 65))
    assert answer.status_code == 400
    assert "more than 64 tests" in answer.json()["message"]


def test_a_registration_may_ask_in_jsonpath_and_by_patterns(client: ContractClient) -> None:
    wanted = "@.event.serviceProblem.note[?(@.author=='noc' && @.text=~'^cut')]"
    with Listener() as listener:
        client.register(listener.url("/path"), f"$[?(@.eventType=='ServiceProblemCreateEvent' && {wanted})]")
        client.register(listener.url("/pattern"), "event.serviceProblem.name=~^told$")
        client.create(
            report(name="not told", note=[{"author": "noc", "text": "ok"}, {"author": "x", "text": "cut"}])
        )
        made = client.create(report(name="told", note=[{"author": "noc", "text": "cut again"}])).json()
        for path in ("/path", "/pattern"):
            (told,) = listener.wait_for(1, path)
            assert json.loads(told.body)["event"]["serviceProblem"]["id"] == made["id"]
    # Events are fanned out in their order, so nothing can come of the first report any more.
    assert len(client.deliveries()) == 2


def test_a_page_that_is_not_the_whole_list_is_partial_where_the_settings_say_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = {"QOS_HUB_API_PARTIAL_CONTENT": "true"}
    with Server(tmp_path_factory.mktemp("partial"), settings=settings) as running:
        client = running.client
        for _ in range(3):
            client.create(report())
        whole = client.get(PROBLEMS)
        assert (whole.status_code, "Content-Range" in whole.headers) == (200, False)
        page = client.get(PROBLEMS, params={"offset": 1, "limit": 1})
        assert (page.status_code, page.headers["Content-Range"]) == (206, "items 1-1/3")
        counts = client.get(PROBLEMS, params={"limit": 0})
        assert (counts.status_code, "Content-Range" in counts.headers) == (206, False)
        walked = client.get(PROBLEMS, params={"after": "", "limit": 2})
        assert (walked.status_code, "Content-Range" in walked.headers) == (206, False)
