"""Imports and exports through a running server: what goes in, what comes out, and every way to be told no."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hub.shipped import openapi_dir
from tests.acceptance.bulk import CSV, NDJSON, ask, ended, errors, exported, imported, job, lines, send, without
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report, until

FACE = ContractClient.face
JOBS = ContractClient.operations
HERE_ONLY = ("href", "lastUpdate")
"""What differs between two hubs that have the same report."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of this file; each works on reports of its own."""
    with Server(tmp_path_factory.mktemp("jobs")) as running:
        yield running


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    """A second hub, with nothing in it."""
    with Server(tmp_path_factory.mktemp("second"), name="second") as running:
        yield running.client


def rich_report(client: ContractClient, category: str) -> dict[str, Any]:
    """A report with all that the contract shows, and with a life behind it."""
    full = json.loads((openapi_dir() / "examples" / "serviceProblem.create.request.json").read_text("utf-8"))
    made = client.create({**full, "category": category, "description": "=1+1, said „he“\r\n"}).json()
    for status in ("inProgress", "resolved"):
        changed: dict[str, Any] = client.patch(made["id"], status=status).json()
    return changed


def content_path(made: dict[str, Any]) -> str:
    kind = f"{made['@type'][0].lower()}{made['@type'][1:]}"
    return f"{JOBS}/{kind}/{made['id']}/content"


# -- exports


def test_an_export_has_the_reports_that_fit_as_a_get_gives_them(client: ContractClient) -> None:
    made = [client.create(report(category="out", name=f"ring {number}")).json() for number in range(5)]
    client.create(report(category="other"))
    content = exported(client, query="category=out")
    assert [json.loads(line) for line in content.splitlines()] == made
    assert content == b"".join(client.get(f"{FACE}/serviceProblem/{one['id']}").content + b"\n" for one in made)


def test_an_export_has_the_order_asked_for(client: ContractClient) -> None:
    made = [client.create(report(category="order", priority=number % 3 + 1)).json() for number in range(6)]
    content = exported(client, query="category=order&sort=-priority,creationDate")
    expected = sorted(made, key=lambda one: (-one["priority"], one["creationDate"]))
    assert [json.loads(line)["id"] for line in content.splitlines()] == [one["id"] for one in expected]


def test_an_export_gives_the_fields_asked_for(client: ContractClient) -> None:
    made = client.create(report(category="fields")).json()
    (line,) = exported(client, query="category=fields&fields=priority").splitlines()
    assert json.loads(line) == {name: made[name] for name in ("id", "href", "@type", "priority")}
    header, row = exported(client, query="category=fields&fields=priority", contentType=CSV).splitlines()
    assert header.split(b",") == [b'"""@type"""', b"id", b"href", b"priority", b"*"]
    assert row.split(b",") == [b"ServiceProblem", made["id"].encode(), made["href"].encode(), b"2", b""]


def test_an_export_tells_how_far_it_is(client: ContractClient) -> None:
    made = [client.create(report(category="far")) for _ in range(3)]
    done = ended(client, ask(client, "exportJob", query="category=far"))
    size = sum(len(one.content) + 1 for one in made)
    assert done["progress"] == {"read": 3, "expected": 3, "bytes": size, "total": size}
    assert done["creationDate"] <= done["startDate"] <= done["completionDate"]
    assert done["errorLog"] == []


def test_an_export_of_nothing_is_empty(client: ContractClient) -> None:
    assert exported(client, query="category=nowhere") == b""
    assert exported(client, query="category=nowhere", contentType=CSV).count(b"\n") == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("colour=red", "colour"), ("status=lost", "status"), ("limit=5", "query"), ("fields=colour", "fields")],
)
def test_a_query_that_a_list_would_refuse_makes_no_export(client: ContractClient, query: str, field: str) -> None:
    refused = client.post(f"{JOBS}/exportJob", {"query": query})
    assert refused.status_code == 400
    assert field in violations(refused)


def test_the_content_of_an_export_that_runs_not_yet_is_refused(client: ContractClient) -> None:
    waiting = ask(client, "importJob")
    assert client.get(f"{JOBS}/exportJob/{waiting['id']}/content").status_code == 404
    assert client.get(f"{JOBS}/exportJob/nothing").status_code == 404


# -- downloads


