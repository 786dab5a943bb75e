"""The steps in which the tables came to be are read from files, in the order of their numbers."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from hub.store.migrations import migrations

TRIGGER = """-- What goes; twice is once.
CREATE TABLE gone (seq INTEGER PRIMARY KEY);

CREATE TRIGGER kept AFTER DELETE ON thing BEGIN
    DELETE FROM gone WHERE seq = old.seq;
    INSERT INTO gone VALUES (old.seq);
END;
"""


def test_a_step_has_as_many_statements_as_it_needs(tmp_path: Path) -> None:
    (tmp_path / "0001_things.sql").write_text("CREATE TABLE thing (seq INTEGER PRIMARY KEY);\n")
    (tmp_path / "0002_what_goes.sql").write_text(TRIGGER)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations(tmp_path).apply(Database(connection))
    connection.execute("INSERT INTO thing VALUES (7)")
    connection.execute("DELETE FROM thing")
    assert connection.execute("SELECT seq FROM gone").fetchall() == [(7,)]
    assert [one.name for one in migrations(tmp_path).applied(Database(connection))] == ["things", "what_goes"]


def test_a_step_whose_last_statement_has_no_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_things.sql").write_text(
        "CREATE TABLE thing (seq INTEGER);\nCREATE TABLE other (seq INTEGER)\n"
    )
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(ValueError, match="no end: CREATE TABLE other"):
        migrations(tmp_path).apply(Database(connection))
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'thing'").fetchall() == []


@pytest.mark.parametrize("names", [("0001_a", "0001_b"), ("0001_a", "0003_b"), ("0001_a", "0002_a"), ("1_a",)])
def test_steps_without_an_order_or_a_name_of_their_own_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / f"{name}.sql").write_text("")
    with pytest.raises(ValueError, match=names[-1].rpartition("_")[2]):
        migrations(tmp_path)
