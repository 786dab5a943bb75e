"""Speaks JSON-RPC with a Zabbix: how it wants to be called changes with its version, and errors come with 200."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from adapters.http import HttpClient
from hub.ports import AuthFailed, Redaction, SourceError, Unavailable

PATH = "api_jsonrpc.php"
STALE = "re-login"
REFUSED = re.compile(
    rf"{STALE}|not authori[sz]ed|user name or password|login name|token expired|no permissions (to call|for system)",
    re.IGNORECASE,
)
"""What an error says when it is us who are refused: Zabbix has one number for this and for everything else."""
BY_USERNAME = (5, 4)
"""From here on a login names its `username`, which was `user`."""
BY_HEADER = (6, 4)
"""From here on a token stands in the header; from 7.2 on a token in the body is refused."""
CAMEL_CASE = (7, 0)
"""From here on the acknowledgements of an event are asked for by `selectAcknowledges`; 7.2 knows no other name."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who we are there: an API token, or a name with its password, for which Zabbix gives a token of a session."""

    token: str | None = None
    username: str | None = None
    password: str | None = None


class Session:
    """Questions to one Zabbix, as one user."""

    def __init__(self, http: HttpClient, login: Login) -> None:
        self.http = http
        self.version = self._asked_version()
        self._login = login
        self._token = login.token or self._opened()

    @classmethod
    @contextmanager
    def open(cls, http: HttpClient, login: Login) -> Iterator["Session"]:
        session = cls(http, login)
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """A session that is left open stays for a time. That it cannot be closed is no failure of a run."""
        if self._login.token is None:
            try:
                self._called("user.logout", [], self._token)
            except SourceError:
                return

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method. A session that Zabbix has ended meanwhile is opened anew, once."""
        try:
            return self._called(method, params, self._token)
        except AuthFailed as error:
            if self._login.token is not None or STALE not in str(error):
                raise
        self._token = self._opened()
        return self._called(method, params, self._token)

    def rows(self, method: str, **params: Any) -> list[dict[str, Any]]:
        """The objects that a method of the kind `get` finds."""
        found = self.call(method, **params)
        if not isinstance(found, list):
            raise Unavailable(f"{method}: this is not the answer of a Zabbix")
        return found

    def is_at_least(self, version: tuple[int, int]) -> bool:
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= version

    def _asked_version(self) -> str:
        """The one method that is refused when a token comes along."""
        answer = self._called("apiinfo.version", [], None)
        if not isinstance(answer, str) or not re.match(r"\d+\.\d+\.", answer):
            raise Unavailable(f"apiinfo.version: this is not the answer of a Zabbix: {answer!r:.80}")
        return answer

    def _opened(self) -> str:
        name = "username" if self.is_at_least(BY_USERNAME) else "user"
        login = {name: self._login.username, "password": self._login.password}
        token = str(self._called("user.login", login, None))
        self.http.hide(token)
        return token

    def _called(self, method: str, params: Mapping[str, Any] | list[Any], token: str | None) -> Any:
        body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
        headers = {}
        if token and self.is_at_least(BY_HEADER):
            headers["Authorization"] = f"Bearer {token}"
        elif token:
            body["auth"] = token
        answer = self.http.send("POST", PATH, body=body, headers=headers).content
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            raise _failure(method, answer["error"], self.http.redacted)
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unavailable(f"{method}: this is not the answer of a Zabbix")
        return answer["result"]


def _failure(method: str, error: Mapping[str, Any], redacted: Redaction) -> SourceError:
    said = redacted(f"{error.get('message', '')} {error.get('data', '')}".strip())
    if REFUSED.search(said):
        return AuthFailed(f"{method}: the system refuses us: {said:.300}")
    return Unavailable(f"{method}: {error.get('code')}: {said:.300}")