@pytest.fixture(scope="module")
def download(client: ContractClient) -> tuple[str, bytes]:
    """The path of an export and its content."""
    for _ in range(4):
        client.create(report(category="ranges"))
    made = ended(client, ask(client, "exportJob", query="category=ranges"))
    path = content_path(made)
    return path, client.get(path).content


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=10-999999999", 10, None)],
)
def test_a_part_of_a_content_is_given(
    client: ContractClient, download: tuple[str, bytes], asked: str, first: int, last: int | None
) -> None:
    path, whole = download
    part = client.get(path, headers={"Range": asked})
    wanted = whole[first:] if last is None else whole[first : last + 1]
    assert (part.status_code, part.content) == (206, wanted)
    begin = first % len(whole)
    assert part.headers["Content-Range"] == f"bytes {begin}-{begin + len(wanted) - 1}/{len(whole)}"
    assert part.headers["Content-Length"] == str(len(wanted))


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-"])
def test_what_is_not_one_range_gives_all(client: ContractClient, download: tuple[str, bytes], asked: str) -> None:
    path, whole = download
    answer = client.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, whole)


def test_a_part_behind_the_end_is_refused_with_the_length(
    client: ContractClient, download: tuple[str, bytes]
) -> None:
    path, whole = download
    refused = client.get(path, headers={"Range": f"bytes={len(whole)}-"})
    assert refused.status_code == 416
    assert refused.headers["Content-Range"] == f"bytes */{len(whole)}"


def test_a_download_goes_on_only_with_the_same_content(
    client: ContractClient, download: tuple[str, bytes]
) -> None:
    path, whole = download
    tag = client.call("HEAD", path).headers["ETag"]
    same = client.get(path, headers={"Range": "bytes=10-", "If-Range": tag})
    assert (same.status_code, same.content) == (206, whole[10:])
    other = client.get(path, headers={"Range": "bytes=10-", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole)


def test_head_tells_the_length_alone(client: ContractClient, download: tuple[str, bytes]) -> None:
    path, whole = download
    head = client.call("HEAD", path)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(whole)), b"")


# -- imports


@pytest.mark.parametrize("content_type", [NDJSON, CSV])
def test_what_one_hub_exports_another_imports_as_it_was(
    client: ContractClient, empty: ContractClient, content_type: str
) -> None:
    category = f"move.{content_type}"
    moved = [rich_report(client, category), client.create(report(category=category, x={"a.b": [1, {}]})).json()]
    content = exported(client, query=f"category={category}", contentType=content_type)
    done = imported(empty, content, contentType=content_type)
    assert (done["status"], done["progress"]["created"], done["progress"]["failed"]) == ("Succeeded", 2, 0)
    kept = empty.problems()
    assert [without(one, *HERE_ONLY) for one in kept] == [without(one, *HERE_ONLY) for one in moved]
    again = imported(empty, content, contentType=content_type, mode="upsert")
    assert again["progress"]["unchanged"] == 2
    assert empty.problems() == kept


def test_an_import_tells_its_history_where_it_came_from_and_nobody_else(client: ContractClient) -> None:
    with Listener() as listener:
        registered = client.register(listener.url("/quiet"), "event.serviceProblem.category=quiet,loud")
        done = imported(client, lines([report(category="quiet", status="resolved")]))
        (made,) = client.problems(category="quiet")
        query = {"serviceProblem.id": made["id"]}
        (record,) = client.get(f"{FACE}/serviceProblemEventRecord", params=query).json()
        assert record["notification"]["source"] == f"import:{done['id']}"
        assert record["notification"]["actor"] == "local"
        assert record["notification"]["toStatus"] == "resolved"
        imported(client, lines([report(category="loud")]), notify=True)
        listener.wait_for(1, "/quiet")
        (told,) = listener.received("/quiet")
        assert json.loads(told.body)["event"]["serviceProblem"]["category"] == "loud"
        client.call("DELETE", f"{FACE}/hub/{registered['id']}")


def test_an_import_keeps_the_dates_of_a_report(client: ContractClient) -> None:
    dates = {
        "creationDate": "2024-05-01T10:00:00.000Z",
        "statusChangeDate": "2024-05-02T10:00:00.000Z",
        "resolutionDate": "2024-05-01T20:00:00.000Z",
    }
    imported(client, lines([report(category="dates", status="closed", **dates)]))
    (made,) = client.problems(category="dates")
    assert {name: made[name] for name in dates} == dates
    assert made["lastUpdate"] > "2026"
    imported(client, lines([report(category="dates.to.come", creationDate="2924-05-01T10:00:00Z")]))
    (cut,) = client.problems(category="dates.to.come")
    assert cut["creationDate"] < "2900"


