"""A session with a GLPI: it is opened by a token, goes stale, is renewed once, and is closed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from adapters.http import HttpClient
from hub.ports import AuthFailed, SourceError, Unavailable

NewClient = Callable[[Mapping[str, str]], HttpClient]
"""Gives a client that sends these header lines."""
STALE = "ERROR_SESSION_TOKEN_INVALID"
BEYOND = "ERROR_RANGE_EXCEED_TOTAL"


class Session:
    """Questions to one GLPI, as one user."""

    def __init__(self, client: NewClient, *, user_token: str) -> None:
        self._client = client
        self._user_token = user_token
        self.http = self._opened()

    @classmethod
    @contextmanager
    def open(cls, client: NewClient, *, user_token: str) -> Iterator["Session"]:
        session = cls(client, user_token=user_token)
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """A session that is left open stays until GLPI forgets it. That it cannot be closed is no failure of a run."""
        try:
            self.http.get_json("apirest.php/killSession")
        except SourceError:
            return

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """The JSON at a path. A session that GLPI has forgotten meanwhile is opened anew, once."""
        try:
            return self.http.get_json(path, dict(params))
        except AuthFailed as error:
            if STALE not in str(error):
                raise
        self.http = self._opened()
        return self.http.get_json(path, dict(params))

    def search(self, params: Mapping[str, str], first: int, size: int) -> tuple[list[Mapping[str, Any]], int]:
        """Rows of a search for tickets, and how many there are in all."""
        path = "apirest.php/search/Ticket"
        try:
            answer = self.get(path, {**params, "range": f"{first}-{first + size - 1}"})
        except Unavailable as error:
            # A range behind the last row is an error to GLPI, not an empty list.
            if BEYOND in str(error):
                return [], first
            raise
        if not isinstance(answer, dict) or "totalcount" not in answer:
            raise Unavailable(f"{path}: this is not the answer of a GLPI")
        return list(answer.get("data") or ()), int(answer["totalcount"])

    def _opened(self) -> HttpClient:
        path = "apirest.php/initSession"
        answer = self._client({"Authorization": f"user_token {self._user_token}"}).get_json(path)
        if not isinstance(answer, dict) or "session_token" not in answer:
            raise Unavailable(f"{path}: this is not the answer of a GLPI")
        return self._client({"Session-Token": str(answer["session_token"])})
