"""A server of one file that can break off, forbid ranges, change its file, and point elsewhere."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.fakes.http_server import HttpServer


class FileServer(HttpServer):
    """Every answer is written by `answer`, which a test exchanges; `asked` are the headers of each request."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag: str | None = '"first"'
        self.break_after: list[int] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = self.give
        self.asked: list[dict[str, str]] = []
        super().__init__(self._answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/reports?all=1"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        self.answer(request)

    def give(self, request: BaseHTTPRequestHandler) -> None:
        """The file, or the rest of it; it ends early after as many bytes as `break_after` says next."""
        first = 0
        if self.tag and request.headers.get("If-Range") == self.tag:
            first = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        rest = self.content[first:]
        request.send_response(206 if first else 200)
        if first:
            request.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        if self.tag:
            request.send_header("ETag", self.tag)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest[: self.break_after.pop(0)] if self.break_after else rest)
        request.close_connection = True


def refusing(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()

    return answer