def test_a_known_id_is_refused_or_changed_as_the_mode_says(client: ContractClient) -> None:
    made = client.create(report(category="mode", priority=3)).json()
    rows = lines([{**made, "priority": 4}])
    refused = imported(client, rows)
    assert (refused["status"], refused["progress"]["failed"]) == ("Failed", 1)
    assert refused["errorLog"][0] == {"message": "none of its rows could be taken; the errors say why"}
    assert refused["errorLog"][1]["field"] == "id"
    assert imported(client, rows, mode="upsert")["progress"]["updated"] == 1
    assert client.problems(category="mode")[0]["priority"] == 4


def test_an_upsert_knows_a_report_by_its_external_identifier(client: ContractClient) -> None:
    identified = {"externalIdentifier": [{"id": "INC-1", "owner": "desk", "externalIdentifierType": "ticket"}]}
    first = imported(client, lines([report(category="known", **identified)]), mode="upsert")
    row = {**identified, "status": "closed", "name": "ring"}
    other_owner = report(category="known", externalIdentifier=[{"id": "INC-1", "owner": "other"}])
    second = imported(client, lines([row, other_owner]), mode="upsert")
    assert first["progress"]["created"] == second["progress"]["updated"] == second["progress"]["created"] == 1
    changed, _ = client.problems(category="known")
    assert (changed["status"], changed["name"]) == ("closed", "ring")
    records = client.get(f"{FACE}/serviceProblemEventRecord", params={"serviceProblem.id": changed["id"]}).json()
    assert [one["notification"].get("irregular") for one in records] == [False, True, False]
    client.call("DELETE", f"{FACE}/serviceProblem/{changed['id']}")
    third = imported(client, lines([{**report(category="known"), **identified}]), mode="upsert")
    assert third["progress"]["created"] == 1


def test_two_reports_with_one_identifier_are_not_guessed_between(client: ContractClient) -> None:
    twins = [report(category="twin", externalIdentifier=[{"id": "INC-2"}]) for _ in range(2)]
    assert imported(client, lines(twins))["progress"]["created"] == 2
    done = imported(client, lines([*twins[:1], report(category="twin")]), mode="upsert")
    assert done["progress"]["failed"] == 1
    assert "names 2 service problems" in errors(client, done)[0]["message"]


def test_bad_rows_are_named_and_the_others_taken(client: ContractClient) -> None:
    good = report(category="bad.rows")
    content = b"\n".join(
        [
            json.dumps(good).encode(),
            b"{",
            json.dumps({**good, "priority": 11, "status": "lost"}).encode(),
            b"",
            b"[1]",
            json.dumps({**good, "id": "a/b"}).encode(),
            json.dumps({**good, "creationDate": "yesterday"}).encode(),
            b'{"note": ' + b"[" * 200 + b"]" * 200 + b"}",
            b"\xff\xfe",
            b'"' + b"x" * 1_100_000 + b'"',
            json.dumps({**good, "@type": 5}).encode(),
            json.dumps(good).encode(),
        ]
    )
    done = imported(client, content)
    assert done["status"] == "Succeeded"
    progress = done["progress"]
    assert (progress["read"], progress["created"], progress["failed"]) == (11, 2, 9)
    assert progress["bytes"] == progress["total"] == len(content)
    told = errors(client, done)
    assert sorted((one["line"], one["field"]) for one in told) == [
        (2, ""),
        (3, "priority"),
        (3, "status"),
        (5, ""),
        (6, "id"),
        (7, "creationDate"),
        (8, ""),
        (9, ""),
        (10, ""),
        (11, "@type"),
    ]
    assert done["errorLog"] == told
    assert len(client.problems(category="bad.rows")) == 2


def test_bad_rows_of_csv_are_named_by_line_and_column(client: ContractClient) -> None:
    content = (
        "\ufeffcategory,description,priority,reason,originatorParty.role,originatorParty.partyOrPartyRole.id,note\r\n"
        'bad.csv,"first\nsecond",2,Unknown,supplier,org-1,\r\n'
        "bad.csv,five,eleven,Unknown,supplier,org-1,\r\n"
        "bad.csv,too few\r\n"
        'bad.csv,list,2,Unknown,supplier,org-1,"[{"\r\n'
        'bad.csv,"open,2,Unknown,supplier,org-1,\r\n'
        "bad.csv,last,2,Unknown,supplier,org-1,\r\n"
    ).encode()
    done = imported(client, content, contentType=CSV)
    assert [(one["line"], one["field"]) for one in errors(client, done)] == [
        (4, "priority"),
        (5, ""),
        (6, "note"),
        (7, ""),
    ]
    assert [one["description"] for one in client.problems(category="bad.csv")] == ["first\nsecond", "last"]


