"""The API of a running server: every operation, and every way to be told no."""

import gzip
import hashlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient, path_of, violations
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, answer, hang
from tests.rooms import report, until

FACE = ContractClient.face
OPERATIONS = ContractClient.operations
LIMIT = 1_048_576


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of this file; each works on reports of its own."""
    with Server(tmp_path_factory.mktemp("api"), settings={"QOS_HUB_DELIVERY_SCHEDULE": "0s"}) as running:
        yield running


@pytest.fixture
def problem(client: ContractClient) -> dict[str, Any]:
    made: dict[str, Any] = client.create(report(name="ring")).json()
    return made


# -- reports


def test_a_report_is_created_and_found_at_its_location(client: ContractClient) -> None:
    made = client.create(report(name="ring"))
    assert made.status_code == 201
    location = made.headers["Location"]
    assert location == made.json()["href"] == f"{client.base_url}{FACE}/serviceProblem/{made.json()['id']}"
    assert client.get(location.removeprefix(client.base_url)).json() == made.json()


def test_all_that_the_contract_shows_is_kept(client: ContractClient) -> None:
    full = json.loads((openapi_dir() / "examples" / "serviceProblem.create.request.json").read_text("utf-8"))
    made = client.create(full)
    assert made.status_code == 201
    kept = made.json()
    assert {name: kept[name] for name in full if name not in ("creationDate", "lastUpdate")} == full


def test_a_part_without_a_type_is_given_one(client: ContractClient) -> None:
    party = {"role": "supplier", "partyOrPartyRole": {"id": "org-1", "name": "Elbe"}}
    made = client.create(report(originatorParty=party, affectedService=[{"id": "svc-1"}]))
    assert made.status_code == 201
    assert made.json()["originatorParty"]["@type"] == "RelatedPartyRefOrPartyRoleRef"
    assert made.json()["affectedService"][0]["@type"] == "ServiceRef"


def test_fields_choose_what_is_given(client: ContractClient, problem: dict[str, Any]) -> None:
    given = client.get(path_of(problem), params={"fields": "priority"}).json()
    assert given == {name: problem[name] for name in ("id", "href", "@type", "priority")}
    nothing = client.get(path_of(problem), params={"fields": "none"}).json()
    assert nothing.keys() == {"id", "href", "@type"}


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json"])
def test_a_patch_is_merged(client: ContractClient, problem: dict[str, Any], media_type: str) -> None:
    patch = json.dumps({"priority": 7, "name": None})
    changed = client.call("PATCH", path_of(problem), data=patch, headers={"Content-Type": media_type})
    assert changed.status_code == 200
    assert changed.json()["priority"] == 7
    assert "name" not in changed.json()
    assert client.get(path_of(problem)).json() == changed.json()


def test_a_deleted_report_is_gone_and_its_history_stays(client: ContractClient, problem: dict[str, Any]) -> None:
    assert client.call("DELETE", path_of(problem)).status_code == 204
    assert client.get(path_of(problem)).status_code == 404
    assert client.call("DELETE", path_of(problem)).status_code == 404
    query = {"serviceProblem.id": problem["id"], "fields": "eventType"}
    history = client.get(f"{FACE}/serviceProblemEventRecord", params=query).json()
    assert [one["eventType"] for one in history] == ["ServiceProblemCreateEvent", "ServiceProblemDeleteEvent"]


def test_a_list_comes_in_pages_that_lead_to_each_other(client: ContractClient) -> None:
    made = [client.create(report(category="paged")).json()["id"] for _ in range(5)]
    found: list[str] = []
    path: str | None = f"{FACE}/serviceProblem?category=paged&limit=2&fields=none"
    while path is not None:
        page = client.get(path)
        assert page.headers["X-Total-Count"] == "5"
        assert page.headers["X-Result-Count"] == str(len(page.json()))
        found += [one["id"] for one in page.json()]
        following = page.links.get("next")
        path = following["url"].removeprefix(client.base_url) if following else None
    assert found == made


def test_several_filters_must_all_hold(client: ContractClient) -> None:
    wanted = client.create(report(category="filtered", priority=3)).json()
    client.create(report(category="filtered", priority=4))
    assert client.problems(category="filtered", priority=3) == [wanted]
    assert client.problems(category="filtered", priority=9) == []


def test_a_page_has_no_more_than_the_server_gives(client: ContractClient) -> None:
    client.create(report())
    assert client.get(f"{FACE}/serviceProblem", params={"limit": 0}).json() == []
    assert len(client.problems(limit=100_000)) >= 1


def test_the_history_tells_what_changed(client: ContractClient, problem: dict[str, Any]) -> None:
    client.patch(problem["id"], status="inProgress", statusChangeReason="on the way", priority=1)
    query = {"serviceProblem.id": problem["id"]}
    created, moved, changed = client.get(f"{FACE}/serviceProblemEventRecord", params=query).json()
    assert (moved["notification"]["fromStatus"], moved["notification"]["toStatus"]) == (
        "acknowledged",
        "inProgress",
    )
    assert changed["notification"]["changes"] == {"priority": {"from": 2, "to": 1}}
    assert [one["notification"]["sequence"] for one in (created, moved, changed)] == [1, 2, 3]
    assert client.get(f"{FACE}/serviceProblemEventRecord/{moved['id']}").json() == moved


def test_an_illegal_step_names_both_states_and_the_legal_ones(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    refused = client.patch(problem["id"], status="closed")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegalTransition")
    assert violations(refused) == {
        "status": "a report that is acknowledged cannot be closed, only inProgress or rejected or cancelled"
    }


# -- what is wrong with a body


def test_a_body_that_is_not_json_is_quoted(client: ContractClient) -> None:
    for broken in (b'{"priority": ', b"", b"\xff\xfe", b"{'a': 1}"):
        refused = client.call(
            "POST", f"{FACE}/serviceProblem", data=broken, headers={"Content-Type": "application/json"}
        )
        assert (refused.status_code, list(violations(refused))) == (400, ["body"])


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json; charset=latin-1"])
def test_another_media_type_is_named(client: ContractClient, media_type: str) -> None:
    body = json.dumps(report())
    refused = client.call("POST", f"{FACE}/serviceProblem", data=body, headers={"Content-Type": media_type})
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupportedMediaType")
    assert media_type in violations(refused)["Content-Type"]


def test_everything_that_is_wrong_is_told_at_once(client: ContractClient) -> None:
    wrong = report(priority=11, status="submitted", firstAlert=7, affectedService=[{"name": "no id"}])
    del wrong["category"]
    refused = client.create(wrong)
    assert refused.status_code == 400
    assert violations(refused).keys() >= {"category", "priority", "status", "affectedService[0].id"}
    shown = {one["field"]: one["value"] for one in refused.json()["violation"]}
    assert (shown["priority"], shown["status"]) == (11, "submitted")
    assert "acknowledged, rejected" in violations(refused)["status"]


@pytest.mark.parametrize("date", ["2026-03-01T12:00:00", "yesterday", "2026-03-01", "2026-02-30T00:00:00Z"])
def test_a_date_that_names_no_instant_is_refused(client: ContractClient, date: str) -> None:
    refused = client.create(report(creationDate=date))
    assert refused.status_code == 400
    assert "a time with its zone" in violations(refused)["creationDate"]


@pytest.mark.parametrize("body", [[], "text", None, 7, [report()]])
def test_a_body_must_be_one_object(client: ContractClient, body: object) -> None:
    refused = (
        client.create(body)
        if body is not None
        else client.call(
            "POST", f"{FACE}/serviceProblem", data="null", headers={"Content-Type": "application/json"}
        )
    )
    assert refused.status_code == 400


def test_a_status_cannot_be_taken_away(client: ContractClient, problem: dict[str, Any]) -> None:
    refused = client.patch(problem["id"], status=None)
    assert (refused.status_code, list(violations(refused))) == (400, ["status"])


def test_a_patch_may_not_leave_a_report_without_what_it_must_have(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    refused = client.patch(problem["id"], category=None, originatorParty=None)
    assert refused.status_code == 400
    assert violations(refused).keys() == {"category", "originatorParty"}
    assert client.get(path_of(problem)).json() == problem


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(client: ContractClient) -> None:
    count = client.get(f"{FACE}/serviceProblem", params={"limit": 0}).headers["X-Total-Count"]
    refused = client.create(report(description="x" * 10_000_000))
    assert (refused.status_code, refused.json()["code"]) == (413, "bodyTooLarge")
    assert "10000" in refused.json()["message"]
    assert client.get(f"{FACE}/serviceProblem", params={"limit": 0}).headers["X-Total-Count"] == count


def test_a_body_without_a_length_is_refused_where_the_limit_is(client: ContractClient) -> None:
    refused = client.call(
        "POST",
        f"{FACE}/serviceProblem",
        data=(b"x" * 65536 for _ in range(LIMIT // 65536 + 2)),
        headers={"Content-Type": "application/json"},
    )
    assert refused.status_code == 413


def test_a_body_just_within_the_limit_is_read(client: ContractClient) -> None:
    made = client.create(report(description="x" * (LIMIT - 1000)))
    assert made.status_code == 201
    client.call("DELETE", path_of(made.json()))


# -- what is wrong with a call


UNKNOWN = [
    ("GET", f"{FACE}/serviceProblem/4711"),
    ("PATCH", f"{FACE}/serviceProblem/4711"),
    ("DELETE", f"{FACE}/serviceProblem/4711"),
    ("GET", f"{FACE}/serviceProblemEventRecord/4711"),
    ("DELETE", f"{FACE}/hub/4711"),
    ("GET", f"{OPERATIONS}/deliveries/4711"),
    ("GET", f"{OPERATIONS}/deliveries/four"),
    ("GET", f"{OPERATIONS}/deliveries/99999999999999999999"),
    ("POST", f"{OPERATIONS}/deliveries/4711/resend"),
    ("GET", f"{OPERATIONS}/writeBacks/4711"),
    ("POST", f"{OPERATIONS}/writeBacks/4711/resend"),
    ("GET", f"{FACE}/serviceProblem/%00%2541%C3%28"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_what_is_not_there_is_named(client: ContractClient, method: str, path: str) -> None:
    missing = client.call(method, path, json={} if method == "PATCH" else None)
    assert (missing.status_code, missing.json()["code"]) == (404, "notFound")
    if "%" not in path:
        assert path.split("/")[-1].removesuffix("resend") in missing.json()["message"]


@pytest.mark.parametrize(
    "path", ["/nothing", FACE, f"{FACE}/serviceProblem/a/b", "/openapi/none.yaml", "/qos-hub"]
)
def test_a_path_that_nobody_serves_is_a_tmf_error(client: ContractClient, path: str) -> None:
    missing = client.get(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "notFound")


WRONG_METHODS = [
    ("PUT", f"{FACE}/serviceProblem", "GET, HEAD, PATCH, POST"),
    ("POST", f"{FACE}/serviceProblem/4711", "DELETE, GET, HEAD, PATCH"),
    ("GET", f"{FACE}/hub", "POST"),
    ("DELETE", f"{OPERATIONS}/health", "GET, HEAD"),
    ("OPTIONS", f"{OPERATIONS}/sources", "GET, HEAD"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), WRONG_METHODS)
def test_a_method_that_a_path_lacks_is_answered_with_those_it_has(
    client: ContractClient, method: str, path: str, allowed: str
) -> None:
    refused = client.call(method, path)
    assert (refused.status_code, refused.json()["code"]) == (405, "methodNotAllowed")
    assert refused.headers["Allow"] == allowed


BAD_QUERIES = [
    ("serviceProblem", {"limit": "-1"}, "limit"),
    ("serviceProblem", {"limit": "many"}, "limit"),
    ("serviceProblem", {"offset": "-1"}, "offset"),
    ("serviceProblem", {"offset": "9" * 30}, "offset"),
    ("serviceProblem", {"colour": "red"}, "colour"),
    ("serviceProblem", {"fields": "colour"}, "fields"),
    ("serviceProblemEventRecord", {"limit": "-1"}, "limit"),
    ("serviceProblemEventRecord", {"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("resource", "query", "field"), BAD_QUERIES)
def test_a_bad_query_names_its_parameter(
    client: ContractClient, resource: str, query: dict[str, str], field: str
) -> None:
    refused = client.get(f"{FACE}/{resource}", params=query)
    assert (refused.status_code, list(violations(refused))) == (400, [field])


def test_what_is_asked_of_lists_is_refused_of_a_single_resource(client: ContractClient) -> None:
    made = client.post(f"{FACE}/serviceProblem", report(name="single")).json()
    record = client.get(f"{FACE}/serviceProblemEventRecord?serviceProblem.id={made['id']}").json()[0]
    for path in (f"{FACE}/serviceProblem/{made['id']}", f"{FACE}/serviceProblemEventRecord/{record['id']}"):
        assert client.get(f"{path}?fields=id").status_code == 200
        refused = client.get(f"{path}?fields=id&id=zz&sort=id&limit=1")
        assert (refused.status_code, list(violations(refused))) == (400, ["id", "sort", "limit"])


def test_a_page_beyond_all_numbers_is_said_to_be_that(client: ContractClient) -> None:
    refused = client.get(f"{FACE}/serviceProblem", params={"limit": "9" * 20})
    assert violations(refused) == {"limit": f"'{'9' * 20}' is more than {2**63 - 1}"}


def test_a_compressed_body_is_refused_as_what_it_is(client: ContractClient) -> None:
    body = gzip.compress(json.dumps(report()).encode())
    sent = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    refused = client.call("POST", f"{FACE}/serviceProblem", data=body, headers=sent)
    assert (refused.status_code, refused.json()["violation"][0]["field"]) == (415, "Content-Encoding")


def test_a_bad_query_of_deliveries_is_told_whole(client: ContractClient) -> None:
    refused = client.get(f"{OPERATIONS}/deliveries", params={"state": "lost", "limit": "-1", "colour": "red"})
    assert refused.status_code == 400
    assert violations(refused).keys() == {"state", "limit", "colour"}


@pytest.mark.parametrize("path", [f"{FACE}/serviceProblem", f"{OPERATIONS}/health", "/docs"])
def test_head_is_get_without_a_body(client: ContractClient, path: str) -> None:
    got, asked = client.get(path), client.call("HEAD", path)
    assert asked.status_code == got.status_code == 200
    assert asked.content == b""
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]


def test_a_request_that_is_not_http_harms_nobody(server: Server, client: ContractClient) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"\x16\x03\x01\x00\xff nonsense\r\n\r\n")
        assert b"400" in line.recv(100)
    assert client.get(f"{OPERATIONS}/health").json()["live"] is True


# -- the hub


def test_a_listener_registers_once_and_leaves_once(client: ContractClient, listener: Listener) -> None:
    callback = listener.url("/once")
    made = client.post(f"{FACE}/hub", {"callback": callback})
    assert made.status_code == 201
    registered = made.json()
    assert made.headers["Location"] == registered["href"] == f"{client.base_url}{FACE}/hub/{registered['id']}"
    assert registered["secret"].startswith("whsec_")
    again = client.post(f"{FACE}/hub", {"callback": callback})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert registered["id"] in again.json()["message"]
    path = f"{FACE}/hub/{registered['id']}"
    assert client.call("DELETE", path).status_code == 204
    assert client.call("DELETE", path).status_code == 404
    assert client.post(f"{FACE}/hub", {"callback": callback}).status_code == 201


def test_the_same_query_in_other_words_is_the_same_registration(
    client: ContractClient, listener: Listener
) -> None:
    callback = listener.url("/words")
    first = "eventType=ServiceProblemCreateEvent,ServiceProblemStateChangeEvent&event.serviceProblem.priority=1"
    second = "event.serviceProblem.priority=1&eventType=ServiceProblemStateChangeEvent,ServiceProblemCreateEvent"
    client.register(callback, first)
    assert client.post(f"{FACE}/hub", {"callback": callback, "query": second}).status_code == 409
    client.register(callback, "event.serviceProblem.priority=2")
    client.register(callback)


BAD_REGISTRATIONS = [
    ({"callback": "http://10.1.2.3/in"}, {"callback"}),
    ({"callback": "ftp://127.0.0.1/in"}, {"callback"}),
    ({"callback": "not a url"}, {"callback"}),
    ({"callback": "http://user:pass@127.0.0.1/in"}, {"callback"}),
    ({"callback": "http://127.0.0.1/in", "query": "eventType=Nothing"}, {"query"}),
    ({"callback": "http://127.0.0.1/in", "query": "event.colour=red"}, {"query"}),
    (
        {"callback": "http://10.1.2.3/in", "query": "((", "secret": "whsec_" + "A" * 34},
        {"callback", "query", "secret"},
    ),
    ({"callback": "http://127.0.0.1/in", "secret": "open sesame"}, {"secret"}),
    ({"query": "eventType=ServiceProblemCreateEvent"}, {"callback"}),
]


@pytest.mark.parametrize(("body", "fields"), BAD_REGISTRATIONS, ids=lambda value: str(sorted(value))[:60])
def test_a_bad_registration_says_what_is_wrong(
    client: ContractClient, body: dict[str, str], fields: set[str]
) -> None:
    refused = client.post(f"{FACE}/hub", body)
    assert refused.status_code == 400
    assert violations(refused).keys() == fields
    assert "open sesame" not in refused.text


# -- the operator's view


def test_the_operator_sees_a_delivery_its_attempts_and_sends_it_again(
    client: ContractClient, listener: Listener
) -> None:
    listener.on("/view", answer(500, body=b"no"), answer(500), answer(204))
    registered = client.register(listener.url("/view"), "event.serviceProblem.category=viewed")
    problem = client.create(report(category="viewed")).json()
    mine = {"subscription": registered["id"]}
    until(lambda: [one["state"] for one in client.deliveries(**mine)] == ["dead"])
    (delivery,) = client.deliveries(**mine, state="dead", serviceProblem=problem["id"])
    path = f"{OPERATIONS}/deliveries/{delivery['id']}"
    whole = client.get(path).json()
    assert [(one["number"], one["status"], one["outcome"]) for one in whole["attempt"]] == [
        (1, 500, "serverError"),
        (2, 500, "serverError"),
    ]
    assert whole["attempt"][0]["body"] == "no"
    sent = client.call("POST", f"{path}/resend")
    assert (sent.status_code, sent.json()["state"]) == (202, "due")
    until(lambda: client.get(path).json()["state"] == "delivered")
    assert len(client.get(path).json()["attempt"]) == 3
    (view,) = [one for one in client.get(f"{OPERATIONS}/subscriptions").json() if one["id"] == registered["id"]]
    assert view["count"] == {"due": 0, "inFlight": 0, "delivered": 1, "dead": 0, "parked": 0}
    assert "secret" not in view


def test_what_a_listener_that_left_was_not_told_is_still_to_be_seen(
    client: ContractClient, listener: Listener
) -> None:
    listener.on("/left", hang)
    registered = client.register(listener.url("/left"), "event.serviceProblem.category=left")
    client.create(report(category="left"))
    listener.wait_for(1, "/left")
    client.call("DELETE", f"{FACE}/hub/{registered['id']}")
    (delivery,) = client.deliveries(subscription=registered["id"])
    assert (delivery["state"], delivery["lastOutcome"]) == ("dead", "unregistered")


def test_deliveries_come_in_pages(client: ContractClient, listener: Listener) -> None:
    registered = client.register(listener.url("/pages"), "event.serviceProblem.category=paged-deliveries")
    for _ in range(3):
        client.create(report(category="paged-deliveries"))
    mine = {"subscription": registered["id"]}
    until(lambda: len(client.deliveries(**mine)) == 3)
    page = client.get(f"{OPERATIONS}/deliveries", params={**mine, "limit": 2})
    assert (page.headers["X-Total-Count"], page.headers["X-Result-Count"]) == ("3", "2")
    assert "next" in page.links


def test_a_healthy_hub_says_so(client: ContractClient) -> None:
    health = client.get(f"{OPERATIONS}/health")
    assert health.status_code == 200
    assert (health.json()["live"], health.json()["ready"], health.json()["reason"]) == (True, True, [])


def test_a_hub_without_sources_has_an_empty_list(client: ContractClient) -> None:
    sources = client.get(f"{OPERATIONS}/sources")
    assert (sources.json(), sources.headers["X-Total-Count"]) == ([], "0")


def test_of_a_report_that_came_from_no_source_nothing_is_written_back(client: ContractClient) -> None:
    made = client.create(report()).json()
    client.patch(made["id"], status="inProgress")
    listed = client.get(f"{OPERATIONS}/writeBacks", params={"serviceProblem": made["id"]})
    assert (listed.json(), listed.headers["X-Total-Count"]) == ([], "0")


# -- the pages


def test_the_documentation_needs_nothing_from_elsewhere(client: ContractClient) -> None:
    page = client.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    addresses = [part.split('"')[0] for part in page.text.split('"')[1:] if part.startswith(("/", "http"))]
    assert addresses
    assert [one for one in addresses if one.startswith("http")] == []
    for address in {one for one in addresses if one.startswith(("/docs", "/openapi"))}:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("name", [path.name for path in openapi_dir().glob("*.yaml")])
def test_the_contracts_are_served_as_they_are(client: ContractClient, name: str) -> None:
    served = client.get(f"/openapi/{name}")
    assert served.content == (openapi_dir() / name).read_bytes()


def test_no_file_beside_the_contracts_can_be_read(server: Server) -> None:
    for path in (
        "/openapi/../config/qos-hub.toml",
        "/openapi/%2e%2e/pyproject.toml",
        "/docs/assets/../../../etc/passwd",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            assert line.makefile("rb").readline().split()[1] == b"404", path


def test_the_console_answers(client: ContractClient) -> None:
    page = client.get("/console/")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


# -- keys


KEY = "correct horse battery staple"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    key = f"noc:{hashlib.sha256(KEY.encode()).hexdigest()}"
    settings = {"QOS_HUB_SECURITY_API_KEYS": key}
    with Server(tmp_path_factory.mktemp("keys"), settings=settings) as running:
        yield running


def test_without_a_key_nobody_gets_in(guarded: Server) -> None:
    for headers in (
        {},
        {"X-API-Key": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
    ):
        refused = guarded.client.get(f"{FACE}/serviceProblem", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="qos-hub"')
    assert guarded.client.get("/nothing").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}], ids=["key", "bearer"]
)
def test_a_key_opens_the_door(guarded: Server, headers: dict[str, str]) -> None:
    made = guarded.client.post(f"{FACE}/serviceProblem", report(), headers=headers)
    assert made.status_code == 201


# -- what a stranger tries


def nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [62, 300, 2000])
def test_a_body_that_is_too_deep_is_refused_at_the_door(client: ContractClient, levels: int) -> None:
    body = json.dumps(report()).removesuffix("}") + f', "x": {"[" * levels}{"]" * levels}}}'
    answer = client.call("POST", f"{FACE}/serviceProblem", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == (201 if levels < 64 else 400)


def test_the_deepest_value_that_is_taken_passes_every_later_step(client: ContractClient) -> None:
    made = client.create(report(characteristic=[{"name": "x", "value": nested(58)}])).json()
    assert client.patch(made["id"], characteristic=None).status_code == 200
    records = client.get(f"{FACE}/serviceProblemEventRecord", params={"serviceProblem.id": made["id"]}).json()
    assert [record["eventType"][14:] for record in records] == ["CreateEvent", "AttributeValueChangeEvent"]


def test_a_body_without_a_media_type_is_refused(client: ContractClient) -> None:
    answer = client.call("POST", f"{FACE}/serviceProblem", data=json.dumps(report()).encode())
    assert answer.status_code == 415
    assert "is missing" in violations(answer)["Content-Type"]


@pytest.mark.parametrize("parameters", ["charset=utf-8", "profile=x; charset=UTF-8;foo=bar", 'charset="utf-8"'])
def test_parameters_of_the_media_type_are_read(client: ContractClient, parameters: str) -> None:
    headers = {"Content-Type": f"application/json;{parameters}"}
    answer = client.call("POST", f"{FACE}/serviceProblem", data=json.dumps(report()).encode(), headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://shop.example.com"}, {"Origin": "null"}]
)
def test_a_page_of_another_site_is_kept_out(client: ContractClient, headers: dict[str, str]) -> None:
    answer = client.call("GET", f"{OPERATIONS}/subscriptions", headers=headers)
    assert answer.status_code == 403
    assert list(violations(answer)) == list(headers)


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost:8080"}, {"Host": "[::1]:80", "Origin": "http://127.0.0.2"}]
)
def test_a_caller_on_this_machine_is_let_in(client: ContractClient, headers: dict[str, str]) -> None:
    assert client.call("GET", f"{OPERATIONS}/subscriptions", headers=headers).status_code == 200


def test_bytes_that_are_no_request_get_a_tmf_error(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"no request at all\r\n\r\n")
        head, _, body = line.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    error = json.loads(body)
    assert (error["@type"], error["status"], error["violation"][0]["field"]) == ("Error", "400", "request")


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("serviceProblem", "status", "bogus"),
        ("serviceProblem", "priority", "high"),
        ("serviceProblem", "creationDate", "2026-01-01T00:00:00"),
        ("serviceProblem", "lastUpdate", "yesterday"),
        ("serviceProblemEventRecord", "eventType", "Bogus"),
        ("serviceProblemEventRecord", "serviceProblem.name", "x"),
        ("serviceProblemEventRecord", "notification.irregular", "x"),
    ],
)
def test_a_filter_that_can_never_hold_is_named(
    client: ContractClient, path: str, parameter: str, value: str
) -> None:
    answer = client.call("GET", f"{FACE}/{path}", params={parameter: value})
    assert answer.status_code == 400
    assert parameter in violations(answer)


def test_a_report_is_found_by_its_href(client: ContractClient, problem: dict[str, Any]) -> None:
    assert [one["id"] for one in client.problems(href=problem["href"])] == [problem["id"]]
    assert client.problems(href=f"https://other.example.com/serviceProblem/{problem['id']}") == []
    assert client.problems(href=problem["id"]) == []
    assert client.problems(filter=f"$[?@.href=='{problem['href']}']") == client.problems(href=problem["href"])
    (record,) = client.get(f"{FACE}/serviceProblemEventRecord", params={"serviceProblem.id": problem["id"]}).json()
    found = client.get(f"{FACE}/serviceProblemEventRecord", params={"href": record["href"]}).json()
    assert found == [record]


def test_true_and_one_are_different_values(client: ContractClient) -> None:
    made = client.create(report(characteristic=[{"name": "x", "value": True}])).json()
    changed = client.patch(made["id"], characteristic=[{"name": "x", "value": 1}]).json()
    assert changed["characteristic"][0]["value"] is not True


def test_the_examples_that_the_contract_names_are_served(client: ContractClient) -> None:
    folder = openapi_dir() / "examples"
    for example in folder.glob("*.json"):
        answer = requests.get(f"{client.base_url}/openapi/examples/{example.name}", timeout=10)
        assert answer.json() == json.loads(example.read_text())


def test_a_delivery_whose_listener_has_left_is_not_sent_again(client: ContractClient) -> None:
    registered = client.register("http://127.0.0.1:9/left", "eventType=ServiceProblemDeleteEvent")
    made = client.create(report()).json()
    client.call("DELETE", f"{FACE}/serviceProblem/{made['id']}")
    until(lambda: client.deliveries(subscription=registered["id"]))
    client.call("DELETE", f"{FACE}/hub/{registered['id']}")
    (delivery,) = client.deliveries(subscription=registered["id"])
    answer = client.call("POST", f"{OPERATIONS}/deliveries/{delivery['id']}/resend")
    assert answer.status_code == 409
    assert "has lost its listener" in violations(answer)["id"]


def test_a_text_with_the_character_zero_is_refused(client: ContractClient) -> None:
    answer = client.create(report(name="a", note=[{"text": "cut\0here", "author": "noc"}]))
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["violation"]] == ["note.0.text"]
    assert client.create(report(name="spelt \\u0000")).status_code == 201
