"""Changing reports over HTTP: patches of every kind, alone and at once."""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.acceptance.contract_client import ContractClient, path_of, violations
from tests.acceptance.running import Server
from tests.rooms import report, until

FACE = ContractClient.face
JSON_PATCH, JSON_PATCH_QUERY = "application/json-patch+json", "application/json-patch-query+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("writing")) as running:
        yield running


@pytest.fixture
def problem(client: ContractClient) -> dict[str, Any]:
    made: dict[str, Any] = client.create(
        report(
            name="ring",
            characteristic=[{"name": "isIsolated", "value": True}, {"name": "ring", "value": 7}],
        )
    ).json()
    return made


def patch(
    client: ContractClient, problem: dict[str, Any], body: Any, media_type: str = JSON_PATCH
) -> requests.Response:
    headers = {"Content-Type": media_type}
    return client.call("PATCH", path_of(problem), data=json.dumps(body), headers=headers)


def note(text: str) -> dict[str, Any]:
    return {"op": "add", "path": "/note/-", "value": {"author": "desk", "text": text}}


# -- JSON Patch


def test_the_operations_of_a_json_patch_are_done(client: ContractClient, problem: dict[str, Any]) -> None:
    changed = patch(
        client,
        problem,
        [
            {"op": "test", "path": "/status", "value": "acknowledged"},
            {"op": "replace", "path": "/priority", "value": 1},
            {"op": "copy", "from": "/description", "path": "/name"},
            {"op": "remove", "path": "/characteristic/0"},
            note("first"),
        ],
    )
    assert changed.status_code == 200
    kept = changed.json()
    assert (kept["priority"], kept["name"]) == (1, kept["description"])
    assert [one["name"] for one in kept["characteristic"]] == ["ring"]
    assert kept["note"] == [{"@type": "Note", "author": "desk", "text": "first"}]
    assert client.get(path_of(problem)).json() == kept


@pytest.mark.parametrize("media_type", [JSON_PATCH, JSON_PATCH_QUERY])
def test_one_operation_may_come_without_its_list(
    client: ContractClient, problem: dict[str, Any], media_type: str
) -> None:
    changed = patch(client, problem, {"op": "remove", "path": "/name"}, media_type)
    assert changed.status_code == 200
    assert "name" not in changed.json()


def test_a_patch_is_done_whole_or_not_at_all(client: ContractClient, problem: dict[str, Any]) -> None:
    steps = [
        {"op": "replace", "path": "/priority", "value": 1},
        {"op": "test", "path": "/status", "value": "resolved"},
    ]
    refused = patch(client, problem, steps)
    assert (refused.status_code, refused.json()["code"]) == (409, "patchConflict")
    assert violations(refused) == {"[1].value": "/status has another value"}
    assert client.get(path_of(problem)).json() == problem


REFUSED = [
    ([{"op": "remove", "path": "/note/3"}], 409, "[0].path"),
    ([{"op": "remove", "path": "note"}], 400, "[0].path"),
    ([{"op": "add", "path": "/name"}], 400, "[0].value"),
    ([{"op": "grow", "path": "/name"}], 400, "[0].op"),
    ([{"op": "remove"}], 400, "[0].path"),
    ([{"op": "remove", "path": 7}], 400, "[0].path"),
    ([{"op": "replace", "path": "/priority", "value": 11}], 400, "priority"),
    ([{"op": "replace", "path": "/priority", "value": "urgent"}], 400, "priority"),
    ([{"op": "remove", "path": "/category"}], 400, "category"),
    ([{"op": "remove", "path": "/status"}], 400, "status"),
    ([{"op": "replace", "path": "/status", "value": "closed"}], 409, "status"),
    ([{"op": "replace", "path": "/status", "value": "strange"}], 400, "status"),
    ([{"op": "add", "path": "/note/-", "value": "text"}], 400, "note[0]"),
    ([{"op": "replace", "path": "/id", "value": "another"}], 400, "id"),
    ([{"op": "remove", "path": "/href"}], 400, "href"),
    ([{"op": "add", "path": "/firstAlert", "value": {"role": "x", "entity": {"id": "1"}}}], 400, "firstAlert"),
    ([{"op": "remove", "path": "/originatingSystem"}], 400, "originatingSystem"),
    ([{"op": "add", "path": "/trackingRecord", "value": []}], 400, "trackingRecord"),
    ([{"op": "replace", "path": "", "value": []}], 400, ""),
    ("text", 400, ""),
]


