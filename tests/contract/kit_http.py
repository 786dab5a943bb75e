"""Sends requests byte for byte: no library puts a path into an order of its own, or adds a header."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

TIMEOUT = 30.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    status_code: int
    headers: CaseInsensitiveDict[str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Raises AssertionError when the body is no JSON in UTF-8."""
        try:
            return json.loads(self.content.decode("utf-8"))
        except ValueError as error:
            raise AssertionError(f"its body is no JSON in UTF-8: {error}") from error


def send(url: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """`path` has its query; what cannot stand in a URL, such as a space, has to be encoded in it."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)) as connection:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        content = answer.read()
        return Answer(status_code=answer.status, headers=CaseInsensitiveDict(answer.getheaders()), content=content)
