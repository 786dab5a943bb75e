"""Who may call what: every operation of every contract, by callers of every kind."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from hub.access.scopes import SCHEME
from hub.api.requirements import FOR_PARTIES
from hub.api.schemas import load_contract
from hub.keys import create_key, known_scopes, revoke
from hub.model.times import system_clock
from hub.settings import Settings, load_settings
from hub.shipped import openapi_dir
from tests.acceptance.contract_client import SERVED, ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report, until

FACE = ContractClient.face
OPERATIONS = ContractClient.operations
ALL = frozenset(known_scopes()) - {"*"}
METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    name: str
    method: str
    path: str
    scope: str | None
    for_parties: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"


def operations() -> Iterator[Operation]:
    for file in SERVED:
        contract = load_contract(openapi_dir() / file)
        base = contract["servers"][0]["url"]
        for path, item in contract["paths"].items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    scopes = [scope for one in node["security"] for scope in one.get(SCHEME, ())]
                    yield Operation(
                        node["operationId"],
                        method.upper(),
                        f"{base}{path}",
                        scopes[0] if scopes else None,
                        node.get(FOR_PARTIES, False),
                    )


GUARDED = [operation for operation in operations() if operation.scope is not None]
OPEN = [operation for operation in operations() if operation.scope is None]


class Keys:
    """Makes keys in the database of a running server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def make(self, name: str, *scopes: str, party: str | None = None, **more: Any) -> dict[str, str]:
        key, _ = create_key(self.settings, name=name, scopes=scopes, party=party, **more)
        return {"X-API-Key": key}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("access"), settings={"QOS_HUB_DELIVERY_SCHEDULE": "0s"}) as running:
        yield running


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    """With one key made, so that nobody gets in without one."""
    keys = Keys(load_settings(None, {}, {"store.database": str(server.folder / "qos-hub.db")}))
    keys.make("first", "hub:write")
    path = f"{FACE}/serviceProblem"
    until(lambda: server.client.get(path).status_code == 401, within=5)
    return keys


class Credentials(NamedTuple):
    expired: dict[str, str]
    revoked: dict[str, str]
    everything: dict[str, str]
    every_scope: dict[str, str]
    party: dict[str, str]
    lacking: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def credentials(keys: Keys, server: Server) -> Credentials:
    """Of each kind one; `lacking` has for each scope a key with all the others."""
    key, kept = create_key(keys.settings, name="revoked", scopes=["*"])
    revoke(keys.settings, kept.id)
    made = Credentials(
        expired=keys.make("old", "*", clock=lambda: system_clock() - timedelta(days=2), expires="1d"),
        revoked={"X-API-Key": key},
        everything=keys.make("everything", "*"),
        every_scope=keys.make("every-scope", *ALL),
        party=keys.make("party", "*", party="org-1"),
        lacking={scope: keys.make(f"no-{scope.replace(':', '-')}", *(ALL - {scope})) for scope in ALL},
    )
    until(lambda: call(server, GUARDED[0], made.party).status_code != 401, within=5)
    return made


