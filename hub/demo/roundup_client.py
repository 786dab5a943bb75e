"""What a person at the service desk does in Roundup, over its REST interface."""

from collections.abc import Iterable
from typing import Any

import requests

TIMEOUT = 30.0


class RoundupClient:
    """Files, changes and retires issues; raises requests.RequestException when Roundup does not accept."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._data = f"{url}/rest/data"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (username, password)
        # Roundup takes a write only from a caller that shows these: its guard against forged requests.
        self._session.headers.update({"X-Requested-With": "rest", "Origin": url, "Referer": f"{url}/"})

    def create_issue(
        self, title: str, *, status: str = "unread", priority: str = "bug", keyword: Iterable[str] = ()
    ) -> str:
        """The new issue's id. Keywords must exist: see `create_keyword`."""
        content = {"title": title, "status": status, "priority": priority, "keyword": list(keyword)}
        return self._created("issue", content)

    def create_keyword(self, name: str) -> str:
        return self._created("keyword", {"name": name})

    def create_user(self, username: str, password: str, *, roles: str = "User", timezone: str = "") -> str:
        content = {
            "username": username,
            "password": password,
            "address": f"{username}@example.test",
            "roles": roles,
            **({"timezone": timezone} if timezone else {}),
        }
        return self._created("user", content)

    def change_issue(self, issue: str, **changes: Any) -> None:
        """`change_issue("7", status="resolved")`."""
        self._request("PATCH", f"issue/{issue}", json=changes, headers={"If-Match": self._etag(issue)})

    def retire_issue(self, issue: str) -> None:
        """Roundup's delete: the issue leaves every list."""
        # Roundup 2.6 hangs on a DELETE that has a body and refuses one that does not say it is JSON.
        headers = {"If-Match": self._etag(issue), "Content-Type": "application/json"}
        self._request("DELETE", f"issue/{issue}", headers=headers)

    def restore_issue(self, issue: str) -> None:
        """Takes a retirement back."""
        content = {"@op": "action", "@action_name": "restore"}
        self._request("PATCH", f"issue/{issue}", json=content, headers={"If-Match": self._etag(issue)})

    def issue(self, issue: str) -> dict[str, Any]:
        answer = self._request("GET", f"issue/{issue}", params={"@verbose": "2"})
        attributes: dict[str, Any] = answer.json()["data"]["attributes"]
        return attributes

    def messages(self, issue: str) -> list[str]:
        """The texts of an issue, the oldest first."""
        ids = sorted((str(one["id"]) for one in self.issue(issue)["messages"]), key=int)
        return [self._request("GET", f"msg/{one}/content").json()["data"]["data"] for one in ids]

    def statuses(self) -> list[str]:
        """The words of the tracker for a status."""
        return self._names("status")

    def priorities(self) -> list[str]:
        return self._names("priority")

    def _names(self, kind: str) -> list[str]:
        answer = self._request("GET", kind, params={"@fields": "name"})
        return [row["name"] for row in answer.json()["data"]["collection"]]

    def _created(self, kind: str, content: dict[str, Any]) -> str:
        return str(self._request("POST", kind, json=content).json()["data"]["id"])

    def _etag(self, issue: str) -> str:
        return self._request("GET", f"issue/{issue}").headers["ETag"]

    def _request(self, method: str, path: str, **arguments: Any) -> requests.Response:
        answer = self._session.request(method, f"{self._data}/{path}", timeout=TIMEOUT, **arguments)
        if not answer.ok:
            raise requests.HTTPError(f"{method} {path}: {answer.status_code} {answer.text[:300]}", response=answer)
        return answer
