"""The sql adapter on real databases: SQLite, and a PostgreSQL that is started for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import create_engine, text

import adapters.sql
import adapters.sql.source
from adapters.sql.database import Database
from adapters.sql.values import size_of
from hub.ports import AuthFailed, FilterIgnored, Page, Source, Unavailable
from tests.fakes.ticket_table import START, TicketTable
from tests.real.postgresql import OWNER, PASSWORD, READER, Postgresql


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A table and how the adapter reads it."""

    table: TicketTable
    options: dict[str, Any]

    def source(self, **options: Any) -> Source:
        return adapters.sql.make("desk", self.options | options)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    name = f"ticket_{uuid4().hex[:8]}"
    options: dict[str, Any] = {"key": ["ticket_id"], "stamp": "changed_at", "times": ["opened_at"]}
    options |= {"table": name, "page_size": 2}
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        made = Desk(table=TicketTable(url, name=name), options=options | {"url": url})
    else:
        server: Postgresql = request.getfixturevalue("postgresql")
        (tmp_path / "password").write_text(PASSWORD)
        made = Desk(
            table=TicketTable(server.url(OWNER, PASSWORD), name=name, zoned=True),
            options=options | {"url": server.url(READER), "password": f"file:{tmp_path / 'password'}"},
        )
        made.table.run(f"GRANT SELECT ON {name} TO {READER}")
    yield made
    made.table.close()


def keys(pages: list[Page]) -> list[str]:
    return [record.key for page in pages for record in page.records]


def fill(desk: Desk, count: int) -> list[str]:
    for number in range(count):
        desk.table.put(f"T{number}", title=f"Ticket {number}", weight=number)
    return [f"T{number}" for number in range(count)]


def test_rows_come_by_stamp_and_key_and_then_what_changed(desk: Desk) -> None:
    names = fill(desk, 5)
    pages = list(desk.source(lookback=0).pull({}))
    assert keys(pages) == names
    first = pages[0].records[0]
    assert (first.updated.isoformat(), first.data["weight"]) == ("2026-11-22T10:00:01+00:00", 0)
    assert first.data["changed_at"] == first.data["opened_at"] == "2026-11-22T10:00:01.000Z"
    desk.table.put("T1", state="WORK")
    cursor = json.loads(json.dumps(pages[-1].cursor))
    assert keys(list(desk.source(lookback=0).pull(cursor))) == ["T4", "T1"]
    assert keys(list(desk.source(lookback=2).pull(cursor))) == ["T2", "T3", "T4", "T1"]


def test_a_row_that_changes_between_two_pages_hides_no_other(desk: Desk) -> None:
    fill(desk, 5)
    pull = desk.source().pull({})
    found = keys([next(pull)])
    desk.table.put("T0", state="WORK")
    found += keys(list(pull))
    assert found == ["T0", "T1", "T2", "T3", "T4", "T0"]


