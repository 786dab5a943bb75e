"""HTTP/2 to a real nginx, where there is one: it is spoken, connections are kept, and one that ends costs nothing."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from hub.delivery.outcome import Outcome, judge
from tests.contract.transports import Make, post, results, send, transports
from tests.fakes.black_hole import BlackHole

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx")

SETTINGS = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.pem;
    server {{
        listen 127.0.0.1:{port} ssl http2 backlog=512;
        keepalive_requests {requests};
        add_header x-protocol $server_protocol always;
        add_header x-connection $connection always;
        location / {{ return 204; }}
        location /which {{ return 503; }}
    }}
}}
"""


@dataclass(frozen=True)
class Server:
    url: str
    ca_file: str


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The parameter is after how many requests it ends a connection."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    written = SETTINGS.format(folder=tmp_path, port=port, requests=getattr(request, "param", 10_000))
    (tmp_path / "nginx.conf").write_text(written)
    command = [str(NGINX), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    child = subprocess.Popen(command)
    try:
        _wait_until_open(port)
        yield Server(f"https://127.0.0.1:{port}", str(tmp_path / "ca.pem"))
    finally:
        child.terminate()
        child.wait(20)


def _wait_until_open(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise AssertionError("nginx does not listen")


@pytest.fixture(params=["direct", "pycurl"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with transports(request.param) as make:
        yield make


def test_a_listener_that_speaks_http2_is_spoken_to_in_it_and_its_connections_are_kept(
    make: Make, server: Server
) -> None:
    transport = make(ca_file=server.ca_file)
    connections: list[set[str]] = []
    for _ in range(2):
        transport.submit([post(f"{server.url}/which", key=number) for number in range(100)])
        found = results(transport, 100)
        assert sorted(result.key for result in found) == list(range(100))
        told = [{name.lower(): value for name, value in result.headers} for result in found]
        assert {each["x-protocol"] for each in told} == {"HTTP/2.0"}
        connections.append({each["x-connection"] for each in told})
    assert connections[1] <= connections[0]
    assert send(transport, server.url).reused


@pytest.mark.parametrize("server", [7], indirect=True)
def test_a_connection_that_the_listener_ends_again_and_again_costs_no_request(make: Make, server: Server) -> None:
    transport = make(ca_file=server.ca_file)
    for turn in range(5):
        transport.submit([post(server.url, key=(turn, number)) for number in range(30)])
        found = results(transport, 30)
        assert {judge(result) for result in found} == {Outcome.DELIVERED}, [each.error_text for each in found]


def test_a_connection_that_leads_nowhere_any_more_is_left_for_a_new_one(make: Make, server: Server) -> None:
    """As when a firewall between the two has forgotten it: no end of it comes, and every request on it would hang."""
    with BlackHole(int(server.url.rpartition(":")[2])) as hole:
        transport = make(ca_file=server.ca_file, deadline=3.0)
        url = f"https://127.0.0.1:{hole.port}"
        assert judge(send(transport, url)) is Outcome.DELIVERED
        hole.swallow()
        assert judge(send(transport, url)) is Outcome.TIMEOUT
        assert [judge(send(transport, url)) for _ in range(3)] == [Outcome.DELIVERED] * 3
