"""Table `report_schedule`: up to when the turns of each schedule of management reports have been seen to."""

import sqlite3
from typing import NamedTuple

from hub.store.statements import statements


class Standing(NamedTuple):
    """Every turn until `until` (microseconds) has been seen to; `period` and `report` are those of the last one made.

    `schedule` is the text of the schedule that this is about.
    """

    schedule: str
    until: int
    period: str | None
    report: str | None


class ReportSchedules:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "report_schedule")

    def get(self, name: str) -> Standing | None:
        """How it stands with the schedule of the definition of this name; None before it has begun."""
        row = self._connection.execute(self._sql["get"], (name,)).fetchone()
        return None if row is None else Standing._make(row)

    def begin(self, name: str, schedule: str, *, until: int) -> None:
        """Begin a schedule that is new, or another one than it was: nothing is due that was due before."""
        self._connection.execute(self._sql["begin"], {"name": name, "schedule": schedule, "until": until})

    def take(self, name: str, schedule: str, *, due: int, period: str, report: str) -> bool:
        """Take the turn that was due at an instant, and all before it; False when somebody has."""
        values = {"name": name, "schedule": schedule, "due": due, "period": period, "report": report}
        return self._connection.execute(self._sql["take"], values).rowcount > 0

    def delete(self, name: str) -> None:
        self._connection.execute(self._sql["delete"], (name,))