def call(server: Server, operation: Operation, headers: dict[str, str]) -> Any:
    path = operation.path.replace("{id}", "4711")
    body = "{}" if operation.method in ("POST", "PATCH", "PUT") else None
    sent = {"Content-Type": "application/json", **headers}
    return server.client.call(operation.method, path, headers=sent, data=body)


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_an_operation_is_kept_from_all_but_the_right_callers(
    server: Server, credentials: Credentials, operation: Operation
) -> None:
    for headers, why in (
        ({}, "send a key"),
        ({"X-API-Key": "qos_x_wrong"}, "the key is not known"),
        ({"Authorization": "Bearer wrong"}, "the key is not known"),
        ({"Authorization": "Bearer "}, "send a key"),
        (credentials.expired, "the key has expired"),
        (credentials.revoked, "the key is revoked"),
    ):
        refused = call(server, operation, headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        assert why in refused.json()["message"]
        invalid = ', error="invalid_token"' in refused.headers["WWW-Authenticate"]
        assert invalid == ("send a key" not in why)
    refused = call(server, operation, credentials.lacking[operation.scope or ""])
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficientScope")
    assert f'error="insufficient_scope", scope="{operation.scope}"' in refused.headers["WWW-Authenticate"]
    for headers in (credentials.everything, credentials.every_scope):
        assert call(server, operation, headers).status_code not in (401, 403)
    of_party = call(server, operation, credentials.party)
    assert (of_party.status_code == 403) == (not operation.for_parties)
    if of_party.status_code == 403:
        assert of_party.headers["WWW-Authenticate"] == 'Bearer realm="qos-hub", error="insufficient_scope"'


@pytest.mark.parametrize("operation", OPEN, ids=str)
def test_an_open_operation_needs_no_key(server: Server, credentials: Credentials, operation: Operation) -> None:
    """But for the call of a trouble system, which has a secret of its own, and a link, which has a signature."""
    answer = call(server, operation, {})
    refused = {"wakeSource": 401, "wakeSourceBySecret": 401, "retrieveSharedManagementReport": 404}
    assert answer.status_code == refused.get(operation.name, 200)
    assert [one.name for one in OPEN] == ["getHealth", *refused]


@pytest.mark.parametrize("path", ["/docs", "/openapi/serviceProblem-v5.yaml", "/openapi/events.yaml"])
def test_the_documentation_is_open(server: Server, keys: Keys, path: str) -> None:
    assert server.client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/console/", "/console/listeners", "/console/reports/{id}"])
def test_the_console_asks_for_a_key(server: Server, credentials: Credentials, matrix: "Matrix", path: str) -> None:
    path = path.replace("{id}", matrix.other["id"])
    refused = server.client.get(path)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="qos-hub')
    for headers in (credentials.party, credentials.lacking["operations:read"]):
        assert server.client.get(path, headers=headers).status_code == 403
    key = credentials.everything["X-API-Key"]
    shown = server.client.get(path, auth=("anybody", key))
    assert shown.status_code == 200
    assert shown.headers["Content-Type"].startswith("text/html")
    assert server.client.get(path, auth=("anybody", "wrong")).status_code == 401


def test_a_key_may_stand_before_a_blank_and_not_beside_another(server: Server, credentials: Credentials) -> None:
    key, other = credentials.everything["X-API-Key"], credentials.party["X-API-Key"]
    for lines, status in (
        ([f"X-API-Key: {key} \t"], 200),
        ([f"X-API-Key: {key}", f"X-API-Key: {other}"], 400),
        ([f"X-API-Key: {key}", f"X-API-Key: {key}"], 400),
        ([f"Authorization: Bearer {key}", "Authorization: Bearer x"], 400),
    ):
        answer = exchange(server, f"{FACE}/serviceProblem?limit=1", lines)
        assert answer.startswith(f"HTTP/1.1 {status} "), (lines, answer)
        assert key not in answer


def exchange(server: Server, path: str, headers: list[str]) -> str:
    """The answer to a request with these header lines, as they stand."""
    head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close", *headers]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall("\r\n".join([*head, "", ""]).encode())
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def test_a_credential_never_comes_back(server: Server, credentials: Credentials) -> None:
    for secret in ("qos_me_" + "x" * 40, credentials.expired["X-API-Key"]):
        refused = server.client.get(f"{FACE}/serviceProblem", headers={"X-API-Key": secret})
        assert secret not in refused.text + str(refused.headers)
        assert secret not in server.output()
    assert server.lines("access.refused")[-1]["address"] == "127.0.0.1"


def test_a_new_and_a_revoked_key_are_heeded_within_a_second(server: Server, keys: Keys) -> None:
    key, kept = create_key(keys.settings, name="brief", scopes=["serviceProblem:read"])

    def status() -> int:
        return server.client.get(f"{FACE}/serviceProblem", headers={"X-API-Key": key}).status_code

    until(lambda: status() == 200, within=2)
    revoke(keys.settings, kept.id)
    until(lambda: status() == 401, within=2)


def test_the_history_names_who_made_a_change(server: Server, credentials: Credentials) -> None:
    client = server.client
    made = client.call("POST", f"{FACE}/serviceProblem", json=report(), headers=credentials.everything).json()
    client.call(
        "PATCH", f"{FACE}/serviceProblem/{made['id']}", json={"priority": 7}, headers=credentials.every_scope
    )
    path = f"{FACE}/serviceProblemEventRecord?serviceProblem.id={made['id']}"
    records = client.get(path, headers=credentials.everything).json()
    assert [one["notification"]["actor"] for one in records] == ["everything", "every-scope"]


# -- whose reports


MARK = "seven-swans"
"""A word in everything that is B's."""

A, B = "org-a", "org-b"


def of(party: str, **attributes: Any) -> dict[str, Any]:
    originator = {"role": "supplier", "partyOrPartyRole": {"id": party}}
    return report(originatorParty=originator, **attributes)


class Matrix(NamedTuple):
    """What A calls, and what is there: reports of both, records, subscriptions."""

    a: dict[str, str]
    b: dict[str, str]
    noc: dict[str, str]
    mine: dict[str, Any]
    other: dict[str, Any]
    other_record: str
    other_subscription: str
    other_tasks: dict[str, str]
    other_export: str


TASKS = {
    "problemAcknowledgement": "problem",
    "problemUnacknowledgement": "problem",
    "problemGroup": "childProblem",
    "problemUngroup": "childProblem",
}
"""{kind of task: the attribute that names reports}."""


def task_body(kind: str, parent: str, child: str) -> dict[str, Any]:
    named = {TASKS[kind]: [{"id": child}]}
    return named | ({"parentProblem": {"id": parent}} if "roup" in kind else {})


@pytest.fixture(scope="module")
def matrix(server: Server, keys: Keys) -> Matrix:
    a = keys.make("alice", *(ALL - {"operations:read"}), party=A)
    b = keys.make("bob", *ALL, party=B)
    noc = keys.make("noc", "*")
    client = server.client
    until(lambda: client.get(f"{FACE}/serviceProblem", headers=noc).status_code == 200, within=5)
    mine = client.call("POST", f"{FACE}/serviceProblem", json=of(A, name="own"), headers=a).json()
    marked = of(B, name=MARK, category=MARK, externalIdentifier=[{"id": MARK, "owner": MARK}])
    other = client.call("POST", f"{FACE}/serviceProblem", json=marked, headers=b).json()
    path = f"{FACE}/serviceProblemEventRecord?serviceProblem.id={other['id']}"
    (record,) = client.get(path, headers=noc).json()
    callback = {"callback": f"http://127.0.0.1:9/{MARK}"}
    subscription = client.call("POST", f"{FACE}/hub", json=callback, headers=b).json()
    second = client.call("POST", f"{FACE}/serviceProblem", json=marked, headers=b).json()["id"]
    tasks = {
        kind: client.call("POST", f"{FACE}/{kind}", json=task_body(kind, other["id"], second), headers=b).json()[
            "id"
        ]
        for kind in TASKS
    }
    job = client.call("POST", f"{OPERATIONS}/exportJob", json={"query": f"category={MARK}"}, headers=b).json()
    return Matrix(a, b, noc, mine, other, record["id"], subscription["id"], tasks, job["id"])


Call = tuple[str, str, Any, int]
"""(method, path, body, status) of what A tries at what is B's."""

FACE_V4 = FACE.replace("v5", "v4")


def calls_of_tasks(matrix: Matrix, face: str) -> dict[str, list[Call]]:
    own, other = matrix.mine["id"], matrix.other["id"]
    found: dict[str, list[Call]] = {}
    for kind in TASKS:
        name, path = f"{kind[0].upper()}{kind[1:]}", f"{face}/{kind}"
        tried = [(own, other), (other, own)] if "roup" in kind else [(own, other)]
        found[f"{face} create{name}"] = [("POST", path, task_body(kind, *pair), 400) for pair in tried]
        found[f"{face} retrieve{name}"] = [("GET", f"{path}/{matrix.other_tasks[kind]}", None, 404)]
        if face == FACE:
            queries = ("", f"?id={matrix.other_tasks[kind]}", "?limit=0")
            found[f"{face} list{name}"] = [("GET", f"{path}{query}", None, 200) for query in queries]
    return found


def calls_of_face(matrix: Matrix, face: str) -> dict[str, list[Call]]:
    other, records = f"{face}/serviceProblem/{matrix.other['id']}", f"{face}/serviceProblemEventRecord"
    is_v5 = face == FACE
    queries = (
        "",
        f"?category={MARK}",
        f"?id={matrix.other['id']}",
        f"?name.regex={MARK[:3]}.*",
        "?sort=-name&limit=1",
        "?limit=0",
        "?fields=name",
    )
    party = {"partyOrPartyRole": {"id": A}} if is_v5 else {"id": A}
    strange = of(B) if is_v5 else report(originatorParty={"id": B, "role": "supplier"})
    calls: dict[str, list[Call]] = {
        "listServiceProblem": [("GET", f"{face}/serviceProblem{query}", None, 200) for query in queries],
        "createServiceProblem": [("POST", f"{face}/serviceProblem", strange, 403)],
        "createServiceProblems": [
            ("PATCH", f"{face}/serviceProblem", [{"op": "add", "path": "/-", "value": strange}], 403)
        ],
        "retrieveServiceProblem": [("GET", f"{other}{query}", None, 404) for query in ("", "?fields=name")],
        "patchServiceProblem": [
            ("PATCH", other, {"responsibleParty": {"role": "owner", **party}}, 404),
            ("PATCH", other, {"priority": 1}, 404),
            ("PATCH", other, {"status": "closed"}, 404),
        ],
        "deleteServiceProblem": [("DELETE", other, None, 404)],
        "listServiceProblemEventRecord": [
            ("GET", records, None, 200),
            ("GET", f"{records}?serviceProblem.id={matrix.other['id']}", None, 200),
            ("GET", f"{records}?id={matrix.other_record}", None, 200),
        ],
        "retrieveServiceProblemEventRecord": [("GET", f"{records}/{matrix.other_record}", None, 404)],
        "createHub" if is_v5 else "registerListener": [
            ("POST", f"{face}/hub", {"callback": "http://127.0.0.1:9/a"}, 201)
        ],
        "hubDelete" if is_v5 else "unregisterListener": [
            ("DELETE", f"{face}/hub/{matrix.other_subscription}", None, 404)
        ],
    }
    return {f"{face} {name}": tried for name, tried in calls.items()} | calls_of_tasks(matrix, face)


def calls_by(matrix: Matrix) -> dict[str, list[Call]]:
    """{base path and operation: what A tries at what is B's}."""
    jobs = f"{OPERATIONS}/exportJob"
    other = f"{jobs}/{matrix.other_export}"
    exports: dict[str, list[Call]] = {
        "listExportJob": [("GET", f"{jobs}{query}", None, 200) for query in ("", "?limit=0")],
        "createExportJob": [("POST", jobs, {"contentType": "application/x-ndjson"}, 201)],
        "retrieveExportJob": [("GET", other, None, 404)],
        "retrieveExportJobContent": [("GET", f"{other}/content", None, 404)],
        "deleteExportJob": [("DELETE", other, None, 404)],
    }
    faces = calls_of_face(matrix, FACE) | calls_of_face(matrix, FACE_V4)
    return faces | {f"{OPERATIONS} {name}": tried for name, tried in exports.items()}


def place_of(operation: Operation) -> str:
    base = next(base for base in (FACE, FACE_V4, OPERATIONS) if operation.path.startswith(f"{base}/"))
    return f"{base} {operation.name}"


FOR_PARTY = [operation for operation in GUARDED if operation.for_parties]


@pytest.mark.parametrize("operation", FOR_PARTY, ids=str)
def test_a_party_finds_no_trace_of_another(server: Server, matrix: Matrix, operation: Operation) -> None:
    secrets = (MARK, B, matrix.other["id"], matrix.other_record, matrix.other_subscription, matrix.other_export)
    for method, path, body, status in calls_by(matrix)[place_of(operation)]:
        kind = {"Content-Type": "application/json-patch+json"} if isinstance(body, list) else {}
        answer = server.client.call(method, path, json=body, headers=matrix.a | kind)
        assert answer.status_code == status, answer.text
        seen = answer.text + json.dumps(dict(answer.headers))
        sent = path + json.dumps(body)  # what A itself sent may come back
        assert [secret for secret in secrets if secret in seen and secret not in sent] == [], seen
        if status == 200 and any(word in path for word in ("?category", "?id", "serviceProblem.id", "regex")):
            assert (answer.json(), answer.headers["X-Total-Count"]) == ([], "0")


def test_what_a_party_exports_is_its_own(server: Server, matrix: Matrix) -> None:
    client, path = server.client, f"{OPERATIONS}/exportJob"
    asked = {"contentType": "application/x-ndjson"}
    job = client.call("POST", path, json=asked, headers=matrix.a).json()["id"]
    until(lambda: client.get(f"{path}/{job}", headers=matrix.a).json()["status"] == "Succeeded")
    url = f"{client.base_url}{path}/{job}/content"
    content = client._session.get(url, headers=matrix.a, timeout=10).text
    assert matrix.mine["id"] in content
    assert MARK not in content
    assert matrix.other["id"] not in content


@pytest.mark.parametrize(
    ("method", "collection"),
    [
        ("GET", "serviceProblem"),
        ("PATCH", "serviceProblem"),
        ("DELETE", "serviceProblem"),
        ("GET", "serviceProblemEventRecord"),
        ("DELETE", "hub"),
        ("GET", "problemAcknowledgement"),
        ("GET", "problemGroup"),
    ],
)
def test_what_is_another_s_looks_like_what_is_not_there(
    server: Server, matrix: Matrix, method: str, collection: str
) -> None:
    present = {
        "serviceProblem": matrix.other["id"],
        "serviceProblemEventRecord": matrix.other_record,
        "hub": matrix.other_subscription,
        **matrix.other_tasks,
    }[collection]
    absent = "0199ffff-0000-7000-8000-000000000000"
    body = {"priority": 1} if method == "PATCH" else None
    answers = [
        server.client.call(method, f"{FACE}/{collection}/{one}", json=body, headers=matrix.a)
        for one in (present, absent)
    ]
    assert answers[0].text.replace(present, absent) == answers[1].text
    assert answers[0].status_code == answers[1].status_code == 404


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_does_not_tell_whether_another_s_report_is_there(server: Server, matrix: Matrix, kind: str) -> None:
    present, absent = matrix.other["id"], "0199ffff-0000-7000-8000-000000000000"
    answers = [
        server.client.call(
            "POST", f"{FACE}/{kind}", json=task_body(kind, matrix.mine["id"], one), headers=matrix.a
        )
        for one in (present, absent)
    ]
    assert answers[0].text.replace(present, absent) == answers[1].text


def test_a_party_sees_and_writes_its_own(server: Server, matrix: Matrix) -> None:
    client, path = server.client, f"{FACE}/serviceProblem/{matrix.mine['id']}"
    assert client.get(path, headers=matrix.a).json() == matrix.mine
    listed = client.get(f"{FACE}/serviceProblem", headers=matrix.a)
    assert ([one["id"] for one in listed.json()], listed.headers["X-Total-Count"]) == ([matrix.mine["id"]], "1")
    assert client.call("PATCH", path, json={"priority": 4}, headers=matrix.a).status_code == 200
    records = client.get(f"{FACE}/serviceProblemEventRecord", headers=matrix.a)
    assert {one["serviceProblem"]["id"] for one in records.json()} == {matrix.mine["id"]}
    assert records.headers["X-Total-Count"] == "2"
    assert client.get(f"{FACE}/serviceProblemEventRecord/{records.json()[0]['id']}", headers=matrix.a).ok


def test_an_operator_sees_all(server: Server, matrix: Matrix) -> None:
    ids = {one["id"] for one in server.client.get(f"{FACE}/serviceProblem", headers=matrix.noc).json()}
    assert {matrix.mine["id"], matrix.other["id"]} <= ids


def test_a_party_may_not_lose_sight_of_a_report(server: Server, matrix: Matrix) -> None:
    path = f"{FACE}/serviceProblem/{matrix.mine['id']}"
    gone = {"originatorParty": {"role": "supplier", "partyOrPartyRole": {"id": B}}}
    refused = server.client.call("PATCH", path, json=gone, headers=matrix.a)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    (violation,) = refused.json()["violation"]
    assert (violation["field"], violation["value"]) == ("relatedParty.partyOrPartyRole.id", A)
    kept = gone | {"relatedParty": [{"role": "reporter", "partyOrPartyRole": {"id": A}}]}
    assert server.client.call("PATCH", path, json=kept, headers=matrix.a).status_code == 200
    assert server.client.get(path, headers=matrix.b).status_code == 200


class Linked(NamedTuple):
    """A report of B's that the operator has put under one of A's, and the listener of B."""

    above: str
    below: dict[str, Any]
    listener: Listener


@pytest.fixture
def linked(server: Server, matrix: Matrix) -> Iterator[Linked]:
    client, path = server.client, f"{FACE}/serviceProblem"
    with Listener() as listener:
        query = "event.serviceProblem.name=linked"
        heard = {"callback": listener.url("/b"), "query": query}
        made = client.call("POST", f"{FACE}/hub", json=heard, headers=matrix.b).json()
        above = client.call("POST", path, json=of(A), headers=matrix.a).json()["id"]
        below = client.call("POST", path, json=of(B, name="linked"), headers=matrix.b).json()
        grouping = {"parentProblem": {"id": above}, "childProblem": [{"id": below["id"]}]}
        assert client.call("POST", f"{FACE}/problemGroup", json=grouping, headers=matrix.noc).status_code == 201
        note = {"problem": [{"id": below["id"]}]}
        client.call("POST", f"{FACE}/problemAcknowledgement", json=note, headers=matrix.noc)
        yield Linked(above, below, listener)
        client.call("DELETE", f"{FACE}/hub/{made['id']}", headers=matrix.b)


def parents_of(server: Server, matrix: Matrix, problem_id: str) -> list[str]:
    kept = server.client.get(f"{FACE}/serviceProblem/{problem_id}", headers=matrix.noc).json()
    return [one["id"] for one in kept.get("parentProblem", ())]


def test_a_party_finds_no_trace_of_a_link_to_another_s_report(
    server: Server, matrix: Matrix, linked: Linked
) -> None:
    client, below = server.client, linked.below["id"]
    assert parents_of(server, matrix, below) == [linked.above]
    for face in (FACE, FACE_V4):
        path, records = f"{face}/serviceProblem/{below}", f"{face}/serviceProblemEventRecord"
        record = client.get(f"{records}?serviceProblem.id={below}", headers=matrix.b).json()[-1]["id"]
        answers = [
            client.get(path, headers=matrix.b),
            client.get(f"{path}?fields=parentProblem", headers=matrix.b),
            client.get(f"{face}/serviceProblem?id={below}", headers=matrix.b),
            client.get(f"{records}?serviceProblem.id={below}", headers=matrix.b),
            client.get(f"{records}/{record}", headers=matrix.b),
            client.call("PATCH", path, json={"priority": 5 if face == FACE else 6}, headers=matrix.b),
        ]
        for answer in answers:
            assert answer.status_code == 200
            assert linked.above not in answer.text
            assert '"noc"' not in answer.text
    listed = client.get(f"{FACE}/serviceProblemEventRecord?serviceProblem.id={below}", headers=matrix.b).json()
    assert [one["notification"].get("actor") for one in listed] == ["bob", None, None, "bob", "bob"]
    (entry,) = client.get(f"{FACE}/serviceProblem/{below}", headers=matrix.b).json()["trackingRecord"]
    assert (entry["description"], "user" in entry, "actor" in entry) == ("acknowledge", False, False)
    for one in linked.listener.wait_for(5, "/b"):
        assert linked.above not in one.body.decode()
        assert "parentProblem" not in one.body.decode()
        assert '"noc"' not in one.body.decode()
    assert parents_of(server, matrix, below) == [linked.above]


def test_a_party_neither_cuts_nor_makes_a_link_to_another_s_report(
    server: Server, matrix: Matrix, linked: Linked
) -> None:
    client, path = server.client, f"{FACE}/serviceProblem/{linked.below['id']}"
    own = client.call("POST", f"{FACE}/serviceProblem", json=of(B), headers=matrix.b).json()["id"]

    def patched(body: Any, **headers: str) -> Any:
        answer = client.call("PATCH", path, json=body, headers=matrix.b | headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    for parents in ([{"id": own}], [], None):
        seen = patched({"parentProblem": parents})
        assert [one["id"] for one in seen.get("parentProblem", ())] == [one["id"] for one in parents or ()]
        assert linked.above in parents_of(server, matrix, linked.below["id"])
    patched(
        [{"op": "add", "path": "/parentProblem", "value": []}], **{"Content-Type": "application/json-patch+json"}
    )
    assert parents_of(server, matrix, linked.below["id"]) == [linked.above]
    history = f"{FACE}/serviceProblemEventRecord?serviceProblem.id={linked.above}"
    told = client.get(history, headers=matrix.a).json()
    assert [one["notification"].get("actor") for one in told] == ["alice", None]
    unknown = "0199ffff-0000-7000-8000-000000000000"
    other = client.call("POST", f"{FACE}/serviceProblem", json=of(A), headers=matrix.a).json()["id"]
    said = [patched({"underlyingProblem": [{"id": one}]})["underlyingProblem"] for one in (other, unknown)]
    assert [[each["id"] for each in one] for one in said] == [[other], [unknown]]


def test_a_party_does_not_turn_a_link_to_another_s_report_round(
    server: Server, matrix: Matrix, linked: Linked
) -> None:
    client, path = server.client, f"{FACE}/serviceProblem/{linked.below['id']}"
    before = client.get(path, headers=matrix.noc)
    body = {"underlyingProblem": [{"@type": "ServiceProblemRef", "id": linked.above}]}
    refused = client.call("PATCH", path, json=body, headers=matrix.b)
    (violation,) = refused.json()["violation"]
    assert (refused.status_code, violation["field"]) == (409, "underlyingProblem[0].id")
    assert violation["value"] == linked.above
    assert client.get(path, headers=matrix.noc).content == before.content


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("serviceProblem?parentProblem.id.regex=0.*", 403),
        ("serviceProblem?underlyingProblem.id.gt=0", 403),
        ("serviceProblem?filter=parentProblem[?(@.id<'1')]", 403),
        ("serviceProblemEventRecord?sort=notification.actor", 403),
        ("serviceProblem?filter=parentProblem[*]", 403),
        ("serviceProblem?filter=$[?(@.parentProblem[*])]", 403),
        ("serviceProblem?filter=$[?count(@.parentProblem[*])>0]", 403),
        ("serviceProblem?filter=$[?count(@.parentProblem[*])==0]", 403),
        ("serviceProblem?filter=$[?count(@.underlyingProblem[?(@.id=='zz')])==0]", 403),
        ("serviceProblem?filter=parentProblem[?(!(@.id=='zz'))]", 403),
        ("serviceProblem?filter=parentProblem[?(@.id=='zz' || @.@type=='ServiceProblemRef')]", 403),
        ("serviceProblem?parentProblem.@type=ServiceProblemRef", 403),
        ("serviceProblem?underlyingProblem.name=own", 403),
        ("serviceProblem?filter=parentProblem[?(@.id=='zz')]", 403),
        ("serviceProblem?filter=note[*]", 200),
        ("serviceProblem?filter=$[?count(@.note[*])==0]", 200),
        ("serviceProblem?trackingRecord.actor=noc", 403),
        ("serviceProblem?parentProblem.id=4711", 403),
        ("serviceProblemEventRecord?notification.actor=noc", 403),
        ("serviceProblemEventRecord?notification.changes.parentProblem.to.id.gt=0", 403),
        ("serviceProblemEventRecord?notification.changes.priority.to=5", 200),
        ("serviceProblemEventRecord?filter=$[?length(@.notification.changes)>0]", 403),
        ("serviceProblemEventRecord?filter=$[?length(@.notification.changes.priority)>0]", 200),
    ],
)
def test_a_party_cannot_ask_for_what_it_is_not_shown(
    server: Server, matrix: Matrix, query: str, status: int
) -> None:
    assert server.client.get(f"{FACE}/{query}", headers=matrix.b).status_code == status
    assert server.client.get(f"{FACE}/{query}", headers=matrix.noc).status_code in (200, 400)


