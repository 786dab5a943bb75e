"""Stands between an adapter and a system: counts the requests, and answers some of them itself."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests
import trustme

PASSED = (
    *("Authorization", "Accept", "Content-Type", "If-Match", "X-HTTP-Method-Override", "X-Requested-With"),
    *("App-Token", "Session-Token", "X-Redmine-API-Key", "Origin", "Referer"),
)

KEPT = ("Content-Type", "Retry-After", "ETag")


@dataclass(frozen=True, kw_only=True)
class Canned:
    """An answer that the middleman gives in the system's place."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Middleman:
    """Passes questions on to `target`; `instead` holds the answers that it gives itself first, `always` the only one.

    `changes` are the requests that ask for a change. `unheard` holds answers that it gives to these in place of the
    system's, which has carried them out. What the pattern `forgets` finds in a path is not passed on.
    `verify` is how the target's certificate is checked.
    """

    def __init__(self, target: str, *, verify: bool | str = True) -> None:
        self.target = target
        self.verify = verify
        self.paths: list[str] = []
        self.changes: list[str] = []
        self.instead: list[Canned] = []
        self.always: Canned | None = None
        self.unheard: list[Canned] = []
        self.forgets = ""
        self._scheme = "http"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def use_tls(self, certificate: trustme.LeafCert) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @contextmanager
    def serving(self) -> Iterator["Middleman"]:
        thread = Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Canned:
        self.paths.append(path)
        if self.instead or self.always:
            return self.always or self.instead.pop(0)
        path = re.sub(self.forgets, "", path) if self.forgets else path
        asks = method == "GET" or "X-HTTP-Method-Override" in headers
        passed = {name: headers[name].replace(self.url, self.target) for name in PASSED if name in headers}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, f"{self.target}{path}", headers=passed, data=body, verify=self.verify, timeout=30
            )
        if not asks:
            self.changes.append(f"{method} {path}")
            if self.unheard:
                return self.unheard.pop(0)
        kept = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        return Canned(status=answer.status_code, headers=kept, body=answer.content)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        middleman = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                canned = middleman.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(canned.status)
                for name, value in {"Content-Length": str(len(canned.body)), **canned.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(canned.body)

            do_POST = do_PUT = do_PATCH = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
