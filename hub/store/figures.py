"""What is counted over the tables for those who watch the hub; each figure costs no more than what is open."""

import sqlite3

from hub.store.statements import statements

OPEN_STATES = ("ready", "waiting", "in_flight", "parked", "dead")


class Figures:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "figures")

    def due_since(self) -> dict[int, int]:
        """{row number of a registration: since when its oldest delivery could be sent}, in microseconds.

        What is held back for its listener (Retry-After, a breaker) could not; what has nothing due is left out.
        """
        return dict(self._connection.execute(self._sql["due_since"]))

    def deliveries(self) -> dict[str, int]:
        """{state: how many}, of those that are not delivered; `waiting` ones stand behind another of their report."""
        return {state: self._count(state) for state in OPEN_STATES}

    def listeners(self) -> dict[str, int]:
        """{state: how many registrations}."""
        return dict(self._connection.execute(self._sql["listeners"]))

    def certificate_ends(self, most: int) -> dict[str, int]:
        """{id of a registration: when the certificate that it is shown ends}, in microseconds, the first ones."""
        return dict(self._connection.execute(self._sql["certificate_ends"], (most,)))

    def made(self, table: str) -> int:
        """How many rows were ever written to the table `event` or `delivery`."""
        return self._count("made", table)

    def jobs(self) -> dict[tuple[str, str], int]:
        """{(kind, status): how many}."""
        return {(kind, status): count for kind, status, count in self._connection.execute(self._sql["jobs"])}

    def mails(self) -> dict[str, int]:
        """{state: how many mails of management reports}."""
        return dict(self._connection.execute(self._sql["mails"]))

    def mail_due_since(self) -> int | None:
        """Since when a mail could be sent, in microseconds; None where none waits."""
        since: int | None = self._connection.execute(self._sql["mail_due_since"]).fetchone()[0]
        return since

    def _count(self, name: str, *values: str) -> int:
        return int(self._connection.execute(self._sql[name], values).fetchone()[0])
