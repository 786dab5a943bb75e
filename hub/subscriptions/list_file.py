"""Reads the content of a notification list, CSV or JSON, into its entries; names each row that cannot be read."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import orjson

from hub.model.listed import Entry
from hub.model.subscription import Order

OPTIONS = ("schedule", "rateLimit", "inFlight", "expiresAt", "maxEvents")
TEXTS = ("list", "id", "contact", "party", "callback", "query", "face", "order", "secret")
CSV_COLUMNS = (*TEXTS, *OPTIONS)
JSON_MEMBERS = (*TEXTS, "delivery")
FACES = ("v5", "v4")
ORDERS = tuple(order.value for order in Order)


class Unreadable(Exception):
    """The content as a whole is no list."""


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """An entry that cannot be read; `key` is that of the entry that it may be, or its own where that is taken."""

    row: int
    key: str
    message: str
    callback: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    entries: list[Entry]
    bad: list[BadRow]


class _Bad(Exception):
    pass


def read_list(name: str, content: bytes, form: str) -> Content:
    """The entries of a list; rows of a content that names another one in its column `list` are left out.

    `form` is csv or json. Raises Unreadable.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {error}") from error
    rows = _csv(text) if form == "csv" else _json(text)
    entries: dict[str, Entry] = {}
    bad: list[BadRow] = []
    for number, row in enumerate(rows, start=1):
        if row.get("list") not in (None, name):
            continue
        key = _key(row)
        try:
            entry = _entry(number, key, row)
        except _Bad as error:
            bad.append(BadRow(row=number, key=key, message=str(error), callback=str(row.get("callback") or "")))
            continue
        if key in entries:
            message = f"is the same entry as row {entries[key].row}"
            bad.append(BadRow(row=number, key=f"{key}#{number}", message=message, callback=entry.callback))
            continue
        entries[key] = entry
    return Content(entries=list(entries.values()), bad=bad)


def _csv(text: str) -> Iterator[dict[str, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        _refuse_columns(head)
        for cells in reader:
            if cells:
                yield _csv_row(head, cells)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from error


def _refuse_columns(head: list[str]) -> None:
    for name in head:
        if name not in CSV_COLUMNS or head.count(name) > 1:
            raise Unreadable(_unknown(name, CSV_COLUMNS) if name not in CSV_COLUMNS else f"has {name} twice")
    if "callback" not in head:
        raise Unreadable("has no column `callback` in its first line")


def _csv_row(head: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(head):
        # Half a line is what a copy that broke off ends with.
        raise Unreadable(f"a line has {len(cells)} cells, and the first one {len(head)}")
    row: dict[str, Any] = {name: cell.strip() for name, cell in zip(head, cells, strict=True) if cell.strip()}
    delivery = {name: _option(name, row.pop(name)) for name in OPTIONS if name in row}
    return row | ({"delivery": delivery} if delivery else {})


def _option(name: str, cell: str) -> Any:
    """A cell as the value that JSON would have; what is wrong with it is told where it is used."""
    if name == "schedule":
        return cell.replace(",", " ").split()
    if name == "expiresAt":
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def _json(text: str) -> Iterator[dict[str, Any]]:
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("is not a JSON array of objects")
    for row in rows:
        for name in row:
            if name not in JSON_MEMBERS:
                raise Unreadable(_unknown(name, JSON_MEMBERS))
        yield {name: value for name, value in row.items() if value is not None}


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"is {near[0]!r} meant?" if near else f"these are: {', '.join(known)}"
    return f"{name!r} is no column of a list; {hint}"


def _key(row: Mapping[str, Any]) -> str:
    """By its own id, or by all that makes it another registration."""
    if row.get("id") is not None:
        return f"id:{row['id']}"
    parts = [row.get(name) for name in ("party", "callback", "query", "face")]
    return sha256(orjson.dumps(parts)).hexdigest()


def _entry(number: int, key: str, row: Mapping[str, Any]) -> Entry:
    for name in TEXTS:
        if name in row and not (isinstance(row[name], str) and "\0" not in row[name]):
            raise _Bad(f"{name} is not a text")
    if not row.get("callback"):
        raise _Bad("has no callback")
    _refuse_other(row, "face", FACES)
    _refuse_other(row, "order", ORDERS)
    entry = Entry(
        key=key,
        row=number,
        callback=row["callback"],
        query=row.get("query") or None,
        contact=row.get("contact") or None,
        party=row.get("party") or None,
        face=row.get("face") or "v5",
        order=Order(row.get("order") or Order.REPORT),
        secret=row.get("secret") or None,
        delivery=row.get("delivery"),
    )
    told = {name: value for name, value in row.items() if name != "list"}
    return replace(entry, digest=sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest())


def _refuse_other(row: Mapping[str, Any], name: str, known: tuple[str, ...]) -> None:
    if row.get(name) and row[name] not in known:
        raise _Bad(f"{name} is one of {', '.join(known)}, not {row[name]!r}")
