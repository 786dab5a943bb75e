"""Our side of TLS, listener by listener: the certificate that is shown, whom is trusted, and what is never shared."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.delivery.outcome import Outcome, judge
from hub.model.credentials import TlsIdentity
from tests.contract.transports import KINDS, Make, send, transports
from tests.fakes import listener as fake
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


@pytest.mark.parametrize(
    ("version", "outcomes"),
    [
        (ssl.TLSVersion.TLSv1_2, {Outcome.TLS_FAILED}),
        # Here the handshake is over before the listener looks: its refusal may be overtaken by its hanging up.
        (ssl.TLSVersion.TLSv1_3, {Outcome.TLS_FAILED, Outcome.BROKEN}),
    ],
)
def test_a_listener_that_asks_for_a_certificate_and_gets_none_or_a_strange_one_is_told_nothing(
    make: Make, authority: trustme.CA, ca_file: str, version: ssl.TLSVersion, outcomes: set[Outcome]
) -> None:
    asking = server_context(authority, authority)
    asking.maximum_version = version
    with Listener(tls=asking) as listener:
        transport = make(ca_file=ca_file)
        for tls in (None, identity(trustme.CA(), "stranger.test")):
            result = send(transport, listener.url(host=NAME), tls=tls)
            assert judge(result) in outcomes, result.error_text
            assert result.error_text
        assert listener.received() == []


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


def test_no_key_is_left_in_a_file(make: Make, authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, Listener(tls=server_context(authority, authority)) as listener:
        patch.setenv("TMPDIR", str(tmp_path))
        result = send(make(ca_file=ca_file), listener.url(host=NAME), tls=identity(authority, "one.test"))
        assert judge(result) is Outcome.DELIVERED
    assert list(tmp_path.iterdir()) == []
