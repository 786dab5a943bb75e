"""A Zabbix as it was seen to be: errors with 200, changes in place, deletions in silence, and no word on a wrong name.

The answers are those of version 6.0.14; how one logs in, and what one may ask for, is by `version`, as documented.
"""

from collections.abc import Mapping
from typing import Any

from tests.fakes.vendor import Answer, Asked, Vendor

IMITATED = "6.0.14"
USER = ("reader", "reads-and-no-more")
TOKEN = "b3635951d4bc1aba35a2180b2b56932b"
GROUP = "noc"
HOST = {"hostid": "10559", "host": "cell-north", "name": "Cell north", "status": "0"}
NO_LOGIN = (-32500, "Application error.", "Incorrect user name or password or account is temporarily blocked.")
NO_SESSION = (-32602, "Invalid params.", "Session terminated, re-login, please.")
NO_AUTH = (-32602, "Invalid params.", "Not authorized.")
NO_DATABASE = (1, "Error connecting to database.", "")
NO_TOKEN_HERE = (-32602, "Invalid params.", 'The "apiinfo.version" method must be called without a token.')
STRANGE_AUTH = (-32600, "Invalid request.", 'Invalid parameter "/": unexpected parameter "auth".')
STRANGE_USER = (-32602, "Invalid params.", 'Invalid parameter "/": unexpected parameter "user".')
STRANGE_NAME = (-32602, "Invalid params.", 'Invalid parameter "/": unexpected parameter "select_acknowledges".')


class ZabbixError(Exception):
    """Carries code, message and data of an error."""