@pytest.mark.parametrize("header", ["", "priority,priority", "priority,,name", '"open'])
def test_csv_without_a_header_fails(client: ContractClient, header: str) -> None:
    done = imported(client, f"{header}\r\n1,2\r\n".encode(), contentType=CSV)
    assert done["status"] == "Failed"
    assert "its content cannot be read" in done["errorLog"][0]["message"]


def test_an_empty_content_is_an_import_of_nothing(client: ContractClient) -> None:
    done = imported(client, b"")
    assert (done["status"], done["progress"]["read"]) == ("Succeeded", 0)


# -- uploads


def test_an_upload_goes_on_where_it_broke_off(client: ContractClient) -> None:
    content = lines(report(category="parts", name=str(number)) for number in range(50))
    made = ask(client, "importJob")
    path, middle = content_path(made), len(content) // 2
    headers = {"Content-Type": NDJSON, "Content-Range": f"bytes 0-{middle - 1}/{len(content)}"}
    part = client.call("PUT", path, data=content[:middle], headers=headers)
    assert (part.status_code, part.json()["status"], part.json()["progress"]["total"]) == (
        200,
        "Not Started",
        middle,
    )
    assert client.call("HEAD", path).headers["Content-Length"] == str(middle)
    gap = {"Content-Type": NDJSON, "Content-Range": f"bytes {middle + 1}-{len(content) - 1}/{len(content)}"}
    refused = client.call("PUT", path, data=content[middle + 1 :], headers=gap)
    assert (refused.status_code, list(violations(refused))) == (409, ["Content-Range"])
    rest = {"Content-Type": NDJSON, "Content-Range": f"bytes {middle - 7}-{len(content) - 1}/{len(content)}"}
    assert client.call("PUT", path, data=content[middle - 7 :], headers=rest).status_code == 200
    assert ended(client, made)["progress"]["created"] == 50
    assert client.get(path).content == content


@pytest.mark.parametrize("first", [60, 40, 0])
@pytest.mark.parametrize("length", [5, 50])
def test_a_part_that_is_refused_leaves_what_is_here(client: ContractClient, first: int, length: int) -> None:
    content = b"".join(b"%09d\n" % number for number in range(10))
    path = content_path(ask(client, "importJob"))
    begin = {"Content-Type": NDJSON, "Content-Range": "bytes 0-59/100"}
    assert client.call("PUT", path, data=content[:60], headers=begin).status_code == 200
    wrong = {"Content-Type": NDJSON, "Content-Range": f"bytes {first}-{first + 29}/100"}
    refused = client.call("PUT", path, data=b"x" * length, headers=wrong)
    assert (refused.status_code, list(violations(refused))) == (400, ["body"])
    assert client.get(path).content == content[:60]


def test_the_parts_of_a_content_agree_on_its_length(client: ContractClient) -> None:
    path = content_path(ask(client, "importJob"))

    def put(said: str, data: bytes) -> requests.Response:
        return client.call("PUT", path, data=data, headers={"Content-Type": NDJSON, "Content-Range": said})

    assert put("bytes 0-1/*", b"{}").status_code == 200
    assert put("bytes 2-3/100", b"\n{").status_code == 200
    for said, data, message in (
        ("bytes 4-5/200", b"}\n", "says that the content has 200 bytes; an earlier part said 100"),
        ("bytes 4-5/6", b"}\n", "says that the content has 6 bytes; an earlier part said 100"),
        ("bytes 4-103/*", b"x" * 100, "an earlier part said that the content has 100 bytes"),
    ):
        refused = put(said, data)
        assert (refused.status_code, list(violations(refused))) == (409, ["Content-Range"])
        assert message in violations(refused)["Content-Range"]
        assert client.get(path).content == b"{}\n{"
    assert put("bytes 4-5/100", b"}\n").status_code == 200
    assert put("bytes 6-7/*", b"{}").status_code == 200


