"""Table `mail`: the mails by which management reports are sent, and how that goes; they go with their report."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from hub.model.delivery import DeliveryState
from hub.model.mail import Mail
from hub.store.statements import statements


def _mail(row: tuple[Any, ...]) -> Mail:
    mail = Mail._make(row)
    return mail._replace(state=DeliveryState(mail.state))


class Mails:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "mail")

    def insert(self, mail_id: str, *, report: str, recipient: str, now: int) -> None:
        """One that is due at once."""
        self._connection.execute(self._sql["insert"], (mail_id, report, recipient, now, now))

    def of_report(self, report: str) -> list[Mail]:
        rows = self._connection.execute(f"{self._sql['columns']} WHERE report = ? ORDER BY seq", (report,))
        return [_mail(row) for row in rows]

    def is_any_due(self, now: int) -> bool:
        """Whether there is one to claim."""
        return self._connection.execute(self._sql["is_due"], {"now": now}).fetchone() is not None

    def claim(self, token: str, *, now: int, until: int) -> Mail | None:
        """Take the one that is due longest, until an instant."""
        row = self._connection.execute(self._sql["claim"], {"token": token, "now": now, "until": until}).fetchone()
        if row is None:
            return None
        return _mail(self._connection.execute(f"{self._sql['columns']} WHERE id = ?", row).fetchone())

    def settle(self, mail: Mail, *, token: str) -> bool:
        """Keep what has become of it; False when another holds it, or it is gone."""
        values = {**mail._asdict(), "token": token}
        return self._connection.execute(self._sql["settle"], values).rowcount > 0

    def revive(self, report: str, *, now: int) -> int:
        """Send those of a report once more that were given up, as if they were written now; gives how many."""
        return self._connection.execute(self._sql["revive"], {"now": now, "report": report}).rowcount

    def tokens(self) -> list[str]:
        return [token for (token,) in self._connection.execute(self._sql["tokens"])]

    def release(self, tokens: Iterable[str]) -> None:
        """Let others take what is held with these tokens."""
        self._connection.executemany(self._sql["release"], [(token,) for token in tokens])