class Zabbix(Vendor):
    """`sessions` are the tokens it knows. `ignores` makes it pass over `eventid_from`; `sees_groups` is our right.

    `logins` counts them. `broken` is an error that it gives to everything. With `repeats_token` an error has the
    caller's token in it.
    """

    def __init__(self, version: str = IMITATED) -> None:
        super().__init__()
        self.version = version
        self.events: dict[int, dict[str, Any]] = {}
        self.deleted_triggers: set[str] = set()
        self.host = dict(HOST)
        self.sessions: set[str] = {TOKEN}
        self.ignores = False
        self.sees_groups = True
        self.broken: tuple[int, str, str] | None = None
        self.logins = 0
        self.repeats_token = False
        self._next = 1

    def create(self, title: str, **fields: Any) -> int:
        event = self._event(value="1", name=title, severity="4", objectid=str(23_000 + self._next))
        self.events[event] |= {"opdata": "MOS 3.1", "tags": [{"tag": "service", "value": "volte-north"}]}
        self.events[event] |= fields
        return event

    def recover(self, event: int, *, by: str = "0") -> None:
        """It ends; `by` is the id of who closed it."""
        row = self.events[event]
        row["r_eventid"] = str(self._event(value="0", name=row["name"], objectid=row["objectid"], userid=by))

    def act(self, event: int, action: int, *, message: str = "", **fields: Any) -> None:
        """An acknowledgement, or whatever else is kept as one: it changes the event in place."""
        row, made = self.events[event], sum(len(one["acknowledges"]) for one in self.events.values())
        act = {"acknowledgeid": str(made + 1), "userid": "1", "eventid": str(event), "action": str(action)}
        act |= {"clock": str(int(self.tick().timestamp())), "message": message}
        row["acknowledges"] = [*row["acknowledges"], {**act, "old_severity": "0", "new_severity": "0"}]
        row |= ({"acknowledged": "1"} if action & 2 else {}) | fields

    def housekeep(self, *events: int) -> None:
        for event in events:
            del self.events[event]

    def put_on_one_stamp(self) -> None:
        for row in self.events.values():
            row |= {"clock": str(int(self.now.timestamp())), "ns": "0"}

    def answer(self, asked: Asked) -> Answer:
        body = asked.body
        result: dict[str, Any]
        try:
            result = {"result": self._result(body, asked.headers.get("authorization"))}
        except ZabbixError as error:
            result = {"error": dict(zip(("code", "message", "data"), error.args, strict=True))}
        return Answer(body={"jsonrpc": "2.0", **result, "id": body["id"]})

    def _result(self, body: Mapping[str, Any], header: str | None) -> Any:
        if self.broken is not None:
            raise ZabbixError(*self.broken)
        match body["method"]:
            case "apiinfo.version":
                if header or "auth" in body:
                    raise ZabbixError(*NO_TOKEN_HERE)
                return self.version
            case "user.login":
                return self._login(body["params"])
        self._admit(body, header)
        return self._within(
            body["method"], body["params"], body.get("auth") or str(header).removeprefix("Bearer ")
        )

    def _within(self, method: str, params: Any, token: str) -> Any:
        if self.repeats_token:
            raise ZabbixError(-32602, "Invalid params.", f'Invalid parameter "/auth": {token}.')
        match method:
            case "user.logout":
                self.sessions.discard(token)
                return True
            case "hostgroup.get":
                wanted = params.get("filter", {}).get("name", [GROUP])
                return [{"groupid": "20", "name": GROUP}] if self.sees_groups and GROUP in wanted else []
            case "problem.get":
                return self._found(params, [row for row in self.events.values() if self._is_open(row)])
            case "event.get":
                return [self._shown(row, params) for row in self._found(params, list(self.events.values()))]
        raise ZabbixError(-32601, "Method not found.", f'Incorrect API "{method}".')

    def _login(self, params: Mapping[str, Any]) -> str:
        self.logins += 1
        name = "username" if self._is_at_least(5, 4) else "user"
        if name == "username" and "user" in params and self._is_at_least(6, 4):
            raise ZabbixError(*STRANGE_USER)
        if (params.get(name), params.get("password")) != USER:
            raise ZabbixError(*NO_LOGIN)
        self.sessions.add(f"session-{self.logins}")
        return f"session-{self.logins}"

    def _admit(self, body: Mapping[str, Any], header: str | None) -> None:
        """Before 6.4 a header is overlooked, and from 7.2 on a token in the body is an error."""
        if self._is_at_least(7, 2) and "auth" in body:
            raise ZabbixError(*STRANGE_AUTH)
        token = body.get("auth") or (str(header or "").removeprefix("Bearer ") if self._is_at_least(6, 4) else "")
        if not token:
            raise ZabbixError(*NO_AUTH)
        if token not in self.sessions:
            raise ZabbixError(*NO_SESSION)

    def _found(self, params: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = rows if self.sees_groups else []
        if "eventids" in params:
            found = [row for row in found if row["eventid"] in params["eventids"]]
        if "eventid_from" in params and not self.ignores:
            found = [row for row in found if int(row["eventid"]) >= int(params["eventid_from"])]
        if "time_from" in params:
            found = [row for row in found if int(row["clock"]) >= params["time_from"]]
        if "value" in params:
            found = [row for row in found if int(row["value"]) in params["value"]]
        if "severities" in params:
            found = [row for row in found if int(row["severity"]) in params["severities"]]
        found.sort(key=lambda row: int(row["eventid"]), reverse=params.get("sortorder") == "DESC")
        return found[: params.get("limit")]

    def _shown(self, row: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        if "select_acknowledges" in params and self._is_at_least(7, 2):
            raise ZabbixError(*STRANGE_NAME)
        new, old = "selectAcknowledges" in params and self._is_at_least(7, 0), "select_acknowledges" in params
        there = row["objectid"] not in self.deleted_triggers
        shown = {name: row[name] for name in params["output"]}
        if "selectHosts" in params:
            shown["hosts"] = [dict(self.host)] if there else []
        if "selectRelatedObject" in params:
            shown["relatedObject"] = {"triggerid": row["objectid"], "status": "0"} if there else []
        if "selectTags" in params:
            shown["tags"] = row["tags"]
        if "selectSuppressionData" in params:
            shown["suppression_data"] = row["suppression_data"]
        return shown | ({"acknowledges": row["acknowledges"]} if new or old else {})

    def _is_open(self, row: Mapping[str, Any]) -> bool:
        there = row["objectid"] not in self.deleted_triggers
        return row["value"] == "1" and row["r_eventid"] == "0" and there

    def _is_at_least(self, major: int, minor: int) -> bool:
        return tuple(map(int, self.version.split(".")[:2])) >= (major, minor)

    def _event(self, **fields: Any) -> int:
        event, self._next = self._next, self._next + 1
        mandatory: dict[str, Any] = {
            "eventid": str(event),
            "clock": str(int(self.tick().timestamp())),
            "ns": "179932824",
            "severity": "0",
            "acknowledged": "0",
            "suppressed": "0",
            "r_eventid": "0",
            "userid": "0",
            "correlationid": "0",
            "opdata": "",
            "tags": [],
            "acknowledges": [],
            "suppression_data": [],
        }
        self.events[event] = mandatory | fields
        return event
