"""What a listener sees of the credentials of its registration, and of their exchange."""

import base64
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import trustme
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.errors import Conflict, InvalidInput, NotFound
from hub.model.credentials import Credentials, SignatureKind, SigningKey, TlsIdentity
from hub.subscriptions.credentials_view import public_key_of
from hub.subscriptions.kept_credentials import open_credentials, seal_credentials
from hub.subscriptions.rotation import MOST_OLD, Rotations, read_rotation
from hub.subscriptions.secrets import SecretBox
from hub.subscriptions.tls_material import end_of
from tests.fakes.certificates import DAY, Issued, issued
from tests.fakes.listener import Line, Listener, Received, answer
from tests.rooms import Desk, Exchange, TurningClock, open_store, until

SECRET = "whsec_cW9zLWh1Yi1leGFtcGxlLWtleS1ub3Qtc2VjcmV0"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _present() -> None:
    """Receivers take signatures of the last minutes alone, and a whole run takes longer than that."""
    global NOW
    NOW = datetime.now(UTC)


@pytest.fixture(params=["direct", "pycurl", "requests"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path, listener: Listener) -> Iterator[Exchange]:
    exchange = Exchange(open_store(tmp_path), tmp_path, transport=request.param)
    yield exchange
    exchange.close()


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    return Desk(exchange.store, TurningClock(NOW))


def credentials_of(exchange: Exchange) -> Credentials:
    [registered] = exchange.store.read.subscriptions.all()
    return open_credentials(exchange.secrets, registered.subscription)


def verifies_v1a(public: str, received: Received) -> bool:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    content = ".".join((received.headers["webhook-id"], received.headers["webhook-timestamp"], "")).encode()
    for version, _, encoded in (one.partition(",") for one in received.headers["webhook-signature"].split(" ")):
        try:
            if version == "v1a":
                key.verify(base64.b64decode(encoded), content + received.body)
                return True
        except InvalidSignature:
            continue
    return False


def verifies_v1(secret: str, received: Received) -> bool:
    try:
        Webhook(secret).verify(received.body, received.headers)
    except WebhookVerificationError:
        return False
    return True


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"type": "bearer", "token": "abc.def"}, "authorization", "Bearer abc.def"),
        (
            {"type": "basic", "username": "hub", "password": "pass:wörd"},
            "authorization",
            "Basic " + base64.b64encode("hub:pass:wörd".encode()).decode(),
        ),
        ({"type": "apiKey", "header": "X-Api-Key", "value": "a key"}, "x-api-key", "a key"),
    ],
)
def test_a_listener_is_called_with_what_its_registration_says(
    exchange: Exchange, desk: Desk, listener: Listener, auth: dict[str, str], name: str, value: str
) -> None:
    exchange.register(listener.url("/in"), secret=SECRET, delivery={"auth": auth})
    exchange.register(listener.url("/plain"), secret=SECRET)
    exchange.start()
    desk.create()
    [received] = listener.wait_for(1, "/in")
    assert received.headers[name] == value
    assert verifies_v1(SECRET, received)
    [plain] = listener.wait_for(1, "/plain")
    assert name not in plain.headers


