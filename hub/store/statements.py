"""Named SQL: one file a table in `sql/<dialect>/`, one `-- name:` line before each statement.

Another database stands beside SQLite as another folder with the same files and the same names.
"""

from functools import cache
from pathlib import Path

MARK = "-- name: "


@cache
def statements(dialect: str, table: str) -> dict[str, str]:
    """The statements of one table by their names."""
    text = (Path(__file__).parent / "sql" / dialect / f"{table}.sql").read_text()
    named: dict[str, str] = {}
    for block in text.split(MARK)[1:]:
        name, _, body = block.partition("\n")
        named[name.strip()] = body.strip().removesuffix(";")
    return named
