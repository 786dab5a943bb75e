"""Asks Request Tracker 5 for queues, tickets, transactions and messages: its searches, its rows, its traps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.http import HttpClient
from adapters.keyset import earlier, looked_back
from hub.ports import FilterIgnored, Unavailable

Row = Mapping[str, Any]

DAY = timedelta(days=1)
STAMP = "%Y-%m-%d %H:%M:%S"

PAGE_SIZE = 100
"""Request Tracker never gives more at once, whatever it is asked for."""
TICKET = {
    "fields": "Subject,Status,Priority,Queue,Owner,Creator,Requestor,Cc,CustomFields,"
    "Created,LastUpdated,Started,Resolved,Due",
    "fields[Queue]": "Name",
    "fields[Owner]": "Name,EmailAddress,RealName",
    "fields[Creator]": "Name,EmailAddress,RealName",
    "fields[Requestor]": "Name,EmailAddress,RealName",
    "fields[Cc]": "Name,EmailAddress,RealName",
}
OF_TICKETS = "ObjectType = 'RT::Ticket' AND Type != 'EmailRecord' AND Type != 'CommentEmailRecord'"
PLAIN = "Type != 'Comment' AND Type != 'CustomField'"
"""What whoever sees a ticket sees of it; comments and custom fields each have a right of their own."""


class Tracker:
    """The searches that the adapter needs. Rows come by rising id, at most `page_size` at once."""

    def __init__(self, http: HttpClient, *, queues: Sequence[str] = (), page_size: int = PAGE_SIZE) -> None:
        self.http = http
        self.page_size = page_size
        self._names = tuple(queues)
        self._queues: tuple[str, ...] | None = None

    def version(self) -> str:
        answer = self.http.get_json("REST/2.0/rt")
        if not isinstance(answer, dict) or "Version" not in answer:
            raise Unavailable("REST/2.0/rt: this is not the answer of a Request Tracker 5")
        return str(answer["Version"])

    def queues(self) -> tuple[str, ...]:
        """The ids of the queues that are wanted; none when all are.

        Raises Unavailable for a queue that our user does not see: a search in it would find nothing, and not say so.
        """
        if self._queues is None:
            wanted = json.dumps([{"field": "Name", "operator": "IN", "value": list(self._names)}])
            rows = self._rows("queues", {"query": wanted, "fields": "Name"}) if self._names else []
            found = {str(row["Name"]).casefold(): str(row["id"]) for row in rows}
            missing = [name for name in self._names if name.casefold() not in found]
            if missing:
                raise Unavailable(f"the tracker shows our user no queue {', '.join(map(repr, missing))}")
            self._queues = tuple(found.values())
        return self._queues

    def tickets_after(
        self, ticket: int, *, active: bool = False, since: datetime | None = None
    ) -> Iterator[list[Row]]:
        """All tickets, or only those in an active status, with an id above the given one: page after page.

        With `since` those that changed then or later, and of the day before: RT reads a time in our user's zone.
        Raises FilterIgnored for one of two days before, as RT answers a time that it does not understand with all.
        """
        condition = "Type = 'ticket'" + (" AND Status = '__Active__'" if active else "")
        if since is not None:
            begin = looked_back(since, DAY)
            condition += f" AND LastUpdated >= '{begin.astimezone(UTC).strftime(STAMP)}'" if begin else ""
        while rows := self._tickets(condition, ticket):
            if since is not None:
                _refuse_older(rows, earlier(since, 2 * DAY))
            yield rows
            ticket = int(rows[-1]["id"])

    def tickets(self, ids: Sequence[int]) -> list[Row]:
        """The tickets with these ids, at most `page_size`. Deleted and merged ones are not in any search."""
        wanted = " OR ".join(f"id = {ticket}" for ticket in ids)
        return self._tickets(f"({wanted}) AND Type = 'ticket'") if ids else []

    def newest_transaction(self) -> int:
        """The id of the latest transaction of a ticket; 0 when there is none."""
        order = {"orderby": "id", "order": "DESC", "per_page": "1", "fields": "Type"}
        rows = self._rows("transactions", {"query": f"id > 0 AND {OF_TICKETS} AND {PLAIN}", **order})
        return max((int(row["id"]) for row in rows), default=0)

    def transactions_after(self, transaction: int) -> Iterator[list[Row]]:
        """What happened to tickets after a transaction: page after page.

        What our user may not see is cut out of a page after the page was made, and no total is told: an empty page
        may have others behind it. Of the plain ones nothing is cut out, so they are asked for before it is the end.
        """
        while rows := self._transactions(transaction) or self._transactions(transaction, f" AND {PLAIN}"):
            yield rows
            transaction = int(rows[-1]["id"])

    def messages(self, tickets: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
        """{ticket: its messages} as far as our user sees them: type, author, date and text without attachments."""
        found: dict[str, list[dict[str, Any]]] = {}
        for rows in self._written(tickets):
            texts = self._texts([int(row["id"]) for row in rows])
            for row in rows:
                message = {"id": row["id"], "type": row["Type"], "author": row["Creator"]["id"]}
                message |= {"date": row["Created"], "text": texts.get(row["id"], "")}
                found.setdefault(str(row["ObjectId"]), []).append(message)
        return found

    def _tickets(self, condition: str, after: int = 0) -> list[Row]:
        own = self._within("Queue")
        query = f"id > {after} AND {condition}" + (f" AND ({own})" if own else "")
        return self._after(after, "tickets", query=query, **TICKET)

    def _transactions(self, after: int, condition: str = "") -> list[Row]:
        own = self._within("TicketQueue")
        # A ticket that leaves our queues is in another one when we hear of it.
        left = self._within("OldValue")
        ours = f" AND ({own} OR (Type = 'Set' AND Field = 'Queue' AND ({left})))" if own else ""
        query = f"id > {after} AND {OF_TICKETS}{ours}{condition}"
        return self._after(after, "transactions", query=query, fields="Type,ObjectId,Created")

    def _written(self, tickets: Sequence[int]) -> Iterator[list[Row]]:
        after = 0
        ours = " OR ".join(f"ObjectId = {ticket}" for ticket in tickets)
        kinds = "Type = 'Create' OR Type = 'Correspond' OR Type = 'Comment'"
        while rows := self._after(
            after,
            "transactions",
            query=f"id > {after} AND {OF_TICKETS} AND ({ours}) AND ({kinds})",
            fields="Type,ObjectId,Created,Creator",
        ):
            yield rows
            after = int(rows[-1]["id"])

    def _texts(self, transactions: Sequence[int]) -> dict[str, str]:
        """{transaction: the first plain text in it}."""
        wanted = {"field": "TransactionId", "operator": "IN", "value": list(transactions)}
        plain = {"field": "ContentType", "value": "text/plain"}
        texts: dict[str, str] = {}
        after = 0
        while rows := self._after(
            after,
            "attachments",
            query=json.dumps([wanted, plain, {"field": "id", "operator": ">", "value": after}]),
            fields="TransactionId,Content,Filename",
        ):
            for row in rows:
                if not row["Filename"]:
                    texts.setdefault(str(row["TransactionId"]), row["Content"])
            after = int(rows[-1]["id"])
        return texts

    def _within(self, field: str) -> str:
        return " OR ".join(f"{field} = {queue}" for queue in self.queues())

    def _after(self, after: int, kind: str, **params: str) -> list[Row]:
        """A page of what a query finds. Raises Unavailable when it holds what the query excludes."""
        order = {"orderby": "id", "order": "ASC", "per_page": str(self.page_size)}
        rows = self._rows(kind, order | params)
        if rows and int(rows[0]["id"]) <= after:
            raise Unavailable(f"the filter was ignored: {kind} {rows[0]['id']}, asked was what follows {after}")
        return rows

    def _rows(self, kind: str, params: Mapping[str, str]) -> list[Row]:
        answer = self.http.get_json(f"REST/2.0/{kind}", params)
        try:
            return sorted(answer["items"], key=lambda row: int(row["id"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"REST/2.0/{kind}: this is not the answer of a Request Tracker 5") from error


def _refuse_older(rows: Sequence[Row], least: datetime) -> None:
    for row in rows:
        if datetime.fromisoformat(row["LastUpdated"]) < least:
            raise FilterIgnored(
                f"the filter was ignored: ticket {row['id']} changed at {row['LastUpdated']}, asked was for"
                f" {least.astimezone(UTC).strftime(STAMP)} or later"
            )
