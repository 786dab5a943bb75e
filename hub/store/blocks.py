"""Table `problem_block`: of each few row numbers on end, how many reports there are and the latest of their dates.

A list in the order of the rows passes over the blocks in which nothing is late enough, and a deep offset over those
that it skips. A date here is never too early; where the report that had it is gone, it may be too late.
"""

from collections.abc import Iterable

from hub.query.sqlite_json import Sql
from hub.store.connection import Connection
from hub.store.rewriting import Rewritten
from hub.store.statements import statements
from hub.store.windows import Window

BLOCK = 256
"""How many row numbers a block has. A released database has blocks of this size."""

LATEST = {"creation_date": "created_last", "last_update": "updated_last"}

GUESSES = 4


class Blocks:
    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_block")

    def write(self, reports: Iterable[Rewritten]) -> None:
        blocks: dict[int, tuple[int, str, str]] = {}
        for seq, before, after in reports:
            number, dated = seq // BLOCK, after or before
            count, created, updated = blocks.get(number, (0, "", ""))
            blocks[number] = (
                count + bool(after) - bool(before),
                max(created, dated["creationDate"]),
                max(updated, dated["lastUpdate"]),
            )
        self._connection.executemany(self._sql["add"], [(number, *block) for number, block in blocks.items()])

    def place_of(self, offset: int) -> tuple[int, int]:
        """(row number, how many reports stand before it): a place from which few steps lead to the offset.

        The first guess is right where no report was deleted; each other one goes on by what was missing.
        """
        number, before = self._near(0), 0
        for _ in range(GUESSES):
            missing = offset - before
            if missing < BLOCK:
                break
            guess = number + missing // BLOCK
            number, before = guess, self._connection.execute(self._sql["before"], (guess,)).fetchone()[0]
        return number * BLOCK, before

    def _near(self, number: int) -> int:
        """The first block at or behind a number."""
        row = self._connection.execute(self._sql["next"], (number,)).fetchone()
        return int(row[0]) if row else number


def late_enough(window: Window) -> Sql | None:
    """Which blocks can have reports within a window; None where all can."""
    if window.low is None:
        return None
    sign, text = window.low
    return f"block.{LATEST[window.column]} {sign} ?", [text]