@pytest.mark.parametrize(
    "query",
    [
        "event.serviceProblem.parentProblem.id.regex=0.*",
        "event.serviceProblem.parentProblem.@type=ServiceProblemRef",
        "filter=event.serviceProblem.underlyingProblem[*]",
        "filter=$[?length(@.event.serviceProblem)>20]",
        "fieldPath=parentProblem",
        "fieldPath.ne=priority",
    ],
)
def test_a_party_cannot_register_for_what_it_is_not_shown(server: Server, matrix: Matrix, query: str) -> None:
    body = {"callback": "http://127.0.0.1:9/guess", "query": query}
    for face in (FACE, FACE_V4):
        refused = server.client.call("POST", f"{face}/hub", json=body, headers=matrix.b)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert server.client.call("POST", f"{face}/hub", json=body, headers=matrix.noc).status_code == 201


@pytest.mark.parametrize("query", ["parentProblem.id.regex=0.*", "parentProblem.@type=ServiceProblemRef"])
def test_a_party_cannot_export_by_what_it_is_not_shown(server: Server, matrix: Matrix, query: str) -> None:
    job = {"contentType": "application/x-ndjson", "query": query}
    assert server.client.call("POST", f"{OPERATIONS}/exportJob", json=job, headers=matrix.b).status_code == 403


