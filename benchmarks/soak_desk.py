"""The operator of a soak: registers the listeners, pauses, resumes and enables them, and reads the hub's record."""

from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic
from typing import Any

import requests

from benchmarks.contract import BASE
from benchmarks.soak_client import Refused
from benchmarks.soak_listener import Keys, SoakListener
from benchmarks.soak_nouns import Delivery, Record

OPERATIONS = "/qos-hub/v1"
FACES = {"v5": BASE, "v4": BASE.replace("v5", "v4")}
HEARD_WITHIN = 60.0
"""Seconds for which a hub that does not answer is asked again; it may be starting."""


class Desk:
    """Asks any of the hubs."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._session = requests.Session()
        self._session.trust_env = False
        self._ids: dict[str, str] = {}
        self._pause = Event()

    def register(self, listener: SoakListener) -> None:
        audience = listener.audience
        given: dict[str, Any] = {
            "callback": listener.url(f"/{audience.name.replace(' ', '-')}"),
            "query": audience.query,
        }
        if audience.signatures != ("v1",):
            given["delivery"] = {"signature": {"kinds": list(audience.signatures)}}
        registered = self._ask("POST", f"{FACES[audience.face]}/hub", json=given).json()
        listener.keys = Keys(audience.signatures, registered)
        self._ids[audience.name] = registered["id"]
        if audience.order != "report":
            self.patch(audience.name, order=audience.order)

    def patch(self, name: str, **given: Any) -> None:
        self._ask("PATCH", f"{OPERATIONS}/subscriptions/{self._ids[name]}", json=given)

    def registration(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", f"{OPERATIONS}/subscriptions/{self._ids[name]}").json()
        return found

    def records(self) -> list[Record]:
        return [
            Record(
                event=one["id"],
                report=one["serviceProblem"]["id"],
                sequence=one["notification"]["sequence"],
                kind=one["eventType"],
            )
            for one in self._pages(f"{BASE}/serviceProblemEventRecord")
        ]

    def deliveries(self, name: str) -> list[Delivery]:
        """Those to one listener, the oldest first."""
        found = [
            Delivery(
                event=one["event"]["id"],
                report=one["serviceProblem"]["id"],
                sequence=one["event"]["sequence"],
                state=one["state"],
                attempts=one["attempts"],
            )
            for one in self._pages(f"{OPERATIONS}/deliveries", subscription=self._ids[name])
        ]
        return found[::-1]

    def wait_until_told(self, name: str, expected: int, within: float) -> None:
        """Until as many events have become deliveries as are expected, and each is settled; or for so many seconds."""

        def told() -> bool:
            count = self.registration(name)["count"]
            return not count["due"] + count["inFlight"] + count["parked"] and sum(count.values()) >= expected

        self.wait_for(told, within)

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        deadline = monotonic() + within
        while not (met := condition()) and monotonic() < deadline:
            self._pause.wait(0.1)
        return met

    def close(self) -> None:
        self._session.close()

    def _pages(self, path: str, **filters: str) -> list[dict[str, Any]]:
        """A whole list; nothing is added to it any more."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self._ask("GET", path, params={**filters, "offset": len(found), "limit": 1000})
            found += answer.json()
            if len(found) >= int(answer.headers["X-Total-Count"]):
                return found

    def _ask(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Raises Refused for what is wrong, and when no hub answers for long."""
        deadline, said = monotonic() + HEARD_WITHIN, "no answer"
        while monotonic() < deadline:
            for url in self._urls:
                try:
                    answer = self._session.request(method, url + path, timeout=30, **arguments)
                except requests.RequestException as error:
                    said = str(error)
                    continue
                if answer.ok:
                    return answer
                said = f"{answer.status_code} {answer.text[:500]}"
                if answer.status_code < 500:
                    raise Refused(f"{method} {path}: {said}")
            self._pause.wait(0.1)
        raise Refused(f"{method} {path}: {said}")
