"""A database that is only read: each question in a transaction of its own that cannot write, and within its time."""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Select, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from adapters.rows import Row
from hub.ports import AuthFailed, Redaction, Unavailable

STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock."""
REFUSED = ("password authentication failed", "access denied", "login failed", "ora-01017", "no pg_hba.conf entry")
STREAMED = {"stream_results": True, "max_row_buffer": 20}
"""Has the drivers that can leave the answer with the database, and take so many rows of it at a time."""
RESTRICTED = {
    "postgresql": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET statement_timeout = {ms}"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {ms}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {s}"),
    "sqlite": ("PRAGMA query_only = ON",),
}
"""What makes a connection read-only and bounds its statements, by the kind of the database."""


class Database:
    """`timeout` is in seconds, `tls` for the driver. Connections are made for a pull, and not kept between two."""

    def __init__(self, url: URL, *, timeout: float, tls: Mapping[str, Any]) -> None:
        self._url = url
        self._kind = url.get_backend_name()
        self._redacted = Redaction([str(url.password)] if url.password else [])
        self._timeout = timeout
        self._until = 0.0
        self._engine = create_engine(_of_what_is_there(url), poolclass=NullPool, connect_args=dict(tls))
        event.listen(self._engine, "connect", self._restrict)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Raises AuthFailed and Unavailable, also for what is done with the connection."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self._ours(str(error.orig)) from error
        except SQLAlchemyError as error:
            raise self._ours(str(error)) from error

    def rows(self, connection: Connection, question: Select[Any]) -> Generator[Row, None, None]:
        """The answer as the database gives it, a few rows held at a time; the transaction ends with it.

        Raises Unavailable for an answer that takes longer than it may.
        """
        self._until = time.monotonic() + self._timeout
        with connection.begin(), connection.execute(question, execution_options=STREAMED) as answer:
            for row in answer.mappings():
                if time.monotonic() > self._until:
                    raise self._ours(f"the answer is not whole after {self._timeout:g} s")
                yield dict(row)

    def now(self, connection: Connection) -> datetime | None:
        """The database's own time; None where it does not tell its zone."""
        self._until = time.monotonic() + self._timeout
        with connection.begin():
            told = connection.execute(select(func.current_timestamp())).scalar()
        if self._kind == "sqlite":
            return datetime.fromisoformat(str(told)).replace(tzinfo=UTC)
        return told.astimezone(UTC) if isinstance(told, datetime) and told.tzinfo else None

    def version(self, connection: Connection) -> str:
        found = connection.dialect.server_version_info or ()
        return f"{self._kind} {'.'.join(map(str, found))}".strip()

    def _restrict(self, raw: Any, _: object) -> None:
        cursor = raw.cursor()
        for statement in RESTRICTED.get(self._kind, ()):
            cursor.execute(statement.format(ms=int(self._timeout * 1000), s=self._timeout))
        cursor.close()
        raw.commit()
        if self._kind == "sqlite":
            # It has no timeout of its own, and asks while it works whether it should stop.
            raw.set_progress_handler(lambda: time.monotonic() > self._until, STEPS)

    def _ours(self, message: str) -> AuthFailed | Unavailable:
        said = self._redacted(" ".join(message.split()))[:500]
        kind = AuthFailed if any(word in said.lower() for word in REFUSED) else Unavailable
        return kind(f"{self._url.render_as_string()}: {said}")


def _of_what_is_there(url: URL) -> URL:
    """The address under which SQLite makes no new file where there is none."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":", "file:")):
        return url
    return url.set(database=f"file:{quote(url.database)}?mode=ro").update_query_dict({"uri": "true"})