def test_one_stamp_for_many_rows_is_passed_by_key_also_from_a_kept_place(desk: Desk) -> None:
    names = fill(desk, 7)
    desk.table.run(
        f"UPDATE {desk.options['table']} SET changed_at = (SELECT min(opened_at) FROM {desk.options['table']})"
    )
    first = next(iter(desk.source().pull({})))
    rest = list(desk.source().pull(json.loads(json.dumps(first.cursor))))
    assert keys([first, *rest]) == names
    assert rest[-1].cursor["at"] is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_a_row_that_is_committed_late_is_read_whatever_the_last_page_held(desk: Desk, size: int) -> None:
    fill(desk, 4)
    source = desk.source(page_size=size, lookback=2)
    cursor = json.loads(json.dumps(list(source.pull({}))[-1].cursor))
    desk.table.put("late")
    desk.table.run(
        f"UPDATE {desk.options['table']} SET changed_at ="
        f" (SELECT opened_at FROM {desk.options['table']} WHERE ticket_id = 'T2') WHERE ticket_id = 'late'"
    )
    assert "late" in keys(list(source.pull(cursor)))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_row_that_is_committed_behind_the_place_of_a_run_that_was_cut_off_is_read(
    desk: Desk, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(desk, 4)
    monkeypatch.setattr(Database, "now", lambda *_: START + timedelta(seconds=4))
    source = desk.source(page_size=size, lookback=4)
    pull = source.pull({})
    broken = [next(pull)]
    while len(keys(broken)) < 3:
        broken.append(next(pull))
    del pull
    cursor = json.loads(json.dumps(broken[-1].cursor))
    table = desk.options["table"]
    desk.table.put("late")
    desk.table.run(
        f"UPDATE {table} SET changed_at ="
        f" (SELECT opened_at FROM {table} WHERE ticket_id = 'T1') WHERE ticket_id = 'late'"
    )
    for _ in range(9):
        desk.table.put("after", state="WORK")
    monkeypatch.undo()
    rest = list(source.pull(cursor))
    later = list(source.pull(json.loads(json.dumps(rest[-1].cursor))))
    assert "late" in keys([*rest, *later])


def test_a_backfill_since_an_instant_takes_what_changed_since(desk: Desk) -> None:
    fill(desk, 5)
    since = {"since": "2026-11-22T10:00:04Z"}
    assert keys(list(desk.source(lookback=0).pull(since))) == ["T3", "T4"]
    desk.table.run(f"DELETE FROM {desk.options['table']}")
    assert keys(list(desk.source().pull(since))) == []


def test_a_query_joins_what_it_needs_and_can_only_read(desk: Desk) -> None:
    fill(desk, 3)
    table = desk.options["table"]
    query = f"SELECT upper(title) AS name, changed_at, ticket_id FROM {table} WHERE ticket_id <> 'T1'"
    (page,) = list(desk.source(table=None, query=query, times=[], page_size=9).pull({}))
    assert [record.data["name"] for record in page.records] == ["TICKET 0", "TICKET 2"]
    fresh = f"WITH gone AS (DELETE FROM {table} RETURNING *) SELECT * FROM gone"
    with pytest.raises(Unavailable, match=r"syntax error|data-modifying"):
        list(desk.source(table=None, query=fresh).pull({}))
    assert len(keys(list(desk.source().pull({})))) == 3


def test_a_question_that_takes_too_long_is_given_up(desk: Desk) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    endless = f"{numbers} SELECT count(*) AS ticket_id, 1 AS changed_at FROM n"
    with pytest.raises(Unavailable, match=r"interrupted|statement timeout"):
        list(desk.source(table=None, query=endless, timeout=0.3).pull({}))


def test_a_check_tells_the_version_and_the_clock(desk: Desk) -> None:
    check = desk.source().check()
    assert check.version.split(".")[0] in ("sqlite 3", "postgresql 15", "postgresql 16", "postgresql 17")
    assert check.clock_skew is not None
    assert abs(check.clock_skew) < 5
    with pytest.raises(Unavailable, match="nothing_here"):
        desk.source(table="nothing_here").check()
    desk.table.put("T1")
    with pytest.raises(Unavailable, match="there is no column 'number'"):
        list(desk.source(key=["ticket_id"], times=["number"]).pull({}))


def test_a_wrong_password_is_refused_and_not_told(postgresql: Postgresql, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("not-the-right-one")
    options = {"url": postgresql.url(READER), "password": f"file:{tmp_path / 'password'}"}
    desk = adapters.sql.make("desk", options | {"table": "ticket", "key": ["id"], "stamp": "at"})
    with pytest.raises(AuthFailed) as refused:
        desk.check()
    assert "not-the-right-one" not in str(refused.value)


def test_a_database_of_the_tests_goes_on_while_another_run_begins(
    postgresql: Postgresql, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each run closes the folder that all runs share to other users, and the server is one."""
    tmp_path_factory.getbasetemp().parent.chmod(0o700)
    owner = create_engine(postgresql.url(OWNER, PASSWORD), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("CHECKPOINT"))
    owner.dispose()


def test_the_server_itself_refuses_to_write_for_us(postgresql: Postgresql) -> None:
    """Even for a user who may: the connection is read-only."""
    table = TicketTable(postgresql.url(OWNER, PASSWORD), name=f"own_{uuid4().hex[:8]}", zoned=True)
    table.put("T1")
    table.run(
        f"CREATE FUNCTION wipe_{table.table.name}() RETURNS bigint LANGUAGE sql AS"
        f" 'WITH gone AS (DELETE FROM {table.table.name} RETURNING 1) SELECT count(*) FROM gone'"
    )
    query = f"SELECT *, wipe_{table.table.name}() AS gone FROM {table.table.name}"
    options = {"url": postgresql.url(OWNER), "password": "env:PGPASS", "query": query}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PGPASS", PASSWORD)
        desk = adapters.sql.make("desk", options | {"key": ["ticket_id"], "stamp": "changed_at"})
    with pytest.raises(Unavailable, match="read-only transaction"):
        list(desk.pull({}))
    table.close()


def sqlite_desk(folder: Path, form: str, stamps: list[object], **options: Any) -> Source:
    """A table whose stamps have no type of time."""
    table = TicketTable(f"sqlite:///{folder / 'desk.db'}", name="old")
    table.run("CREATE TABLE plain (id INTEGER, at)")
    for number, stamp in enumerate(stamps):
        table.run(f"INSERT INTO plain VALUES ({number}, {stamp!r})")
    table.close()
    own = {
        "url": f"sqlite:///{folder / 'desk.db'}",
        "table": "plain",
        "key": ["id"],
        "stamp": "at",
        "page_size": 2,
    }
    return adapters.sql.make("desk", own | {"stamp_format": form, "lookback": 0} | options)


@pytest.mark.parametrize(
    ("form", "stamps"),
    [
        ("epoch", [1795366980, 1795366981, 1795366982]),
        ("epoch_ms", [1795366980000, 1795366981000, 1795366982000]),
        ("iso", ["2026-11-22 17:03:00", "2026-11-22 17:03:01", "2026-11-22 17:03:02"]),
        ("iso", ["2026-11-22T17:03:00.5Z", "2026-11-22T17:03:01.5Z", "2026-11-22T17:03:02.0Z"]),
        ("iso", ["2026-11-22T19:03:00+02:00", "2026-11-22T19:03:01+02:00", "2026-11-22T19:03:02+02:00"]),
        ("%Y%m%d%H%M%S", ["20261122170300", "20261122170301", "20261122170302"]),
    ],
)
def test_stamps_that_are_numbers_or_texts_are_asked_for_as_such(
    tmp_path: Path, form: str, stamps: list[object]
) -> None:
    desk = sqlite_desk(tmp_path, form, stamps)
    pages = list(desk.pull({}))
    assert keys(pages) == ["0", "1", "2"]
    assert pages[-1].records[-1].updated.isoformat() == "2026-11-22T17:03:02+00:00"
    assert keys(list(desk.pull(pages[-1].cursor))) == ["2"]
    assert keys(list(desk.pull({"since": "2026-11-22T17:03:01Z"}))) == ["1", "2"]


def test_the_hour_that_comes_twice_is_read_again_until_it_has_passed(tmp_path: Path) -> None:
    desk = sqlite_desk(tmp_path, "iso", ["2024-10-27 02:50:00"], zone="Europe/Berlin")
    table, cursor = TicketTable(f"sqlite:///{tmp_path / 'desk.db'}", name="old"), dict[str, Any]()
    found = []
    for number, stamp in enumerate(["02:10:00", "02:59:59", "02:00:00", "03:00:05", "03:00:04"], 1):
        cursor = json.loads(json.dumps(list(desk.pull(cursor))[-1].cursor))
        table.run(f"INSERT INTO plain VALUES ({number}, '2024-10-27 {stamp}')")
        found.append(keys(list(desk.pull(cursor))))
    table.close()
    assert found == [["1", "0"], ["1", "0", "2"], ["3", "1", "0", "2"], ["3", "1", "0", "2", "4"], ["4"]]


def test_texts_that_do_not_sort_as_time_are_found_out(tmp_path: Path) -> None:
    desk = sqlite_desk(tmp_path, "%d.%m.%Y", ["01.12.2026", "30.11.2026"])
    with pytest.raises(FilterIgnored, match="does the column 'at' sort as time"):
        list(desk.pull({}))


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    desk = adapters.sql.make(
        "desk", {"url": f"sqlite:///{tmp_path / 'away.db'}", "table": "t", "key": ["i"], "stamp": "at"}
    )
    with pytest.raises(Unavailable, match="unable to open database file"):
        desk.check()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "place", "why"),
    [
        ({"url": "postgresql+psycopg://a:b@127.0.0.1/db"}, "url", "use password"),
        ({"url": "postgresql+psycopg://a@127.0.0.1/db?connect_timeout=5&password=b"}, "url", "use password"),
        ({"url": "postgresql+psycopg://a@127.0.0.1/db?sslPassword=b"}, "url", "use password"),
        ({"url": "sqlite:///db?odbc_connect=Server%3Da%3BPWD%3Db"}, "url", "use password"),
        ({"url": "no address"}, "url", "this is no address of a database"),
        ({"url": "nosuch://127.0.0.1/db"}, "url", "this is no address of a database"),
        ({"url": "oracle+oracledb://127.0.0.1/db"}, "url", "is not installed"),
        ({"query": "SELECT 1"}, "table", "rows come from a table or from a query"),
        ({"query": "DELETE FROM t", "table": None}, "query", "one SELECT"),
        ({"query": "SELECT 1; DROP TABLE t", "table": None}, "query", "without a semicolon"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, Any], place: str, why: str) -> None:
    own = {"url": "sqlite:///desk.db", "table": "t", "key": ["id"], "stamp": "at"}
    with pytest.raises(ValidationError) as refused:
        adapters.sql.make("desk", own | options)
    assert isinstance(refused.value.messages, dict)
    assert why in str(refused.value.messages[place])


def test_a_stamp_of_the_year_one_is_read_again_and_stops_nothing(desk: Desk) -> None:
    fill(desk, 1)
    desk.table.run(f"UPDATE {desk.options['table']} SET changed_at = '0001-01-01 00:00:00'")
    cursor = json.loads(json.dumps(list(desk.source().pull({}))[-1].cursor))
    assert keys(list(desk.source().pull(cursor))) == ["T0"]


def test_a_clock_of_the_database_that_ran_ahead_hides_nothing_when_it_is_put_right(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(hours=1)
    desk.table.shift_clock(ahead.total_seconds())
    fill(desk, 1)
    with monkeypatch.context() as patched:
        patched.setattr("adapters.sql.database.Database.now", lambda *_: datetime.now(UTC) + ahead)
        *_, last = desk.source(lookback=0).pull({})
    desk.table.shift_clock(0)
    desk.table.put("right", title="Right")
    assert keys(list(desk.source(lookback=0).pull(last.cursor))) == ["right", "T0"]


def test_a_page_ends_before_it_is_too_large_and_a_row_that_is_too_large_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.sql.source, "SIZE_LIMIT", 10_000)
    names = fill(desk, 5)
    for name in names:
        desk.table.put(name, title="x" * 4_000)
    pages = list(desk.source(page_size=500).pull({}))
    assert keys(pages) == names
    assert [len(page.records) for page in pages] == [2, 2, 1]
    desk.table.put("T2", title="x" * 20_000)
    desk.table.put("T3", title="y")
    taken = list[Page]()
    with pytest.raises(Unavailable, match=r"the row with ticket_id 'T2' has more .* in the column 'title'"):
        taken.extend(desk.source(page_size=500).pull({}))
    assert keys(taken) == ["T0", "T1", "T4"]


def test_a_document_in_a_row_counts_with_all_that_is_in_it() -> None:
    assert size_of({"a": ["x" * 10, b"y" * 10, 7], "b": None}) == 1 + 10 + 10 + 16 + 1 + 16


def peak(*, anew: bool = False) -> int:
    """The most memory (kB) that this process has held, since it was asked for anew."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def test_a_large_answer_stays_with_the_database_until_it_is_wanted(postgresql: Postgresql, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    query = "SELECT i AS id, i AS at, repeat('x', 1000000) AS body FROM generate_series(1, 400) i"
    own = {"url": postgresql.url(READER), "password": f"file:{tmp_path / 'password'}", "query": query}
    source = adapters.sql.make("desk", own | {"key": ["id"], "stamp": "at", "stamp_format": "epoch"})
    before = peak(anew=True)
    page = next(iter(source.pull({})))
    assert len(page.records) == 16
    assert peak() - before < 200_000, "of 400 MB"
