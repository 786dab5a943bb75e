"""No password leaves for a database that does not prove who it is: on a server that refuses TLS, and PostgreSQL."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from marshmallow import ValidationError
from sqlalchemy import make_url

import adapters.sql
from adapters.sql.tls import tls_of
from hub.ports import AuthFailed, Source, Unavailable
from tests.fakes.certificates import issued
from tests.real.postgresql import NAME, PASSWORD, READER, Postgresql

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)
ASKS_FOR_THE_PASSWORD = b"R" + struct.pack("!ii", 8, 3)
WORD = "what-nobody-may-hear"


class Refuser:
    """A server of PostgreSQL's protocol that has no TLS and wants the password as it is."""

    def __init__(self) -> None:
        self.heard = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line:
                line.settimeout(10)
                while said := line.recv(4096):
                    self.heard += said
                    line.sendall(b"N" if said in (SSL_REQUEST, GSS_REQUEST) else ASKS_FOR_THE_PASSWORD)
                    if WORD.encode() in said:
                        break


@pytest.fixture
def refuser() -> Iterator[Refuser]:
    server = Refuser()
    yield server
    server.close()


def source(folder: Path, url: str, word: str = WORD, **options: Any) -> Source:
    (folder / "password").write_text(word)
    own = {"url": url, "password": f"file:{folder / 'password'}", "key": ["pid"], "stamp": "at"}
    query = "SELECT pid, ssl, now() AS at FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    return adapters.sql.make("desk", own | {"query": query} | options)


def remote(port: int) -> str:
    return f"postgresql+psycopg://{READER}@{NAME}:{port}/postgres?hostaddr=127.0.0.1&gssencmode=disable"


@pytest.mark.parametrize("options", [{}, {"verify": True}, {"verify": False}])
def test_no_password_goes_to_a_server_without_tls(
    tmp_path: Path, refuser: Refuser, options: dict[str, Any]
) -> None:
    with pytest.raises(Unavailable, match="server does not support SSL"):
        source(tmp_path, remote(refuser.port), **options).check()
    assert set(refuser.heard) == set(SSL_REQUEST)


def test_an_address_that_says_so_itself_goes_without_tls(tmp_path: Path, refuser: Refuser) -> None:
    with pytest.raises((AuthFailed, Unavailable)):
        source(tmp_path, f"{remote(refuser.port)}&sslmode=disable").check()
    assert WORD.encode() in refuser.heard


def test_the_server_proves_its_name(tmp_path: Path, postgresql: Postgresql) -> None:
    port = postgresql.login[2]
    ca_file = str(postgresql.authority)
    (page, *_) = source(tmp_path, remote(port), PASSWORD, ca_file=ca_file).pull({})
    assert page.records[0].data["ssl"] is True
    with pytest.raises(Unavailable, match="certificate verify failed"):
        source(tmp_path, remote(port), PASSWORD).check()
    elsewhere = remote(port).replace(NAME, "other.example.test")
    with pytest.raises(Unavailable, match="does not match host name"):
        source(tmp_path, elsewhere, PASSWORD, ca_file=ca_file).check()
    (page, *_) = source(tmp_path, elsewhere, PASSWORD, verify=False).pull({})
    assert page.records[0].data["ssl"] is True


USUAL = {"sslmode": "verify-full", "sslrootcert": certifi.where()}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql+psycopg://u@db.example.test/d", USUAL),
        ("postgresql+psycopg://u@127.0.0.1/d", {}),
        ("postgresql+psycopg://u@[::1]/d", {}),
        ("postgresql+psycopg://u@localhost/d", {}),
        ("postgresql+psycopg://u@/d?host=/run/postgresql", {}),
        ("postgresql+psycopg://u@/d?host=127.0.0.1:1&host=db.example.test:2", USUAL),
        ("postgresql+psycopg://u@/d", USUAL),  # PGHOST may name any; on a socket libpq passes over it
        ("postgresql+psycopg://u@db.example.test/d?sslmode=prefer", {}),
        ("postgresql+psycopg://u@db.example.test/d?sslrootcert=own.pem", {"sslmode": "verify-full"}),
        ("sqlite:///desk.db", {}),
    ],
)
def test_a_server_elsewhere_is_asked_for_tls(url: str, told: dict[str, Any]) -> None:
    assert tls_of(make_url(url), verify=None, ca_file=None) == told


def test_a_server_here_is_asked_for_it_when_an_option_says_so() -> None:
    assert tls_of(make_url("postgresql+psycopg://u@127.0.0.1/d"), verify=True, ca_file=None) == USUAL


@pytest.mark.parametrize(
    ("url", "options", "place", "why"),
    [
        ("postgresql+psycopg://u@h/d?sslmode=require", {"verify": True}, "verify", "speaks of TLS itself"),
        ("postgresql+psycopg://u@h/d?sslmode=require", {"ca_file": "FILE"}, "ca_file", "speaks of TLS itself"),
        ("postgresql+psycopg://u@h/d", {"ca_file": "FOLDER"}, "ca_file", "needs a file"),
        ("postgresql+psycopg://u@h/d", {"ca_file": "away.pem"}, "ca_file", "no such file"),
        ("sqlite:///desk.db", {"verify": True}, "verify", "cannot switch on TLS for sqlite"),
    ],
)
def test_options_that_could_not_be_kept_are_refused(
    tmp_path: Path, url: str, options: dict[str, Any], place: str, why: str
) -> None:
    (tmp_path / "ca.pem").write_text(issued("an authority", authority=True).pem)
    paths = {"FILE": str(tmp_path / "ca.pem"), "FOLDER": str(tmp_path)}
    with pytest.raises(ValidationError) as refused:
        source(tmp_path, url, **{name: paths.get(value, value) for name, value in options.items()})
    assert isinstance(refused.value.messages, dict)
    assert why in str(refused.value.messages[place])
