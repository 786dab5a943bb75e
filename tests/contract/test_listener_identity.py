"""Our side of TLS, listener by listener: the certificate that is shown, whom is trusted, and what is never shared."""

import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hub.delivery.outcome import Outcome, judge
from hub.model.credentials import TlsIdentity
from hub.model.times import to_micros
from hub.subscriptions.tls_loading import load_identity
from hub.subscriptions.tls_material import faults_of
from tests.contract.transports import KINDS, Make, send, transports
from tests.fakes import listener as fake
from tests.fakes.certificates import DAY, Issued, issued, key_of
from tests.fakes.listener import Line, Listener

NAME = "listener.test"


@pytest.fixture(params=sorted(KINDS))
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with transports(request.param) as make:
        yield make


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def identity(authority: trustme.CA, name: str) -> TlsIdentity:
    made = authority.issue_cert(name)
    chain = "".join(part.bytes().decode() for part in made.cert_chain_pems)
    return TlsIdentity(certificate=chain, key=made.private_key_pem.bytes().decode())


def server_context(authority: trustme.CA, asks: trustme.CA | None = None, *, must: bool = True) -> ssl.SSLContext:
    """That of a listener which, perhaps, asks for a certificate of an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    if asks is not None:
        asks.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED if must else ssl.CERT_OPTIONAL
    return context


class Noting:
    """Answers, and keeps who asked: the name in the certificate of each request, None without one."""

    def __init__(self, *, closing: bool = False) -> None:
        self.names: list[str | None] = []
        self._answer = fake.then_close(fake.answer(204)) if closing else fake.answer(204)

    def __call__(self, line: Line) -> None:
        assert isinstance(line.sock, ssl.SSLSocket)
        certificate: Any = line.sock.getpeercert()
        self.names.append(certificate["subjectAltName"][0][1] if certificate else None)
        self._answer(line)


def test_a_listener_that_asks_for_a_certificate_is_shown_that_of_its_registration(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    noting = Noting()
    with Listener(tls=server_context(authority, authority)) as listener:
        listener.on("/", noting)
        transport = make(ca_file=ca_file)
        result = send(transport, listener.url(host=NAME), tls=identity(authority, "hub.one.test"))
        assert judge(result) is Outcome.DELIVERED, result.error_text
    assert noting.names == ["hub.one.test"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_listener_that_asks_for_a_certificate_and_gets_none_or_a_strange_one_is_told_nothing(
    make: Make, authority: trustme.CA, ca_file: str, version: ssl.TLSVersion
) -> None:
    asking = server_context(authority, authority)
    asking.maximum_version = version
    with Listener(tls=asking) as listener:
        transport = make(ca_file=ca_file)
        for tls in (None, identity(trustme.CA(), "stranger.test")):
            result = send(transport, listener.url(host=NAME), tls=tls)
            assert judge(result) is Outcome.TLS_FAILED, result.error_text
            assert result.error_text
        assert listener.received() == []


OFTEN = 30
"""With TLS 1.3 the handshake is over before the listener looks: its refusal is read, or overtaken by its hanging up."""


def test_an_operator_reads_that_a_listener_wants_a_certificate_or_another_one(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    stranger = identity(trustme.CA(), "stranger.test")
    wanting = "the listener asks for a client certificate, and its registration has none (.*TLS alert.*)"
    refusing = "the listener refused the client certificate of its registration (.*TLS alert.*)"
    with Listener(tls=server_context(authority, authority)) as listener:
        transport = make(ca_file=ca_file)
        for tls, words in ((None, wanting), (stranger, refusing)):
            for _ in range(OFTEN):
                result = send(transport, listener.url(host=NAME), tls=tls)
                assert judge(result) is Outcome.TLS_FAILED, result.error_text
                assert re.fullmatch(words, result.error_text or "")
                assert result.timing.tls is not None
        assert listener.received() == []


def test_a_reset_without_an_alert_is_broken_and_says_what_it_may_be(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    with Listener(tls=server_context(authority)) as listener:
        listener.on("/", fake.reset)
        result = send(make(ca_file=ca_file), listener.url(host=NAME))
    assert judge(result) is Outcome.BROKEN
    assert "the listener may refuse the client certificate, or want one" in (result.error_text or "")


@pytest.mark.parametrize("closing", [False, True], ids=["kept lines", "new lines"])
def test_requests_of_different_identities_never_share_a_connection_nor_a_session(
    make: Make, authority: trustme.CA, ca_file: str, closing: bool
) -> None:
    """The listener takes everybody and remembers sessions, so that a line or a session that is shared would show."""
    identities = {name: identity(authority, name) for name in ("one.test", "two.test", "three.test")}
    order = [
        None,
        "one.test",
        "two.test",
        None,
        "one.test",
        "one.test",
        "three.test",
        "two.test",
        None,
        "three.test",
    ]
    noting = Noting(closing=closing)
    with Listener(tls=server_context(authority, authority, must=False)) as listener:
        listener.on("/", noting)
        transport = make(ca_file=ca_file, max_connections=1)
        for name in order * 3:
            result = send(transport, listener.url(host=NAME), tls=identities[name] if name else None)
            assert judge(result) is Outcome.DELIVERED, result.error_text
        whose: dict[int, set[str | None]] = {}
        for received, name in zip(listener.received(), noting.names, strict=True):
            whose.setdefault(received.connection, set()).add(name)
    assert noting.names == order * 3
    assert all(len(names) == 1 for names in whose.values())


def test_the_same_certificate_with_another_authority_is_another_identity(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    shown = identity(authority, "one.test")
    stranger = trustme.CA().cert_pem.bytes().decode()
    careful = TlsIdentity(certificate=shown.certificate, key=shown.key, authority=stranger)
    with Listener(tls=server_context(authority, authority)) as listener:
        transport = make(ca_file=ca_file, max_connections=1)
        assert judge(send(transport, listener.url(host=NAME), tls=shown)) is Outcome.DELIVERED
        assert judge(send(transport, listener.url(host=NAME), tls=careful)) is Outcome.TLS_FAILED
        assert judge(send(transport, listener.url(host=NAME), tls=shown)) is Outcome.DELIVERED


def test_an_authority_of_a_registration_is_trusted_for_it_alone_and_in_place_of_the_usual_ones(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    private = trustme.CA()
    own = TlsIdentity(authority=private.cert_pem.bytes().decode())
    with Listener(tls=server_context(private)) as inside, Listener(tls=server_context(authority)) as usual:
        transport = make(ca_file=ca_file)
        assert judge(send(transport, inside.url(host=NAME), tls=own)) is Outcome.DELIVERED
        assert judge(send(transport, inside.url(host=NAME))) is Outcome.TLS_FAILED
        assert judge(send(transport, usual.url(host=NAME))) is Outcome.DELIVERED
        assert judge(send(transport, usual.url(host=NAME), tls=own)) is Outcome.TLS_FAILED
        assert judge(send(transport, inside.url(host="other.test"), tls=own)) is Outcome.TLS_FAILED


def test_a_certificate_that_cannot_be_used_is_a_failure_of_tls_and_nothing_of_the_key_is_told(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    good = identity(authority, "one.test")
    other = identity(authority, "two.test")
    with Listener(tls=server_context(authority, authority)) as listener:
        transport = make(ca_file=ca_file)
        for key in ("nothing that is a key", other.key):
            bad = TlsIdentity(certificate=good.certificate, key=key)
            result = send(transport, listener.url(host=NAME), tls=bad)
            assert judge(result) is Outcome.TLS_FAILED, result.error_text
            assert key is not None
            assert key.splitlines()[0] not in (result.error_text or "")
        assert listener.received() == []


ROOT = issued("root.test", kind="RSA-2048", authority=True)
BETWEEN = issued("between.test", ROOT, kind="SECP384R1", authority=True)
LEAF = issued("hub.test", BETWEEN)
NO_AUTHORITY = issued("nobody.test", ROOT, kind="SECP384R1")
TODAY = datetime.now(UTC)
KNOWN = ("RSA-2048", "RSA-3072", "SECP256R1", "SECP384R1", "SECP521R1", "Ed25519", "Ed448")


def faults(tls: TlsIdentity) -> list[tuple[str, str]]:
    return list(faults_of(tls, now=to_micros(datetime.now(UTC))))


def asking_for_any_of_root(authority: trustme.CA) -> ssl.SSLContext:
    """That of a listener which takes whatever leads to ROOT."""
    context = server_context(authority)
    context.load_verify_locations(cadata=ROOT.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize(
    "tls",
    [
        *(issued(f"{kind.lower()}.test", ROOT, kind=kind).shown() for kind in KNOWN),
        LEAF.shown(BETWEEN),
        LEAF.shown(BETWEEN, ROOT),
        LEAF.shown(ROOT, BETWEEN),
        ROOT.shown(),
    ],
    ids=[*KNOWN, "a chain", "a chain with its root", "a chain in disorder", "its own authority"],
)
def test_a_certificate_that_is_accepted_at_a_registration_is_taken_by_a_listener(
    make: Make, authority: trustme.CA, ca_file: str, tls: TlsIdentity
) -> None:
    assert faults(tls) == []
    with Listener(tls=asking_for_any_of_root(authority)) as listener:
        result = send(make(ca_file=ca_file), listener.url(host=NAME), tls=tls)
        assert judge(result) is Outcome.DELIVERED, result.error_text


SERVED = issued(NAME, BETWEEN)
ALONE = issued(NAME)


@pytest.mark.parametrize(
    ("server", "trusted", "outcome"),
    [
        (SERVED.shown(BETWEEN), ROOT.pem, Outcome.DELIVERED),
        (SERVED.shown(BETWEEN), BETWEEN.pem, Outcome.DELIVERED),
        (SERVED.shown(), BETWEEN.pem, Outcome.DELIVERED),
        (SERVED.shown(BETWEEN), SERVED.pem, Outcome.DELIVERED),
        (ALONE.shown(), ALONE.pem, Outcome.DELIVERED),
        (SERVED.shown(BETWEEN), f"# both of ours\n{ALONE.pem}{ROOT.pem}", Outcome.DELIVERED),
        (SERVED.shown(), ROOT.pem, Outcome.TLS_FAILED),
        (SERVED.shown(BETWEEN), ALONE.pem, Outcome.TLS_FAILED),
    ],
    ids=["root", "between", "between, not sent", "itself", "self-signed", "bundle", "gap", "another"],
)
def test_every_transport_trusts_the_same_certificates_as_authorities(
    make: Make, server: TlsIdentity, trusted: str, outcome: Outcome
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_identity(context, server.certificate or "", server.key or "")
    own = TlsIdentity(authority=trusted)
    assert faults(own) == []
    with Listener(tls=context) as listener:
        result = send(make(), listener.url(host=NAME), tls=own)
        assert judge(result) is outcome, result.error_text


def with_large_key() -> TlsIdentity:
    """As a stranger can make it: nobody has the key."""
    number = RSAPublicNumbers(e=65537, n=(1 << 8193) + 1).public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "large.test")])
    made = x509.CertificateBuilder(name, name, number, 1, TODAY - DAY, TODAY + DAY).sign(
        key_of("RSA-2048"), SHA256()
    )
    return replace(LEAF.shown(), certificate=made.public_bytes(Encoding.PEM).decode())


def with_broken_key() -> TlsIdentity:
    """Its public half is that of the certificate; what it signs is wrong."""
    good = key_of("RSA-2048")
    assert isinstance(good, RSAPrivateKey)
    numbers = good.private_numbers()
    bad = RSAPrivateNumbers(
        p=numbers.p,
        q=numbers.q,
        d=numbers.d + 2,
        dmp1=numbers.dmp1 + 2,
        dmq1=numbers.dmq1,
        iqmp=numbers.iqmp,
        public_numbers=numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    return Issued(certificate=issued("broken.test", ROOT, kind="RSA-2048").certificate, key=bad).shown()


USELESS: dict[str, tuple[TlsIdentity, str, str]] = {
    "small RSA": (issued("a.test", ROOT, kind="RSA-1024").shown(), "certificate", "ee key too small"),
    "large RSA": (with_large_key(), "certificate", "RSA key of 8194 bits"),
    "a key that signs wrongly": (with_broken_key(), "key", "cannot sign"),
    "DSA": (issued("a.test", ROOT, kind="DSA-2048").shown(), "certificate", "does not know"),
    "small curve": (issued("a.test", ROOT, kind="SECP192R1").shown(), "certificate", "ee key too small"),
    "strange curve": (issued("a.test", ROOT, kind="SECP256K1").shown(), "certificate", "does not know"),
    "ended": (issued("a.test", ROOT, end=TODAY - DAY, begin=TODAY - 9 * DAY).shown(), "certificate", "has ended"),
    "not begun": (issued("a.test", ROOT, begin=TODAY + DAY).shown(), "certificate", "begins on"),
    "for servers": (issued("a.test", ROOT, servers_only=True).shown(), "certificate", "unsuitable"),
    "another key": (replace(LEAF.shown(BETWEEN), key=ROOT.key_pem), "key", "is not the key"),
    "a gap": (LEAF.shown(ROOT), "certificate", "unable to get local issuer"),
    "no authority": (issued("a.test", NO_AUTHORITY).shown(NO_AUTHORITY, ROOT), "certificate", "invalid CA"),
    "ended between": (
        issued("a.test", BETWEEN).shown(
            issued("between.test", ROOT, kind="SECP384R1", authority=True, begin=TODAY - 9 * DAY, end=TODAY - DAY)
        ),
        "certificate",
        "number 2 of its chain has ended",
    ),
    "small authority": (
        issued("a.test", issued("weak.test", ROOT, kind="RSA-1024", authority=True)).shown(
            issued("weak.test", ROOT, kind="RSA-1024", authority=True)
        ),
        "certificate",
        "ca key too small",
    ),
}


def test_authorities_that_have_all_ended_are_refused() -> None:
    ended = issued("old.test", authority=True, begin=TODAY - 9 * DAY, end=TODAY - DAY)
    assert faults(TlsIdentity(authority=ended.pem)) == [("authority", f"has ended on {TODAY - DAY:%Y-%m-%d}")]
    assert faults(TlsIdentity(authority=ended.pem + ROOT.pem)) == []


@pytest.mark.parametrize("name", USELESS)
def test_a_certificate_that_no_listener_takes_is_refused_at_a_registration(
    make: Make, authority: trustme.CA, ca_file: str, name: str
) -> None:
    tls, member, words = USELESS[name]
    [(found, why)] = faults(tls)
    assert found == member
    assert words in why
    with Listener(tls=asking_for_any_of_root(authority)) as listener:
        result = send(make(ca_file=ca_file), listener.url(host=NAME), tls=tls)
        assert judge(result) is Outcome.TLS_FAILED, result.error_text
        assert listener.received() == []


def test_no_key_is_left_in_a_file(make: Make, authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, Listener(tls=server_context(authority, authority)) as listener:
        patch.setenv("TMPDIR", str(tmp_path))
        result = send(make(ca_file=ca_file), listener.url(host=NAME), tls=identity(authority, "one.test"))
        assert judge(result) is Outcome.DELIVERED
    assert list(tmp_path.iterdir()) == []