def test_a_listener_with_oauth_is_called_with_a_token_and_not_at_all_without(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    listener.on("/token", answer(503), answer(200, body=b'{"access_token": "t-1", "expires_in": 60}'))
    auth = {"type": "oauth2", "tokenUrl": listener.url("/token"), "clientId": "hub", "clientSecret": "s"}
    exchange.register(listener.url("/in"), delivery={"auth": auth})
    exchange.start(schedule=(6.0, 6.0))
    desk.create()
    until(lambda: [view.last_outcome for view in exchange.log()] == ["authenticationFailed"])
    assert listener.received("/in") == []
    [received] = listener.wait_for(1, "/in", timeout=60)
    assert received.headers["authorization"] == "Bearer t-1"


def test_both_kinds_of_signature_stand_side_by_side(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    exchange.register(listener.url("/both"), secret=SECRET, delivery={"signature": {"kinds": ["v1a", "v1"]}})
    public = public_key_of(credentials_of(exchange))
    exchange.start()
    desk.create()
    [received] = listener.wait_for(1, "/both")
    assert public is not None
    assert verifies_v1(SECRET, received)
    assert verifies_v1a(public, received)


def test_a_listener_may_have_the_asymmetric_kind_alone(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    exchange.register(listener.url("/one"), delivery={"signature": {"kinds": ["v1a"]}})
    public = public_key_of(credentials_of(exchange))
    exchange.start()
    desk.create()
    [received] = listener.wait_for(1, "/one")
    assert public is not None
    assert verifies_v1a(public, received)
    assert "v1," not in received.headers["webhook-signature"]


def rotate(exchange: Exchange, clock: Callable[[], datetime] = lambda: NOW, **given: Any) -> str:
    """Exchange the key of the one registration; gives the new secret."""
    rotations = Rotations(clock=clock, secrets=exchange.secrets)
    rotation = read_rotation(given)
    [registered] = exchange.store.read.subscriptions.all()
    work = partial(rotations.rotate, subscription_id=registered.subscription.id, rotation=rotation)
    exchange.store.write(work)
    return rotation.secret or ""


def test_while_a_secret_is_exchanged_a_receiver_of_either_verifies(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"), secret=SECRET)
    clock = TurningClock(NOW)
    exchange.start(clock=clock)
    new = rotate(exchange, overlap="1h")
    desk.create()
    [first] = listener.wait_for(1, "/in")
    assert verifies_v1(SECRET, first)
    assert verifies_v1(new, first)
    newest = rotate(exchange, overlap="2h")
    desk.create()
    second = listener.wait_for(2, "/in")[1]
    assert [verifies_v1(each, second) for each in (SECRET, new, newest)] == [True, True, True]
    assert len(second.headers["webhook-signature"].split(" ")) == 3
    clock.turn(hours=1)  # The old secret ends to the microsecond, in the middle of a second as a rule.
    desk.create()
    third = listener.wait_for(3, "/in")[2]
    signed = third.headers["webhook-signature"].split(" ")
    assert len(signed) == 2
    at = datetime.fromtimestamp(int(third.headers["webhook-timestamp"]), UTC)
    made = [
        Webhook(each).sign(third.headers["webhook-id"], at, third.body.decode()) for each in (SECRET, new, newest)
    ]
    assert [each in signed for each in made] == [False, True, True]


def test_with_no_overlap_the_old_secret_signs_no_more(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    exchange.register(listener.url("/in"), secret=SECRET)
    rotate(exchange, overlap="1h")
    exchange.start()
    new = rotate(exchange, overlap=0)
    desk.create()
    [received] = listener.wait_for(1, "/in")
    assert verifies_v1(new, received)
    assert not verifies_v1(SECRET, received)
    assert len(received.headers["webhook-signature"].split(" ")) == 1


def test_a_key_pair_is_exchanged_by_itself(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    exchange.register(listener.url("/in"), secret=SECRET, delivery={"signature": {"kinds": ["v1", "v1a"]}})
    old = public_key_of(credentials_of(exchange))
    exchange.start()
    assert rotate(exchange, kind="v1a") == ""
    new = public_key_of(credentials_of(exchange))
    desk.create()
    [received] = listener.wait_for(1, "/in")
    assert old is not None
    assert new is not None
    assert old != new
    assert verifies_v1a(old, received)
    assert verifies_v1a(new, received)
    assert verifies_v1(SECRET, received)


def test_no_more_than_so_many_old_keys_are_in_force(exchange: Exchange, listener: Listener) -> None:
    exchange.register(listener.url("/in"))
    for _ in range(MOST_OLD):
        rotate(exchange, overlap="1h")
    kept = credentials_of(exchange)
    with pytest.raises(Conflict, match="10 old keys are in force"):
        rotate(exchange, overlap="1h")
    assert credentials_of(exchange) == kept
    later = NOW + timedelta(hours=2)
    rotate(exchange, clock=lambda: later, overlap="1h")
    assert len(credentials_of(exchange).keys) == 2


def test_of_a_registration_that_has_ended_no_secret_is_left(exchange: Exchange, listener: Listener) -> None:
    registered = exchange.register(
        listener.url("/in"),
        delivery={"auth": {"type": "bearer", "token": "t"}, "signature": {"kinds": ["v1", "v1a"]}},
    )
    exchange.unregister(registered)
    sql = "SELECT length(secret), credentials FROM subscription"
    assert exchange.store.write(lambda tables: tables.connection.execute(sql).fetchall()) == [(0, None)]
    with pytest.raises(NotFound):
        Rotations(clock=lambda: NOW, secrets=exchange.secrets).keys(
            exchange.store.read, registered.subscription.id
        )


def test_credentials_are_kept_sealed_and_come_back_as_they_were(exchange: Exchange, listener: Listener) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("hub.test")
    pem = certificate.cert_chain_pems[0].bytes().decode()
    key = certificate.private_key_pem.bytes().decode()
    given = {
        "auth": {
            "type": "oauth2",
            "tokenUrl": listener.url("/token"),
            "clientId": "hub",
            "clientSecret": "client-secret",
            "scope": "a b",
            "clientAuth": "post",
        },
        "tls": {"certificate": pem, "key": key, "authority": authority.cert_pem.bytes().decode()},
        "signature": {"kinds": ["v1a", "v1"]},
    }
    registered = exchange.register("https://127.0.0.1:1/in", secret=SECRET, delivery=given)
    kept = registered.subscription.credentials
    assert kept is not None
    for secret in (b"client-secret", key.encode()[40:80], SECRET.encode()):
        assert secret not in kept
        assert secret not in registered.subscription.secret
    opened = credentials_of(exchange)
    assert [one.kind for one in opened.keys] == ["v1", "v1a"]
    assert opened.tls is not None
    assert (opened.tls.certificate, opened.tls.key) == (pem, key)
    assert getattr(opened.auth, "client_secret", None) == "client-secret"
    assert getattr(opened.auth, "client_auth", None) == "post"
    options = registered.subscription.options
    assert (options.auth, options.tls, options.signatures) == (
        "oauth2",
        ("certificate", "authority"),
        ("v1", "v1a"),
    )
    for shown in (repr(opened), repr(registered), orjson.dumps(options.as_kept()).decode()):
        assert "client-secret" not in shown
        assert key[40:80] not in shown


def refusals(exchange: Exchange, callback: str = "https://127.0.0.1:1/in", **delivery: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        exchange.register(callback, delivery=delivery)
    assert all(violation.value is None for violation in caught.value.violations)
    return {violation.field: violation.message for violation in caught.value.violations}


def test_certificates_and_keys_that_cannot_work_are_refused_when_they_are_given(exchange: Exchange) -> None:
    authority = trustme.CA()
    one, two = authority.issue_cert("one.test"), authority.issue_cert("two.test")
    old = authority.issue_cert("old.test", not_after=NOW - timedelta(days=3))
    pem, key = one.cert_chain_pems[0].bytes().decode(), one.private_key_pem.bytes().decode()
    old_pem, old_key = old.cert_chain_pems[0].bytes().decode(), old.private_key_pem.bytes().decode()
    locked = (
        load_pem_private_key(key.encode(), None)
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
        .decode()
    )
    tls = "delivery.tls"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, tls, "sets nothing"),
        ({"certificate": pem}, f"{tls}.key", "is missing"),
        ({"key": key}, f"{tls}.certificate", "is missing"),
        ({"certificate": "x", "key": key}, f"{tls}.certificate", "holds no certificate"),
        ({"certificate": pem, "key": "x"}, f"{tls}.key", "holds no private key"),
        ({"certificate": pem, "key": locked}, f"{tls}.key", "is encrypted"),
        (
            {"certificate": pem, "key": two.private_key_pem.bytes().decode()},
            f"{tls}.key",
            "is not the key of the certificate",
        ),
        ({"certificate": old_pem, "key": old_key}, f"{tls}.certificate", "has ended on"),
        ({"authority": "x"}, f"{tls}.authority", "holds no certificate"),
        ({"authority": 5}, f"{tls}.authority", "must be a text in PEM form"),
        ({"authority": f"# für uns\n{pem}"}, f"{tls}.authority", "must be a text in PEM form"),
        ({"certificat": pem}, f"{tls}.certificat", "is not known here"),
    ]
    for given, field, words in cases:
        assert words in refusals(exchange, tls=given)[field]
    good = {"certificate": pem, "key": key}
    assert "https" in refusals(exchange, callback="http://127.0.0.1:1/in", tls=good)[tls]


ROOT = issued("root.test", authority=True)


def test_a_certificate_that_no_listener_would_take_is_refused_and_named(exchange: Exchange) -> None:
    registered = exchange.register("https://127.0.0.1:1/in", delivery={"tls": shown(issued("hub.test", ROOT))})
    kept = credentials_of(exchange)
    useless = {
        "ee key too small": issued("small.test", ROOT, kind="RSA-1024"),
        "does not know": issued("dsa.test", ROOT, kind="DSA-2048"),
        "has ended on": issued("old.test", ROOT, begin=NOW - 9 * DAY, end=NOW - DAY),
        "unsuitable certificate purpose": issued("server.test", ROOT, servers_only=True),
    }
    cases = [(words, shown(one)) for words, one in useless.items()]
    cases.append(
        ("unable to get local issuer", shown(issued("gap.test", ROOT), issued("other.test", authority=True)))
    )
    for words, tls in cases:
        assert words in refusals(exchange, tls=tls)["delivery.tls.certificate"]
        with pytest.raises(InvalidInput) as caught:
            exchange.change(registered, state="paused", delivery={"tls": tls, "inFlight": 0})
        found = {one.field: (one.message, one.value) for one in caught.value.violations}
        assert words in found["delivery.tls.certificate"][0]
        assert found["delivery.tls.certificate"][1] is None
        assert found.keys() == {"delivery.tls.certificate", "delivery.inFlight"}
    other_key = {"key": issued("b.test", kind="SECP384R1").key_pem}
    with pytest.raises(InvalidInput, match="is not the key"):
        exchange.change(registered, delivery={"tls": other_key})
    assert credentials_of(exchange) == kept
    assert exchange.store.read.subscriptions.changes(registered.seq) == []


def shown(one: Issued, *behind: Issued) -> dict[str, str]:
    tls = one.shown(*behind)
    assert tls.certificate
    assert tls.key
    return {"certificate": tls.certificate, "key": tls.key}


def test_a_certificate_is_exchanged_in_its_place_and_shown_from_then_on(exchange: Exchange, desk: Desk) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.load_verify_locations(cadata=ROOT.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    names: list[str] = []

    def note(line: Line) -> None:
        assert isinstance(line.sock, ssl.SSLSocket)
        certificate: Any = line.sock.getpeercert()
        names.append(certificate["subjectAltName"][0][1])
        answer(204)(line)

    with Listener(tls=context) as listener:
        listener.on("/in", note)
        own = {"authority": authority.cert_pem.bytes().decode()}
        first, second = (shown(issued(name, ROOT)) for name in ("first.test", "second.test"))
        registered = exchange.register(listener.url("/in"), delivery={"tls": {**first, **own}})
        exchange.start()
        desk.create()
        listener.wait_for(1, "/in")
        changed = exchange.change(registered, delivery={"tls": second, "inFlight": 3})
        desk.create()
        listener.wait_for(2, "/in")
        until(lambda: len(names) == 2)
    assert names == ["first.test", "second.test"]
    assert credentials_of(exchange).tls == TlsIdentity(**second, **own)
    assert changed.subscription.options.tls == ("certificate", "authority")
    assert changed.subscription.options.certificate_end == end_of(second["certificate"])
    [change] = exchange.store.read.subscriptions.changes(registered.seq)
    assert change.changes.keys() == {"delivery", "credentials"}
    assert "BEGIN" not in repr(change)


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"type": "bearer", "token": "new"}, "Bearer new"),
        ({"type": "basic", "username": "a", "password": "b"}, "Basic YTpi"),
        (None, None),
    ],
)
def test_authentication_is_exchanged_in_its_place(
    exchange: Exchange, desk: Desk, listener: Listener, auth: dict[str, str] | None, header: str | None
) -> None:
    delivery = {"auth": {"type": "bearer", "token": "old"}, "signature": {"kinds": ["v1", "v1a"]}}
    registered = exchange.register(listener.url("/in"), secret=SECRET, delivery=delivery)
    public = public_key_of(credentials_of(exchange))
    exchange.start()
    desk.create()
    listener.wait_for(1, "/in")
    exchange.change(registered, delivery={"auth": auth})
    desk.create()
    before, after = listener.wait_for(2, "/in")
    assert [one.headers.get("authorization") for one in (before, after)] == ["Bearer old", header]
    assert public is not None
    assert verifies_v1(SECRET, after)
    assert verifies_v1a(public, after)
    exchange.change(registered, delivery={"auth": auth})
    exchange.change(registered, delivery=None)
    assert len(exchange.store.read.subscriptions.changes(registered.seq)) == 1


def test_everything_that_is_wrong_is_named_at_once_and_no_value_is_repeated(exchange: Exchange) -> None:
    found = refusals(
        exchange,
        auth={"type": "oauth2", "tokenUrl": "not an address", "clientSecret": "x\ny", "clientAuth": "magic"},
        signature={"kinds": ["v3"], "privateKey": 5},
    )
    assert found.keys() == {
        "delivery.auth.tokenUrl",
        "delivery.auth.clientId",
        "delivery.auth.clientSecret",
        "delivery.auth.clientAuth",
        "delivery.signature.kinds",
        "delivery.signature.privateKey",
    }
    assert refusals(exchange, password="x").keys() == {"delivery.password"}
    auth = {"type": "oauth2", "tokenUrl": "https://10.0.0.1/token", "clientId": "a", "clientSecret": "b"}
    assert "not a public address" in refusals(exchange, auth=auth)["delivery.auth.tokenUrl"]


@pytest.mark.parametrize(
    "name",
    [
        *("Connection", "transfer-encoding", "TE", "Upgrade", "Host", "Content-Length", "Expect", "Keep-Alive"),
        *("Content-Type", "Accept-Encoding", "User-Agent", "Webhook-Signature", "Proxy-Authorization"),
        *("traceparent", "qos-hub-test", "X-Forwarded-For", "X Key", "X-Key:", "", "X-Ké"),
    ],
)
def test_an_api_key_stands_in_a_field_of_its_own(exchange: Exchange, name: str) -> None:
    auth = {"type": "apiKey", "header": name, "value": "k"}
    assert refusals(exchange, auth=auth).keys() == {"delivery.auth.header"}


@pytest.mark.parametrize("value", ["a\r\nX-Bad: 1", "a\n", " a", "a ", "", "a\x00", "ä", 5, None])
def test_the_value_of_an_api_key_cannot_end_its_header(exchange: Exchange, value: object) -> None:
    auth = {"type": "apiKey", "header": "X-Key", "value": value}
    assert refusals(exchange, auth=auth).keys() == {"delivery.auth.value"}


def test_a_key_of_an_old_installation_is_refused_and_that_of_an_earlier_rotation_opens() -> None:
    first, second = Fernet.generate_key(), Fernet.generate_key()
    old, both, new = SecretBox(first), SecretBox(lambda: (second, first)), SecretBox(second)
    credentials = Credentials(keys=(SigningKey(kind=SignatureKind.V1, key=b"k" * 32),))
    sealed, _ = seal_credentials(old, credentials)
    assert both.open(sealed) == b"k" * 32
    renewed = both.renewed(sealed)
    assert renewed is not None
    assert new.open(renewed) == b"k" * 32
    assert both.renewed(renewed) is None