def test_a_listener_of_a_party_is_told_of_a_hidden_link_that_its_report_was_touched_and_no_more(
    server: Server, matrix: Matrix, linked: Linked
) -> None:
    client, below = server.client, linked.below["id"]
    grouping = {"parentProblem": {"id": linked.above}, "childProblem": [{"id": below}]}
    assert client.call("POST", f"{FACE}/problemUngroup", json=grouping, headers=matrix.noc).status_code == 201
    both = {"parentProblem": [{"id": linked.above}], "priority": 9}
    assert client.call("PATCH", f"{FACE}/serviceProblem/{below}", json=both, headers=matrix.noc).ok
    nothing = {"parentProblem": None, "priority": 8}
    assert client.call("PATCH", f"{FACE}/serviceProblem/{below}", json=nothing, headers=matrix.noc).ok
    told = [json.loads(one.body) for one in linked.listener.wait_for(6, "/b")]
    paths = [one.get("fieldPath") for one in told]
    assert paths == [None, "lastUpdate", "trackingRecord", "lastUpdate", "priority", "priority"]
    own = client.call("POST", f"{FACE}/serviceProblem", json=of(B), headers=matrix.b).json()["id"]
    seen = {"parentProblem": [{"id": own}]}
    assert client.call("PATCH", f"{FACE}/serviceProblem/{below}", json=seen, headers=matrix.noc).ok
    assert json.loads(linked.listener.wait_for(7, "/b")[-1].body)["fieldPath"] == "parentProblem"


def test_every_operation_for_parties_is_tried(matrix: Matrix) -> None:
    """An operation that is opened to parties gets its lines in the matrix."""
    assert {place_of(operation) for operation in FOR_PARTY} == set(calls_by(matrix))


def test_what_is_refused_is_named_in_the_words_of_the_face(server: Server, matrix: Matrix) -> None:
    body = report(originatorParty={"id": B, "role": "supplier"})
    refused = server.client.call("POST", f"{FACE_V4}/serviceProblem", json=body, headers=matrix.a)
    assert (refused.status_code, refused.json()["violation"][0]["field"]) == (403, "relatedParty.id")
    assert "partyOrPartyRole" not in refused.text
    refused = server.client.call("POST", f"{FACE}/serviceProblem", json=of(B), headers=matrix.a)
    assert "relatedParty.partyOrPartyRole.id or " in refused.json()["message"]
