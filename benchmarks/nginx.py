"""A sink that costs little and counts: nginx in the foreground on a high port, or our own where it is missing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import trustme

from benchmarks.children import LOAD_CORE, free_port, python, running, wait_until_answers

HOW_TO_INSTALL = "nginx is missing (on Debian: apt-get install nginx): the sink is our own, which is slower"

SETTINGS = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    ssl_certificate {folder}/sink.pem;
    ssl_certificate_key {folder}/sink.pem;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{tls} ssl backlog=4096;
        listen 127.0.0.1:{http2} ssl http2 backlog=4096;
        http2_max_concurrent_streams 1024;
        location = /count {{ stub_status; }}
        location / {{ return 204; }}
    }}
}}
"""


class Sink:
    """Answers every POST with 204 and counts them, whichever way they come.

    `tls` and `http2` are the same over TLS, for whoever trusts `ca_file`; nginx alone has them.
    """

    def __init__(self, port: int, kind: str, *, tls: int, http2: int, ca_file: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.tls = f"https://127.0.0.1:{tls}"
        self.http2 = f"https://127.0.0.1:{http2}"
        self.ca_file = ca_file
        self.kind = kind
        self._session = requests.Session()
        self._session.trust_env = False
        self._asked = 0
        self._before = 0

    def begin(self) -> None:
        """Count from zero."""
        self._before = self._all()

    def count(self) -> int:
        return self._all() - self._before

    def _all(self) -> int:
        """All requests but our own questions, which the sink counts too."""
        self._asked += 1
        text = self._session.get(f"{self.url}/count", timeout=10).text
        # The third line of nginx's status: accepts, handled, requests.
        return int(text.split("\n")[2].split()[2]) - self._asked


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    port, tls, http2 = free_port(), free_port(), free_port()
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    kind = "nginx" if program else "our own"
    settings, log = folder / "nginx.conf", folder / "sink.log"
    settings.write_text(SETTINGS.format(folder=folder, port=port, tls=tls, http2=http2))
    authority, ca_file = trustme.CA(), folder / "sink-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "sink.pem"))
    command = (
        [program, "-p", str(folder), "-c", str(settings), "-e", "stderr"]
        if program
        else python("benchmarks.listener", str(port))
    )
    with running(command, core=LOAD_CORE, log=log) as child:
        made = Sink(port, kind, tls=tls, http2=http2, ca_file=ca_file)
        wait_until_answers(f"{made.url}/count", child, log)
        yield made
