"""The table of a help desk in a real database, written as its owner does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, Engine, MetaData, Numeric, String, Table, create_engine, text

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


class TicketTable:
    """`put` changes a ticket a second after the last change; stamps have a zone where the database knows zones."""

    def __init__(self, url: str, *, name: str = "ticket", zoned: bool = False) -> None:
        self.engine: Engine = create_engine(url)
        self._zoned = zoned
        self._start = START
        self._changes = 0
        moment = DateTime(timezone=zoned)
        self.table = Table(
            name,
            MetaData(),
            Column("ticket_id", String, primary_key=True),
            Column("title", String),
            Column("state", String),
            Column("weight", Numeric(6, 2)),
            Column("opened_at", moment),
            Column("changed_at", moment),
        )
        self.table.metadata.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def put(self, key: str, **values: Any) -> None:
        self._changes += 1
        stamp = self._start + timedelta(seconds=self._changes)
        now = stamp if self._zoned else stamp.replace(tzinfo=None)
        row = {"changed_at": now, **values}
        with self.engine.begin() as connection:
            changed = connection.execute(self.table.update().where(self.table.c.ticket_id == key).values(row))
            if not changed.rowcount:
                connection.execute(self.table.insert().values({"ticket_id": key, "opened_at": now, **row}))

    def shift_clock(self, seconds: float) -> None:
        """The stamps are so far ahead from now on."""
        self._start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds - self._changes)

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))
