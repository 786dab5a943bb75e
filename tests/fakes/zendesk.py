"""A Zendesk account as far as its public documents go: the incremental export, its cursor, and what it keeps back."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

USER = ("qos@example.test/token", "reads-and-no-more")
MINUTE = timedelta(minutes=1)


class Zendesk(Vendor):
    """`generated` is when anybody last changed a ticket: the order of the export, which `updated_at` does not tell."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.generated: dict[int, datetime] = {}
        self.role = "admin"

    def create(self, title: str, **fields: Any) -> int:
        key, stamp = len(self.tickets) + 1, self.tick()
        mandatory = {
            "id": key,
            "subject": title,
            "description": "",
            "status": "new",
            "priority": "normal",
            "created_at": self._text(stamp),
            "updated_at": self._text(stamp),
            "requester_id": 21,
            "assignee_id": None,
            "organization_id": None,
            "tags": [],
            "custom_fields": [{"id": 360001, "value": None}],
            "url": f"{self.url}/api/v2/tickets/{key}.json",
        }
        self.tickets[key] = mandatory | fields
        self.generated[key] = stamp
        return key

    def change(self, key: int, **fields: Any) -> None:
        stamp = self.tick()
        self.tickets[key] |= fields | {"updated_at": self._text(stamp)}
        self.generated[key] = stamp

    def change_by_the_system(self, key: int, **fields: Any) -> None:
        """An automation or a bulk job: `updated_at` stays as it is."""
        self.tickets[key] |= fields
        self.generated[key] = self.tick()

    def put_on_one_stamp(self) -> None:
        for key, ticket in self.tickets.items():
            ticket["updated_at"] = self._text(self.now)
            self.generated[key] = self.now

    def answer(self, asked: Asked) -> Answer:
        known = "Basic " + base64.b64encode(":".join(USER).encode()).decode()
        given = asked.headers.get("authorization")
        if given not in (None, known):
            raise Refused(Answer(status=401, body={"error": "Couldn't authenticate you"}))
        match asked.path:
            case "/api/v2/users/me.json":
                nobody = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}
                me = {"id": 7, "name": "QoS hub", "email": "qos@example.test", "role": self.role}
                return Answer(body={"user": me if given else nobody})
            case "/api/v2/incremental/tickets/cursor.json" if given and self.role == "admin":
                return self._export(asked)
        raise Refused(Answer(status=403, body={"error": "Forbidden"}))

    def _export(self, asked: Asked) -> Answer:
        if "cursor" in asked.params:
            place = base64.b64decode(asked.params["cursor"]).decode()
        else:
            start = datetime.fromtimestamp(int(asked.params["start_time"]), UTC)
            if start > datetime.now(UTC) - MINUTE:
                raise Refused(Answer(status=422, body={"error": "StartTimeTooRecent"}))
            place = self._place(start, 0)
        size = int(asked.params.get("per_page", 1000))
        old_enough = datetime.now(UTC) - MINUTE
        behind = sorted(
            (self._place(stamp, key), key)
            for key, stamp in self.generated.items()
            if self._place(stamp, key) > place and stamp <= old_enough
        )
        page = behind[:size]
        after = base64.b64encode((page[-1][0] if page else place).encode()).decode()
        stamps = {key: int(self.generated[key].timestamp()) for _, key in page}
        tickets = [self.tickets[key] | {"generated_timestamp": stamps[key]} for _, key in page]
        return Answer(
            body={
                "tickets": tickets,
                "after_cursor": after,
                "end_of_stream": len(behind) <= size,
                "after_url": None,
            }
        )

    def _place(self, stamp: datetime, key: int) -> str:
        return f"{stamp:%Y%m%d%H%M%S}-{key:09d}"

    def _text(self, stamp: datetime) -> str:
        return f"{stamp:%Y-%m-%dT%H:%M:%S}Z"
