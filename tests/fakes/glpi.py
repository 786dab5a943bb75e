"""A GLPI as far as its public documents go: sessions that go stale, numbered columns, ranges, and a dustbin."""

from datetime import UTC, tzinfo
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

USER_TOKEN = "reads-and-no-more"
APP_TOKEN = "app-of-the-hub"
STAMP = "%Y-%m-%d %H:%M:%S"
OPTIONS = {1: "name", 2: "id", 3: "priority", 12: "status", 15: "date", 19: "date_mod", 21: "content"}


class Glpi(Vendor):
    """`zone` is that of the clock on its wall. `sessions` are the tokens it knows; `ignores` breaks the filter.

    `most` is how many rows it gives at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[int, Any]] = {}
        self.dustbin: set[int] = set()
        self.sessions: set[str] = set()
        self.zone: tzinfo = UTC
        self.options = dict(OPTIONS)
        self.ignores = False
        self.most = 1000
        self._opened = 0

    def create(self, title: str, **columns: Any) -> int:
        key, stamp = len(self.tickets) + 1, self._stamp()
        self.tickets[key] = {1: title, 2: key, 3: 3, 4: "field.ops", 5: None, 7: "Network", 8: None, 12: 1}
        self.tickets[key] |= {15: stamp, 19: stamp, 21: "", 80: "Root", 83: None}
        self.tickets[key] |= {int(number.removeprefix("c")): value for number, value in columns.items()}
        return key

    def change(self, key: int, status: int) -> None:
        self.tickets[key] |= {12: status, 19: self._stamp()}

    def put_on_one_stamp(self) -> None:
        for ticket in self.tickets.values():
            ticket[19] = self.now.astimezone(self.zone).strftime(STAMP)

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("app-token") != APP_TOKEN:
            raise self._refused(400, "ERROR_WRONG_APP_TOKEN_PARAMETER")
        what = asked.path.removeprefix("/apirest.php/")
        return self._open(asked) if what == "initSession" else self._within(asked, what)

    def _open(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"user_token {USER_TOKEN}":
            raise self._refused(401, "ERROR_GLPI_LOGIN_USER_TOKEN")
        self._opened += 1
        self.sessions.add(f"session-{self._opened}")
        return Answer(body={"session_token": f"session-{self._opened}"})

    def _within(self, asked: Asked, what: str) -> Answer:
        token = asked.headers.get("session-token")
        if token not in self.sessions:
            raise self._refused(401, "ERROR_SESSION_TOKEN_INVALID")
        match what:
            case "killSession":
                self.sessions.discard(str(token))
                return Answer(body=True)
            case "getFullSession":
                return Answer(body={"session": {"glpiname": "qos-hub"}})
            case "listSearchOptions/Ticket":
                return Answer(
                    body={"common": "Characteristics"} | {n: {"field": f} for n, f in self.options.items()}
                )
            case "search/Ticket":
                return self._search(asked)
        raise self._refused(404, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM")

    def _search(self, asked: Asked) -> Answer:
        found = [row for key, row in self.tickets.items() if key not in self.dustbin]
        if "criteria[0][field]" in asked.params and not self.ignores:
            field = int(asked.params["criteria[0][field]"])
            value = asked.params["criteria[0][value]"]
            later = asked.params["criteria[0][searchtype]"] == "morethan"
            found = [row for row in found if (str(row[field]) > value if later else str(row[field]) == value)]
        found.sort(key=lambda row: (row[int(asked.params["sort"])], row[2]))
        first, last = map(int, asked.params["range"].split("-"))
        if first and first >= len(found):
            raise self._refused(400, "ERROR_RANGE_EXCEED_TOTAL")
        shown = {int(value) for name, value in asked.params.items() if name.startswith("forcedisplay")}
        page = [
            {str(n): value for n, value in row.items() if n in shown}
            for row in found[first : min(last + 1, first + self.most)]
        ]
        body: dict[str, Any] = {"totalcount": len(found), "count": len(page), "sort": 19, "order": "ASC"}
        status = 200 if len(page) == len(found) else 206
        ends = f"{first}-{first + len(page) - 1}/{len(found)}"
        return Answer(status=status, body=body | ({"data": page} if page else {}), headers={"Content-Range": ends})

    def _stamp(self) -> str:
        return self.tick().astimezone(self.zone).strftime(STAMP)

    def _refused(self, status: int, code: str) -> Refused:
        return Refused(Answer(status=status, body=[code, "see the documentation"]))