@pytest.mark.parametrize(("body", "status", "field"), REFUSED, ids=str)
def test_what_cannot_be_done_is_named(
    client: ContractClient, problem: dict[str, Any], body: Any, status: int, field: str
) -> None:
    refused = patch(client, problem, body)
    assert refused.status_code == status, refused.text
    assert field in violations(refused)
    assert client.get(path_of(problem)).json() == problem


def test_what_the_hub_keeps_itself_may_be_tested_and_is_not_read(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    steps = [
        {"op": "test", "path": "/creationDate", "value": problem["creationDate"]},
        {"op": "replace", "path": "/lastUpdate", "value": "2020-01-01T00:00:00Z"},
        {"op": "remove", "path": "/statusChangeDate"},
    ]
    assert patch(client, problem, steps).json() == problem


def test_a_report_does_not_grow_beyond_the_limit_of_a_body(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    half = [{"op": "add", "path": "/name", "value": "x" * 600_000}]
    assert patch(client, problem, half).status_code == 200
    for more in (
        [{"op": "copy", "from": "/name", "path": "/statusChangeReason"}],
        [{"op": "add", "path": "/statusChangeReason", "value": "x" * 600_000}],
    ):
        refused = patch(client, problem, more)
        assert (refused.status_code, refused.json()["code"]) == (413, "bodyTooLarge")
    refused = client.patch(problem["id"], statusChangeReason="x" * 600_000)
    assert refused.status_code == 413
    assert patch(client, problem, [{"op": "remove", "path": "/name"}]).status_code == 200


def test_no_note_is_lost_when_many_write_at_once(client: ContractClient, problem: dict[str, Any]) -> None:
    url = client.base_url + path_of(problem)
    texts = [f"note {number}" for number in range(100)]

    def append(text: str) -> int:
        headers = {"Content-Type": JSON_PATCH}
        return requests.patch(url, data=json.dumps([note(text)]), headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(append, texts)) == {200}
    kept = client.get(path_of(problem)).json()["note"]
    assert sorted(one["text"] for one in kept) == sorted(texts)


# -- JSON Patch with queries


def test_the_official_example_of_a_path_with_a_query_is_done(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    step = {"op": "replace", "path": "/characteristic/value?characteristic.name=isIsolated", "value": False}
    changed = patch(client, problem, step, JSON_PATCH_QUERY)
    assert changed.status_code == 200
    assert [one["value"] for one in changed.json()["characteristic"]] == [False, 7]


def test_a_query_that_fits_nothing_names_the_path(client: ContractClient, problem: dict[str, Any]) -> None:
    step = {"op": "remove", "path": "/characteristic?name=unknown"}
    refused = patch(client, problem, [step], JSON_PATCH_QUERY)
    assert refused.status_code == 409
    assert violations(refused) == {"[0].path": "fits no place of the report"}
    assert refused.json()["violation"][0]["value"] == step["path"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/note?note.auther=noc", "'auther' is not known; is 'author' meant?"),
        ("/note?auther=noc/text", "'auther' is not known; is 'author' meant?"),
        ("/note/text?note.date.gt=abc", "note.date: 'abc' is not a time with its zone"),
        ("/note?date.gt=abc/text", "date: 'abc' is not a time with its zone"),
        ("/priority?priority=high", "priority: 'high' is not a number"),
        ("/priority?status=Held", "status: 'Held' is none of"),
        ("/priority?originatorParty=supplier", "originatorParty: holds an object"),
        ("/nope?a=1", "'nope' is not known"),
        ("$.nope[?(@.a==1)]", "'nope' is not known"),
        ("$.note[?(@.auther=='noc')].text", "'auther' is not known; is 'author' meant?"),
        ("$['note'][?(@.date>'abc')].text", "'abc' is not a time with its zone"),
    ],
)
def test_a_mistake_in_a_query_is_named_as_in_a_list(
    client: ContractClient, problem: dict[str, Any], path: str, message: str
) -> None:
    refused = patch(client, problem, [{"op": "test", "path": path, "value": 1}], JSON_PATCH_QUERY)
    assert (refused.status_code, list(violations(refused))) == (400, ["[0].path"])
    assert message in violations(refused)["[0].path"]
    assert refused.json()["violation"][0]["value"] == path


def test_a_query_may_ask_for_what_the_report_has_of_its_own(client: ContractClient) -> None:
    own = client.create(report(ring={"side": "north"}, note=[{"text": "a", "mark": 1}])).json()
    for path in ("/ring/side?ring.side=north", "/note?mark=1/text", "$.note[?(@.mark==1)].text"):
        done = patch(client, own, [{"op": "replace", "path": path, "value": "x"}], JSON_PATCH_QUERY)
        assert done.status_code == 200, path
    other = client.create(report(**{"@type": "FibreProblem"})).json()
    step = {"op": "remove", "path": "/priority?colour=red"}
    assert patch(client, other, [step], JSON_PATCH_QUERY).status_code == 409


def test_a_query_at_v4_has_the_names_of_v4(client: ContractClient, problem: dict[str, Any]) -> None:
    path = path_of(problem).replace("/v5/", "/v4/")

    def asked(pointer: str) -> requests.Response:
        step = [{"op": "test", "path": pointer, "value": "supplier"}]
        return client.call("PATCH", path, json=step, headers={"Content-Type": JSON_PATCH_QUERY})

    assert asked("/originatorParty/role?originatorParty.id=org-311").status_code == 200
    assert asked("/originatorParty?id.gt=org/role").status_code == 200
    refused = asked("/originatorParty/role?originatorParty.nme=x")
    assert (refused.status_code, list(violations(refused))) == (400, ["[0].path"])


def test_a_query_in_a_plain_json_patch_is_a_name(client: ContractClient, problem: dict[str, Any]) -> None:
    refused = patch(client, problem, [{"op": "remove", "path": "/characteristic?name=ring"}])
    assert refused.status_code == 409


# -- conditions


def test_a_report_has_one_tag_wherever_it_is_shown(client: ContractClient, problem: dict[str, Any]) -> None:
    made = client.create(report())
    path = path_of(made.json())
    assert client.get(path).headers["ETag"] == made.headers["ETag"]
    assert client.call("HEAD", path).headers["ETag"] == made.headers["ETag"]
    changed = client.patch(made.json()["id"], priority=7)
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert client.get(path).headers["ETag"] == changed.headers["ETag"]
    same = client.patch(made.json()["id"], priority=7)
    assert same.headers["ETag"] == changed.headers["ETag"]


def tagged_paths(client: ContractClient, problem: dict[str, Any]) -> list[str]:
    record = client.get(f"{FACE}/serviceProblemEventRecord", params={"serviceProblem.id": problem["id"]}).json()[0]
    return [
        path_of(problem),
        f"{path_of(problem)}?fields=status",
        f"{FACE}/serviceProblem?category=supplier.originated&limit=2",
        f"{FACE}/serviceProblemEventRecord",
        f"{FACE}/serviceProblemEventRecord/{record['id']}",
        f"{ContractClient.operations}/subscriptions",
        f"{ContractClient.operations}/deliveries?state=dead",
        f"{ContractClient.operations}/sources",
    ]


def test_what_the_caller_has_is_not_sent_again(client: ContractClient, problem: dict[str, Any]) -> None:
    for path in tagged_paths(client, problem):
        tag = client.get(path).headers["ETag"]
        for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            for method in ("GET", "HEAD"):
                again = client.call(method, path, headers={"If-None-Match": named})
                assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), path
                assert "Content-Type" not in again.headers
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_change_of_any_report_changes_the_tags_of_the_lists(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    lists = (f"{FACE}/serviceProblem", f"{FACE}/serviceProblemEventRecord")
    tags = [client.get(path).headers["ETag"] for path in lists]
    steps: tuple[Callable[[], requests.Response], ...] = (
        lambda: client.patch(problem["id"], priority=9),
        lambda: client.create(report()),
        lambda: client.call("DELETE", path_of(problem)),
    )
    for step in steps:
        assert step().status_code < 300
        answers = [client.get(path, headers={"If-None-Match": tag}) for path, tag in zip(lists, tags, strict=True)]
        assert [one.status_code for one in answers] == [200, 200]
        tags = [one.headers["ETag"] for one in answers]


def test_the_health_is_never_the_one_that_the_caller_has(client: ContractClient) -> None:
    answer = client.get(f"{ContractClient.operations}/health", headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_not_there_is_not_unchanged(client: ContractClient) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": "*"}):
        assert client.get(f"{FACE}/serviceProblem/4711", headers=headers).status_code == 404
        assert client.call("DELETE", f"{FACE}/serviceProblem/4711", headers=headers).status_code == 404
        assert client.call("DELETE", f"{FACE}/hub/4711", headers=headers).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_of_another_version_than_the_caller_has_seen_is_refused(
    client: ContractClient, problem: dict[str, Any], method: str
) -> None:
    path = path_of(problem)
    old = client.get(path).headers["ETag"]
    new = client.patch(problem["id"], priority=9).headers["ETag"]
    content = {"json": {"priority": 8}} if method == "PATCH" else {}
    for unmet in (
        {"If-Match": old},
        {"If-Match": f"W/{new}"},
        {"If-Match": "9"},
        {"If-None-Match": new},
        {"If-None-Match": "*"},
    ):
        refused = client.call(method, path, headers=unmet, **content)
        assert (refused.status_code, refused.json()["code"]) == (412, "preconditionFailed")
        assert violations(refused) == {next(iter(unmet)): f"the present version is {new}"}
    assert client.get(path).headers["ETag"] == new
    done = client.call(method, path, headers={"If-Match": f'"other", {new}', "If-None-Match": old}, **content)
    assert done.status_code in (200, 204)


def test_of_many_who_have_seen_one_version_one_changes_it(client: ContractClient, problem: dict[str, Any]) -> None:
    url, tag = client.base_url + path_of(problem), client.get(path_of(problem)).headers["ETag"]

    def change(number: int) -> int:
        headers = {"If-Match": tag}
        return requests.patch(url, json={"name": f"name {number}"}, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(change, range(24)))
    assert statuses == [200] + [412] * 23


def test_a_report_that_is_imported_under_its_old_id_has_another_tag(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    path, tag = path_of(problem), client.get(path_of(problem)).headers["ETag"]
    assert client.call("DELETE", path).status_code == 204
    job = client.post(f"{ContractClient.operations}/importJob", {}).json()
    line = json.dumps({"id": problem["id"], **report(priority=9)})
    headers = {"Content-Type": "application/x-ndjson"}
    job_path = f"{ContractClient.operations}/importJob/{job['id']}"
    assert client.call("PUT", f"{job_path}/content", data=line, headers=headers).status_code == 200
    until(lambda: client.get(job_path).json()["status"] == "Succeeded")
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["priority"]) == (200, 9)


def test_a_registration_has_no_version(client: ContractClient) -> None:
    registered = client.register("http://127.0.0.1:9/none")
    path = f"{FACE}/hub/{registered['id']}"
    for unmet in ({"If-Match": '"1"'}, {"If-None-Match": "*"}):
        assert client.call("DELETE", path, headers=unmet).status_code == 412
    assert client.call("DELETE", path, headers={"If-Match": "*"}).status_code == 204


# -- several at once


def several(client: ContractClient, *reports: Any, path: str = "/-", **headers: str) -> requests.Response:
    body = json.dumps([{"op": "add", "path": path, "value": one} for one in reports])
    headers |= {"Content-Type": JSON_PATCH}
    return client.call("PATCH", f"{FACE}/serviceProblem", data=body, headers=headers)


@pytest.mark.parametrize("path", ["/-", "/", ""])
def test_several_reports_are_created_in_their_order(client: ContractClient, path: str) -> None:
    made = several(client, *(report(name=f"ring {number}", category="several") for number in range(5)), path=path)
    assert made.status_code == 200
    assert [one["name"] for one in made.json()] == [f"ring {number}" for number in range(5)]
    assert [client.get(path_of(one)).json() for one in made.json()] == made.json()


def test_of_several_reports_all_are_created_or_none(client: ContractClient) -> None:
    good = report(category="none of them")
    cases = [
        ([good, good, good, report(status="strange")], 400, "[3].value.status"),
        ([good, report(priority=11)], 400, "[1].value.priority"),
        ([good, good, report(status="closed")], 409, "[2].value.status"),
        ([good, {"@type": "ServiceProblem"}], 400, "[1].value.category"),
    ]
    for reports, status, field in cases:
        refused = several(client, *reports)
        assert (refused.status_code, field in violations(refused)) == (status, True), refused.text
    refused = client.call(
        "PATCH",
        f"{FACE}/serviceProblem",
        data=json.dumps([{"op": "remove", "path": "/0"}]),
        headers={"Content-Type": JSON_PATCH},
    )
    assert violations(refused).keys() == {"[0].op", "[0].path", "[0].value"}
    assert several(client).status_code == 400
    assert client.problems(category="none of them") == []


def test_several_reports_are_created_at_the_v4_face(client: ContractClient) -> None:
    collection = "/tmf-api/serviceProblemManagement/v4/serviceProblem"
    good = report(originatorParty={"id": "org-1", "role": "supplier"})
    for bad, field in (({"priority": 11}, "priority"), ({"originatorParty": {"role": "x"}}, "originatorParty.id")):
        steps = [{"op": "add", "path": "/-", "value": one} for one in (good, good | bad)]
        refused = client.call("PATCH", collection, json=steps, headers={"Content-Type": JSON_PATCH})
        assert (refused.status_code, list(violations(refused))) == (400, [f"[1].value.{field}"])
    steps = [{"op": "add", "path": "/-", "value": good}]
    made = client.call("PATCH", collection, json=steps, headers={"Content-Type": JSON_PATCH}).json()[0]
    read = client.get(f"{collection}/{made['id']}")
    assert read.json() == made
    assert read.headers["ETag"] != client.get(path_of(made)).headers["ETag"]


# -- keys


def keyed(client: ContractClient, key: str, body: Any) -> requests.Response:
    return client.post(f"{FACE}/serviceProblem", body, headers={"Idempotency-Key": key})


def test_a_report_that_is_sent_again_is_the_same_report(client: ContractClient) -> None:
    body = report(category="once")
    first, again = keyed(client, "once-1", body), keyed(client, '"once-1"', body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert client.problems(category="once") == [first.json()]


def test_a_key_that_was_used_otherwise_is_named(client: ContractClient) -> None:
    assert keyed(client, "other-1", report()).status_code == 201
    refused = keyed(client, "other-1", report(priority=9))
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotencyKeyReused")
    assert violations(refused) == {"Idempotency-Key": "other-1 was used for another request to the same operation"}
    refused = several(client, report(), **{"Idempotency-Key": "other-1"})
    assert violations(refused) == {"Idempotency-Key": f"other-1 was used for POST {FACE}/serviceProblem"}


def test_a_request_that_failed_may_be_corrected_under_its_key(client: ContractClient) -> None:
    assert keyed(client, "corrected", report(status="closed")).status_code == 409
    assert keyed(client, "corrected", report()).status_code == 201


def test_a_key_must_be_one(client: ContractClient) -> None:
    refused = keyed(client, "two words", report())
    assert (refused.status_code, list(violations(refused))) == (400, ["Idempotency-Key"])


def test_of_the_same_request_many_times_at_once_one_report_is_made(client: ContractClient) -> None:
    url, body = f"{client.base_url}{FACE}/serviceProblem", report(category="at once")

    def send(_: int) -> str:
        headers = {"Idempotency-Key": "at-once"}
        made: str = requests.post(url, json=body, headers=headers, timeout=60).json()["id"]
        return made

    with ThreadPoolExecutor(16) as threads:
        ids = set(threads.map(send, range(48)))
    assert [one["id"] for one in client.problems(category="at once")] == list(ids)


def test_several_reports_are_created_once(client: ContractClient) -> None:
    bodies = [report(category="several once")] * 3
    first = several(client, *bodies, **{"Idempotency-Key": "several"})
    again = several(client, *bodies, **{"Idempotency-Key": "several"})
    assert again.json() == first.json()
    assert len(client.problems(category="several once")) == 3


def test_a_registration_that_is_sent_again_has_the_same_secret(client: ContractClient, server: Server) -> None:
    body = {"callback": "http://127.0.0.1:9/once"}
    first, again = (client.post(f"{FACE}/hub", body, headers={"Idempotency-Key": "hub"}) for _ in range(2))
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    secret = first.json()["secret"].removeprefix("whsec_").encode()
    written = b"".join(path.read_bytes() for path in server.folder.glob("qos-hub.db*") if path.is_file())
    assert first.json()["id"].encode() in written
    assert secret not in written


def test_what_else_is_created_is_created_once(client: ContractClient, problem: dict[str, Any]) -> None:
    jobs = f"{ContractClient.operations}/exportJob"
    acknowledgement = {"problem": [{"id": problem["id"]}]}
    for path, body in ((f"{FACE}/problemAcknowledgement", acknowledgement), (jobs, {"query": "status=held"})):
        before = len(client.get(path).json())
        first, again = (client.post(path, body, headers={"Idempotency-Key": path}) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201), first.text
        assert again.json() == first.json()
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(client.get(path).json()) == before + 1


def test_a_job_is_removed_in_the_state_that_was_seen(client: ContractClient) -> None:
    made = client.post(f"{ContractClient.operations}/importJob", {}).json()
    path = f"{ContractClient.operations}/importJob/{made['id']}"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.call("DELETE", path, headers={"If-Match": '"other"'}).status_code == 412
    assert client.call("DELETE", path, headers={"If-Match": tag}).status_code == 204
    assert client.get(path).status_code == 404


# -- headers that come in several lines


def test_several_lines_of_tags_are_one_list(client: ContractClient) -> None:
    made = client.create(report())
    path = path_of(made.json())
    tag = made.headers["ETag"]
    for lines in (['"other"', tag], [tag, '"other"']):
        assert raw(client, "GET", path, [("If-None-Match", line) for line in lines]) == 304


def test_two_keys_are_none(client: ContractClient) -> None:
    lines = [("Idempotency-Key", "one"), ("Idempotency-Key", "two"), ("Content-Type", "application/json")]
    assert raw(client, "POST", f"{client.face}/serviceProblem", lines, json.dumps(report()).encode()) == 400


def raw(client: ContractClient, method: str, path: str, lines: list[tuple[str, str]], body: bytes = b"") -> int:
    """The status of the answer to a request with these very lines."""
    connection = http.client.HTTPConnection(urlsplit(client.base_url).netloc, timeout=10)
    connection.putrequest(method, path)
    for name, value in [*lines, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection):
        return connection.getresponse().status