def test_a_content_is_sent_once(client: ContractClient) -> None:
    done = imported(client, lines([report(category="once")]))
    again = client.call("PUT", content_path(done), data=b"", headers={"Content-Type": NDJSON})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [
        ({"Content-Type": CSV}, 415, "Content-Type"),
        ({"Content-Type": "text/plain"}, 415, "Content-Type"),
        ({"Content-Type": NDJSON, "Content-Encoding": "gzip"}, 415, "Content-Encoding"),
        ({"Content-Type": NDJSON, "Content-Range": "lines 1-2/3"}, 400, "Content-Range"),
        ({"Content-Type": NDJSON, "Content-Range": "bytes 0-5/3"}, 400, "Content-Range"),
        ({"Content-Type": NDJSON, "Content-Range": "bytes 0-99/100"}, 400, "body"),
        ({"Content-Type": NDJSON, "Content-Range": "bytes 7-9/10"}, 409, "Content-Range"),
    ],
)
def test_a_wrong_upload_is_told_what_is_wrong(
    client: ContractClient, headers: dict[str, str], status: int, field: str
) -> None:
    made = ask(client, "importJob")
    refused = client.call("PUT", content_path(made), data=b"{}\n", headers=headers)
    assert (refused.status_code, list(violations(refused))) == (status, [field])
    assert job(client, made)["status"] == "Not Started"


# -- jobs


def test_jobs_are_listed_newest_first_and_forgotten_when_deleted(client: ContractClient, server: Server) -> None:
    made = [ask(client, "importJob", mode="upsert") for _ in range(3)]
    listed = client.get(f"{JOBS}/importJob", params={"limit": 3})
    assert listed.json() == made[::-1]
    assert int(listed.headers["X-Total-Count"]) >= 3
    send(client, made[0], lines([report(category="gone")]))
    ended(client, made[0])
    kept = server.folder / "qos-hub.db.jobs" / f"{made[0]['id']}.content"
    assert kept.is_file()
    for one in made:
        assert client.call("DELETE", f"{JOBS}/importJob/{one['id']}").status_code == 204
        assert client.call("DELETE", f"{JOBS}/importJob/{one['id']}").status_code == 404
    assert not kept.exists()
    assert len(client.problems(category="gone")) == 1


@pytest.mark.parametrize(
    ("kind", "asked", "field"),
    [
        ("importJob", {"mode": "replace"}, "mode"),
        ("importJob", {"contentType": "text/xml"}, "contentType"),
        ("importJob", {"url": "ftp://files.example.com/x"}, "url"),
        ("importJob", {"url": "http://10.0.0.1/x"}, "url"),
        ("exportJob", {"path": "hub"}, "path"),
        ("exportJob", {"query": 5}, "query"),
        ("exportJob", {"filter": "status=held"}, "filter"),
        ("importJob", {"notifiy": True}, "notifiy"),
    ],
)
def test_a_job_that_cannot_be_is_refused(
    client: ContractClient, kind: str, asked: dict[str, Any], field: str
) -> None:
    refused = client.post(f"{JOBS}/{kind}", asked)
    assert (refused.status_code, list(violations(refused))) == (400, [field])


def test_a_list_of_jobs_knows_its_page_and_nothing_else(client: ContractClient) -> None:
    refused = client.get(f"{JOBS}/exportJob", params={"limit": "-1", "status": "Lost"})
    assert (refused.status_code, set(violations(refused))) == (400, {"limit", "status"})


def test_a_running_import_can_be_cancelled(client: ContractClient) -> None:
    content = lines(report(category="cancelled", name=str(number)) for number in range(20_000))
    made = ask(client, "importJob")
    send(client, made, content)
    until(lambda: job(client, made)["progress"]["created"] > 0)
    assert client.call("DELETE", f"{JOBS}/importJob/{made['id']}").status_code == 204
    done = imported(client, lines([report(category="after")]))
    assert done["status"] == "Succeeded"
    taken = int(client.get(f"{FACE}/serviceProblem?category=cancelled&limit=0").headers["X-Total-Count"])
    assert 0 < taken < 20_000


def test_null_stands_for_what_is_absent(client: ContractClient) -> None:
    asked = ask(client, "exportJob", query=None, contentType=None)
    assert ("query" in asked, asked["contentType"]) == (False, NDJSON)
    made = ask(client, "importJob", url=None, mode=None, notify=None, contentType=None)
    assert (made["mode"], made["notify"], made["contentType"]) == ("create", False, NDJSON)
