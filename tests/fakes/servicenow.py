"""A ServiceNow instance as far as the documents of its Table API go: encoded queries, ACLs, pages, what it ignores."""

import base64
import re
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

USER = ("qos.hub", "reads-and-no-more")
API_KEY = "now_reads-and-no-more"
STAMP = "%Y-%m-%d %H:%M:%S"
CONDITION = re.compile(r"(?P<field>[a-z_.]+?)(?P<operator>>=|!=|=|>|IN)(?P<value>.*)")
JOURNALS = {"work_notes": "Work notes", "comments": "Additional comments"}
KNOWN = ("sys_id", "number", "sys_updated_on", "state", "assignment_group", "active")


class ServiceNow(Vendor):
    """Table `incident`.

    `hidden` are the sys_ids that an ACL takes out of a page after the page was made. `zone` is by how much the
    instance misreads the times of a query. `knows` are the fields of which a query may speak: the part of a query
    that names another is ignored, as it is while `glide.invalid_query.returns_no_rows` is not set.

    `journals` are the entries of each row: (field, text). Fields in `locked` our user may not write: they stay as they
    are, and nobody says so. `before_change` holds answers to changes that are not made. `closing` is what the data
    policy wants to know before an incident is resolved or closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.hidden: set[str] = set()
        self.knows = set(KNOWN)
        self.zone = timedelta(0)
        self.journals: dict[str, list[tuple[str, str]]] = {}
        self.locked: set[str] = set()
        self.closing: tuple[str, ...] = ()
        self.before_change: list[Answer] = []

    def create(self, title: str, **fields: str) -> str:
        number = len(self.rows) + 1
        sys_id = f"{0xA1B2C3 * number:032x}"
        stamp = self.tick().strftime(STAMP)
        self.rows[sys_id] = {
            "sys_id": sys_id,
            "number": f"INC{number:07d}",
            "short_description": title,
            "description": "",
            "state": "1",
            "hold_reason": "",
            "priority": "3",
            "category": "network",
            "opened_at": stamp,
            "sys_created_on": stamp,
            "sys_updated_on": stamp,
            "close_code": "",
            "cmdb_ci.name": "",
            "business_service": "",
            "business_service.name": "",
            "caller_id.user_name": "abel.tuter",
            "assigned_to.user_name": "",
            "assignment_group": "",
            "assignment_group.name": "",
            "company.name": "",
            "location.name": "",
            **fields,
        }
        return sys_id

    def change(self, sys_id: str, **fields: str) -> None:
        self.rows[sys_id] |= {**fields, "sys_updated_on": self.tick().strftime(STAMP)}

    def put_on_one_stamp(self) -> None:
        for row in self.rows.values():
            row["sys_updated_on"] = self.now.strftime(STAMP)

    def delete(self, sys_id: str) -> None:
        del self.rows[sys_id]

    def answer(self, asked: Asked) -> Answer:
        basic = "Basic " + base64.b64encode(":".join(USER).encode()).decode()
        if asked.headers.get("authorization") != basic and asked.headers.get("x-sn-apikey") != API_KEY:
            message = {"message": "User Not Authenticated", "detail": "Required to provide Auth information"}
            raise Refused(Answer(status=401, body={"error": message, "status": "failure"}))
        place, _, key = asked.path.partition("/api/now/table/incident")[2].partition("/")
        if asked.path == "/api/now/table/incident":
            return self._rows(asked)
        if asked.path.startswith("/api/now/table/incident/") and not place:
            return self._row(key, asked)
        message = {"message": f"Invalid table {asked.path.rpartition('/')[2]}", "detail": ""}
        raise Refused(Answer(status=400, body={"error": message, "status": "failure"}))

    def _row(self, key: str, asked: Asked) -> Answer:
        if key not in self.rows or key in self.hidden:
            detail = "Record doesn't exist or ACL restricts the record retrieval"
            raise _failure(404, "No Record found", detail)
        if asked.method == "PATCH":
            if self.before_change:
                raise Refused(self.before_change.pop(0))
            self._change(key, asked.body)
        row = dict(self.rows[key])
        # A journal is not in the row: without display values it is empty.
        shown = asked.params.get("sysparm_display_value") in ("true", "all")
        for field in JOURNALS:
            row[field] = self._journal(key, field) if shown else ""
        wanted = asked.params.get("sysparm_fields", ",".join(row)).split(",")
        return Answer(body={"result": {name: row[name] for name in wanted if name in row}})

    def _change(self, key: str, fields: dict[str, str]) -> None:
        written = {name: value for name, value in fields.items() if name not in self.locked}
        after = self.rows[key] | written
        missing = [name for name in self.closing if after["state"] in ("6", "7") and not after.get(name)]
        if missing:
            detail = f"Data Policy Exception: \n The following fields are mandatory: {', '.join(missing)}"
            raise _failure(403, "Operation Failed", detail)
        if not written:
            return
        self.journals.setdefault(key, []).extend(
            (name, value) for name, value in written.items() if name in JOURNALS
        )
        self.change(key, **{name: value for name, value in written.items() if name not in JOURNALS})

    def _journal(self, key: str, field: str) -> str:
        """The latest entry first, each below a line that says when and by whom."""
        stamp, title = f"{self.now:{STAMP}}", JOURNALS[field]
        texts = [text for name, text in reversed(self.journals.get(key, [])) if name == field]
        return "".join(f"{stamp} - QoS Hub ({title})\n{text}\n\n" for text in texts)

    def _rows(self, asked: Asked) -> Answer:
        found = self._query(asked.params.get("sysparm_query", ""))
        limit = int(asked.params.get("sysparm_limit", 10_000))
        offset = int(asked.params.get("sysparm_offset", 0))
        # The page is cut first; what the user may not read is taken out of it afterwards.
        page = [row for row in found[offset : offset + limit] if row["sys_id"] not in self.hidden]
        wanted = asked.params["sysparm_fields"].split(",")
        body = {"result": [{name: row[name] for name in wanted if name in row} for row in page]}
        return Answer(body=body, headers={"X-Total-Count": str(len(found))})

    def _query(self, encoded: str) -> list[dict[str, Any]]:
        found = list(self.rows.values())
        order: list[str] = []
        for part in encoded.split("^"):
            if part.startswith("ORDERBY"):
                order.append(part.removeprefix("ORDERBY"))
            elif (condition := CONDITION.fullmatch(part)) and condition["field"] in self.knows:
                found = [row for row in found if self._holds(row, **condition.groupdict())]
        # Without an order of all columns, rows that are equal come as they like.
        found.sort(key=lambda row: str(row["sys_id"])[::-1])
        for name in reversed(order):
            found.sort(key=lambda row, name=name: str(row[name]))  # type: ignore[misc]
        return found

    def _holds(self, row: dict[str, Any], field: str, operator: str, value: str) -> bool:
        if field == "sys_updated_on":
            value = (datetime.strptime(value, STAMP) + self.zone).strftime(STAMP)
        match operator:
            case ">=":
                return str(row[field]) >= value
            case ">":
                return str(row[field]) > value
            case "IN":
                return row[field] in value.split(",")
            case "!=":
                return bool(row[field] != value)
            case _:
                return bool(row[field] == value)


def _failure(status: int, message: str, detail: str) -> Refused:
    return Refused(
        Answer(status=status, body={"error": {"message": message, "detail": detail}, "status": "failure"})
    )
