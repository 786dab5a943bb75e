"""The files adapter on real files: read on, half written, renamed, replaced, and wrong."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from marshmallow import ValidationError

import adapters.files
from hub.ports import Page, Record, Source, Unavailable

HEADER = "id;changed;state;text\n"
CSV: Mapping[str, Any] = {
    "format": "csv",
    "delimiter": ";",
    "key": ["id"],
    "stamp": "changed",
    "stamp_format": "%d.%m.%Y %H:%M",
    "zone": "Europe/Berlin",
}


class Folder:
    """A folder with files, and one reader that remembers its place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.options = {**CSV, "folder": str(path)}
        self.cursor: Mapping[str, Any] = {}

    def source(self, **options: Any) -> Source:
        return adapters.files.make("log", self.options | options)

    def pull(self, **options: Any) -> list[Record]:
        """What the next pull brings; its place is kept as the hub keeps it."""
        return [record for page in self.pages(**options) for record in page.records]

    def pages(self, **options: Any) -> Iterator[Page]:
        for page in self.source(**options).pull(self.cursor):
            self.cursor = json.loads(json.dumps(page.cursor))
            yield page

    def write(self, text: str, name: str = "log.csv", *, encoding: str = "utf-8") -> Path:
        with (self.path / name).open("ab") as file:
            file.write(text.encode(encoding))
        return self.path / name

    def ids(self, **options: Any) -> list[str]:
        return [record.key for record in self.pull(**options)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def row(key: object, minute: int = 0, state: str = "new", text: str = "") -> str:
    return f"{key};22.11.2026 18:{minute:02};{state};{text}\n"


def test_all_rows_of_a_ticket_arrive_in_their_order_at_their_own_time(folder: Folder) -> None:
    folder.write(HEADER + row(1, 1) + row(2, 2) + row(1, 3, "done"))
    found = folder.pull()
    assert [(record.key, record.data["state"]) for record in found] == [("1", "new"), ("2", "new"), ("1", "done")]
    assert found[0].updated == datetime(2026, 11, 22, 17, 1, tzinfo=UTC)
    assert found[0].data == {"id": "1", "changed": "2026-11-22T17:01:00.000Z", "state": "new", "text": ""}


def test_a_file_is_read_on_from_where_it_was(folder: Folder) -> None:
    folder.write(HEADER + row(1) + row(2))
    assert folder.ids(page_size=1) == ["1", "2"]
    assert folder.ids() == []
    folder.write(row(3))
    folder.write(HEADER + row(4), "other.csv")
    assert folder.ids() == ["3", "4"]


def test_a_half_written_line_waits_until_it_is_whole(folder: Folder) -> None:
    whole = row(2, text='"a; b\nand ""more"""')
    folder.write(HEADER + row(1) + whole[:30])
    assert folder.ids() == ["1"]
    folder.write(whole[30:-1])
    assert folder.ids() == []
    folder.write("\n")
    (second,) = folder.pull()
    assert second.data["text"] == 'a; b\nand "more"'


def test_a_half_written_header_waits_too(folder: Folder) -> None:
    folder.write(HEADER[:9])
    assert folder.ids() == []
    folder.write(HEADER[9:] + row(1))
    assert folder.ids() == ["1"]


def test_a_last_line_without_an_end_is_whole_when_nobody_writes_any_more(folder: Folder) -> None:
    file = folder.write(HEADER + row(1) + row(2).rstrip("\n"))
    assert folder.ids() == ["1"]
    os.utime(file, (time.time() - 61, time.time() - 61))
    assert folder.ids() == ["2"]
    folder.write("\n" + row(3))
    assert folder.ids() == ["3"]


def test_a_replaced_file_is_read_anew(folder: Folder) -> None:
    file = folder.write(HEADER + row(1) + row(2))
    assert folder.ids() == ["1", "2"]
    new = folder.write(HEADER + row(1) + row(2) + row(3), "new.tmp")
    new.rename(file)
    assert folder.ids() == ["1", "2", "3"], "another file under the name"
    file.write_text(HEADER + row(4))
    assert folder.ids() == ["4"], "the same file, and shorter"
    file.write_text(HEADER + row(5) + row(6))
    assert folder.ids() == ["5", "6"], "the same file, with something else before the place"


def test_a_renamed_file_is_known_again_and_its_rest_is_read(folder: Folder) -> None:
    file = folder.write(HEADER + row(1))
    assert folder.ids() == ["1"]
    folder.write(row(2))
    file.rename(folder.path / "log.1.csv")
    folder.write(HEADER + row(3))
    assert folder.ids() == ["2", "3"]
    (folder.path / "log.1.csv").unlink()
    folder.write(row(4))
    assert folder.ids() == ["4"]
    assert set(folder.cursor["files"]) == {"log.csv"}, "of a file that was taken away nothing is kept"


def test_a_file_that_is_still_being_brought_is_not_read(folder: Folder) -> None:
    folder.write(HEADER + row(1), ".log.csv")
    folder.write("no table", "notes.txt")
    assert folder.ids() == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("2;22.11.2026 18:00;new\n", "the row has 3 values, the first row names 4 columns"),
        (";22.11.2026 18:00;new;\n", "the key 'id' is ''"),
        ("2;2026-11-22;new;\n", "the stamp 'changed' is '2026-11-22'"),
        ('2;22.11.2026 18:00;"new"x;\n', "it is no CSV"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_loses_none_before_it(folder: Folder, bad: str, why: str) -> None:
    file = folder.write(HEADER + row(1) + bad + row(3))
    with pytest.raises(Unavailable, match=rf"log\.csv, at byte {len(HEADER + row(1))}: {why}"):
        folder.pull()
    assert folder.cursor["files"]["log.csv"]["offset"] == len(HEADER + row(1))
    with pytest.raises(Unavailable, match="at byte"):
        folder.pull()
    file.write_text(HEADER + row(1) + row(2) + row(3))
    assert folder.ids() == ["2", "3"]


def test_what_is_no_table_and_no_folder_is_unavailable(folder: Folder) -> None:
    folder.write("<html>welcome</html>\n")
    with pytest.raises(Unavailable, match="there is no column 'id'; there are <html>welcome</html>"):
        folder.pull()
    with pytest.raises(Unavailable, match="there is no such folder"):
        folder.source(folder=str(folder.path / "away")).check()


def test_a_user_without_a_name_as_in_a_container_has_a_number(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless(number: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nameless)
    assert folder.source().check().identity == str(os.getuid())


def test_a_column_that_stands_twice_in_the_first_row_is_refused(folder: Folder) -> None:
    folder.write("id;changed;state; state;;\n1;22.11.2026 18:00;new;done;;\n")
    with pytest.raises(Unavailable, match=r"log\.csv, first row: the column 'state' stands there twice"):
        folder.pull()


def test_columns_without_a_name_may_be_several(folder: Folder) -> None:
    folder.write("id;changed;state;;\n1;22.11.2026 18:00;new;;\n")
    assert folder.ids() == ["1"]


def test_lines_of_json_name_members_within_members(folder: Folder) -> None:
    options = {
        "format": "ndjson",
        "key": ["ticket.queue", "ticket.id"],
        "stamp": "at",
        "stamp_format": "epoch_ms",
        "zone": "UTC",
        "times": ["ticket.begun", "ticket.ended"],
        "gone": "deleted",
    }
    ticket = {"queue": "noc", "id": 7, "begun": 1795366980000, "ended": "never"}
    folder.write(json.dumps({"at": 1795366981500, "ticket": ticket}) + "\n\n", "a.ndjson")
    folder.write(json.dumps({"at": "1795366982500", "ticket": ticket, "deleted": True}) + "\n", "b.ndjson")
    first, second = folder.pull(**options)
    assert (first.key, first.gone, second.gone) == ("noc|7", False, True)
    assert first.updated.isoformat() == "2026-11-22T17:03:01.500000+00:00"
    assert first.data["ticket"] == {**ticket, "begun": "2026-11-22T17:03:00.000Z"}
    folder.write("[]\n", "b.ndjson")
    with pytest.raises(Unavailable, match="a line is a JSON object, not"):
        folder.pull(**options)


def test_a_line_of_values_within_values_without_end_is_named_and_loses_none_before_it(folder: Folder) -> None:
    options = {"format": "ndjson", "stamp_format": "iso"}
    good = json.dumps({"id": "1", "changed": "2026-11-22T18:00:00"}) + "\n"
    folder.write(good + "[" * 200_000 + "\n", "a.ndjson")
    with pytest.raises(Unavailable, match=rf"a\.ndjson, at byte {len(good)}: its values lie too deep"):
        folder.pull(**options)
    assert folder.cursor["files"]["a.ndjson"]["offset"] == len(good)


def test_a_byte_order_mark_is_overlooked_and_an_encoding_followed(folder: Folder) -> None:
    folder.write("\ufeff" + HEADER + row(1, text="Störung"))
    (first,) = folder.pull()
    assert (first.key, first.data["text"]) == ("1", "Störung")
    folder.write(HEADER + row(2, text="Störung"), "old.csv", encoding="latin-1")
    (second,) = folder.pull(pattern="old.csv", encoding="latin-1")
    assert second.data["text"] == "Störung"
    folder.cursor = {}
    with pytest.raises(Unavailable, match=r"old\.csv, at byte"):
        folder.pull(pattern="old.csv")


@pytest.mark.parametrize("age", [0, 61], ids=["written on", "settled"])
def test_a_table_whose_lines_end_with_cr_alone_is_refused_at_once(folder: Folder, age: int) -> None:
    file = folder.write((HEADER + row(1) + row(2)).replace("\n", "\r"))
    os.utime(file, (time.time() - age, time.time() - age))
    with pytest.raises(
        Unavailable, match=r"log\.csv, first row: it ends with CR alone: end lines with LF, or CR LF"
    ):
        folder.pull()


def test_a_cr_within_a_quoted_name_of_a_column_ends_no_line(folder: Folder) -> None:
    folder.write(HEADER.replace("text", '"te\rxt"') + row(1, text="x"))
    (record,) = folder.pull()
    assert record.data["te\rxt"] == "x"


def test_lines_may_end_with_cr_lf(folder: Folder) -> None:
    lines = ("\ufeff" + HEADER + row(1, text="a") + row(2, text='"b\nc"')).replace("\n", "\r\n")
    folder.write(lines[:-1])
    assert [(record.key, record.data["text"]) for record in folder.pull()] == [("1", "a")]
    folder.write("\n")
    assert [(record.key, record.data["text"]) for record in folder.pull()] == [("2", "b\r\nc")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_file_in_utf_16_is_refused_by_name(folder: Folder, encoding: str, form: str) -> None:
    folder.write(HEADER + row(1), f"log.{form}", encoding=encoding)
    with pytest.raises(Unavailable, match=rf"log\.{form}, first row: it has bytes as UTF-16 has them"):
        folder.pull(format=form)


def test_a_nul_in_a_cell_is_a_letter_as_any_other(folder: Folder) -> None:
    folder.write(HEADER + row(1, text="a\0b") + row(2))
    assert [(record.key, record.data["text"]) for record in folder.pull()] == [("1", "a\0b"), ("2", "")]


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("folder", "", "Shorter than minimum length"),
        ("format", "xlsx", "Must be one of: csv, ndjson"),
        ("key", [], "Shorter than minimum length"),
        ("stamp_format", "DD.MM.YYYY", "names no moment"),
        ("stamp_format", "%H:%M", "names no moment"),
        ("zone", "Berlin", "there is no time zone 'Berlin'"),
        ("encoding", "utf-16", "no encoding of text in which lines can be told apart"),
        ("delimiter", ";;", "Length must be 1"),
        ("page_size", 0, "Must be greater than or equal to 1"),
        ("colour", "red", "Unknown field"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(folder: Folder, option: str, value: Any, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        folder.source(**{option: value})
    assert isinstance(refused.value.messages, dict)
    assert why in str(refused.value.messages[option])


def test_a_zone_beside_a_form_that_has_its_own_is_refused(folder: Folder) -> None:
    with pytest.raises(ValidationError, match="'epoch' has its own zone"):
        folder.source(stamp_format="epoch")


def raw(name: bytes, folder: Folder, text: str) -> None:
    (folder.path / os.fsdecode(name)).write_text(text)


def test_a_name_that_is_no_utf_8_is_read_like_any_other(folder: Folder) -> None:
    folder.write(HEADER + row(1), "good.csv")
    folder.write(HEADER + row(2), "b%FF.csv")
    raw(b"b\xff.csv", folder, HEADER + row(3))
    assert sorted(folder.ids()) == ["1", "2", "3"]
    orjson.dumps(folder.cursor)
    raw(b"b\xff.csv", folder, HEADER + row(3) + row(4))
    assert folder.ids() == ["4"]
    (folder.path / os.fsdecode(b"b\xff.csv")).rename(folder.path / os.fsdecode(b"\xc3.csv"))
    assert folder.ids() == []


@pytest.mark.parametrize(
    ("text", "why"), [("id;text\n1;\n", "there is no column"), (HEADER + "1\n", "has 1 values")]
)
def test_what_is_wrong_with_such_a_file_is_told(folder: Folder, text: str, why: str) -> None:
    raw(b"b\xff.csv", folder, text)
    with pytest.raises(Unavailable, match=why) as refused:
        folder.ids()
    assert str(refused.value).encode().startswith(f"{folder.path}/b%FF.csv".encode())
