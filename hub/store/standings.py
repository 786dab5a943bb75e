"""Table `listener`: how each listener has been doing; without a row, well."""

import sqlite3
from typing import Any

from hub.model.standing import Standing
from hub.store.statements import statements


def _standing(row: tuple[Any, ...]) -> Standing:
    values = dict(zip(Standing.__dataclass_fields__, row, strict=True))
    return Standing(**{**values, "probed": bool(values["probed"])})


class Standings:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "listener")
        self._of_one = f"{self._sql['columns']} WHERE subscription = ?"

    def get(self, subscription: int) -> Standing:
        """That of a listener with this row number."""
        row = self._connection.execute(self._of_one, (subscription,)).fetchone()
        return _standing(row) if row else Standing(subscription=subscription)

    def put(self, standing: Standing) -> None:
        values = tuple(getattr(standing, name) for name in Standing.__dataclass_fields__)
        self._connection.execute(self._sql["put"], values)

    def held(self, now: int) -> list[Standing]:
        """Those of listeners to which nothing is sent now."""
        rows = self._connection.execute(f"{self._sql['columns']} WHERE held_until > ?", (now,))
        return [_standing(row) for row in rows]

    def release(self, subscription: int) -> None:
        """Nothing holds this listener any more, neither its own wish nor its breaker."""
        self._connection.execute(self._sql["release"], (subscription,))

    def heal(self, now: int) -> int:
        """What was held at an instant that is still to come is held from now, for as long; how many there were."""
        return self._connection.execute(self._sql["heal"], {"now": now}).rowcount
