import sqlite3
from pathlib import Path

import pytest

from hub.store.connection import GatheringConnection
from hub.store.inserting import SIZES, insert_rows

AT_A_TIME = SIZES[0]
INSERT = "INSERT OR FAIL INTO ticket (key, parts) VALUES (?, json_array(?, ?))"


@pytest.fixture
def connection(tmp_path: Path) -> GatheringConnection:
    opened = sqlite3.connect(tmp_path / "rows.db", factory=GatheringConnection, isolation_level=None)
    opened.execute("CREATE TABLE ticket (key INTEGER PRIMARY KEY, parts TEXT NOT NULL)")
    return opened


def keys(connection: GatheringConnection) -> list[int]:
    return [key for (key,) in connection.execute("SELECT key FROM ticket ORDER BY key")]


@pytest.mark.parametrize(
    "count", [0, 1, *SIZES, sum(SIZES), AT_A_TIME - 1, AT_A_TIME + 1, 3 * AT_A_TIME, 3 * AT_A_TIME + 5]
)
def test_however_many_rows_there_are_each_is_written_once(connection: GatheringConnection, count: int) -> None:
    insert_rows(connection, INSERT, [(key, f"a{key}", None) for key in range(count)])
    assert keys(connection) == [*range(count)]
    for key, parts in connection.execute("SELECT key, parts FROM ticket"):
        assert parts == f'["a{key}",null]'


def test_what_is_counted_as_changed_is_each_row(connection: GatheringConnection) -> None:
    before = connection.changes
    insert_rows(connection, INSERT, [(key, "a", "b") for key in range(AT_A_TIME + 3)])
    assert connection.changes - before == AT_A_TIME + 3


@pytest.mark.parametrize("refused", [AT_A_TIME // 2, AT_A_TIME + 1])
def test_a_refused_row_is_an_error_and_its_transaction_undoes_the_others(
    connection: GatheringConnection, refused: int
) -> None:
    rows = [(key, "a", "b") for key in range(AT_A_TIME + 3)]
    rows[refused] = rows[0]
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.IntegrityError, match=r"ticket\.key"):
        insert_rows(connection, INSERT, rows)
    connection.execute("ROLLBACK")
    assert keys(connection) == []


def test_an_upsert_takes_the_last_of_rows_with_one_key(connection: GatheringConnection) -> None:
    upsert = f"{INSERT} ON CONFLICT (key) DO UPDATE SET parts = excluded.parts"
    insert_rows(connection, upsert, [(1, "a", str(number)) for number in range(AT_A_TIME)])
    assert connection.execute("SELECT key, parts FROM ticket").fetchall() == [(1, f'["a","{AT_A_TIME - 1}"]')]


def test_what_waits_is_written_before(connection: GatheringConnection) -> None:
    """A row that was put earlier is there when later ones are inserted."""
    with connection.gathering():
        connection.put(lambda rows: insert_rows(connection, INSERT, [*rows]), (1, "a", "b"))
        with pytest.raises(sqlite3.IntegrityError):
            insert_rows(connection, INSERT, [(1, "a", "b")] * AT_A_TIME)
