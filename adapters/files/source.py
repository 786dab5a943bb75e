"""Reads tickets, and logs of what happened to them, from files that somebody drops in a folder or writes on."""

import codecs
import getpass
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from adapters.files.place import Place, name_of, places_of, told
from adapters.files.rows import Layout, Rows
from adapters.rows import RowOptions, RowReader
from hub.ports import Check, Page, Unavailable

PAGE_SIZE = 1000


def encoding(name: str) -> None:
    """Accepts encodings in which a line ends with the one byte that ends it everywhere."""
    try:
        if "\n".encode(codecs.lookup(name).name) == b"\n":
            return
    except (LookupError, UnicodeError):
        pass
    raise ValidationError(f"{name!r} is no encoding of text in which lines can be told apart")


class Options(RowOptions):
    """Which files, and how they are written. `settle` is in seconds."""

    folder = fields.String(required=True, validate=Length(min=1))
    format = fields.String(required=True, validate=OneOf(("csv", "ndjson")))
    pattern = fields.String(load_default=None, validate=Length(min=1))
    encoding = fields.String(load_default="utf-8", validate=encoding)
    delimiter = fields.String(load_default=",", validate=Length(equal=1))
    quote = fields.String(load_default='"', validate=OneOf(('"', "'", "")))
    settle = fields.Float(load_default=60.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))


def make(name: str, options: Mapping[str, Any]) -> "Files":
    """The source for the files of one folder. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    return Files(
        Path(loaded["folder"]),
        pattern=loaded["pattern"] or f"*.{loaded['format']}",
        layout=Layout(
            format=loaded["format"],
            encoding=loaded["encoding"],
            delimiter=loaded["delimiter"],
            quote=loaded["quote"],
        ),
        reader=RowReader.from_options(loaded, log=True),
        settle=loaded["settle"],
        page_size=loaded["page_size"],
    )


class Files:
    """One folder.

    Cursor: `files`, the place in each by its name. The files are read in the order of their last change, the rows of
    each in theirs: of a ticket with several rows every change arrives, one after the other.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pattern: str,
        layout: Layout,
        reader: RowReader,
        settle: float = 60.0,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._folder = folder
        self._pattern = pattern
        self._layout = layout
        self._reader = reader
        self._settle = settle
        self._page_size = page_size

    def check(self) -> Check:
        """The clock of the files is ours."""
        return Check(identity=_user(), clock_skew=0.0, details={"files": len(self._files())})

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """The rows that were added since the cursor; all rows of a file that is new, or was replaced."""
        files = self._files()
        try:
            places = places_of(cursor.get("files", {}), files)
            for path in files:
                yield from self._pages(path, places)
        except OSError as error:
            name = told(Path(str(error.filename)))
            raise Unavailable(f"{name}: it cannot be read: {error.strerror}") from error

    def _files(self) -> list[Path]:
        """Oldest change first. A name with a dot in front is that of a file that is still being brought."""
        try:
            if not self._folder.is_dir():
                raise Unavailable(f"{self._folder}: there is no such folder")
            found = [path for path in self._folder.glob(self._pattern) if path.is_file() and path.name[0] != "."]
            return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
        except OSError as error:
            raise Unavailable(f"{self._folder}: it cannot be read: {error.strerror}") from error

    def _pages(self, path: Path, places: dict[str, Place]) -> Iterator[Page]:
        """The pages of one file; its place in `places` moves on with them."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            settled = status.st_size if time.time() - status.st_mtime >= self._settle else None
            rows = Rows(file, told(path), self._layout, self._reader.record, settled=settled)
            self._require_columns(rows.columns, path)
            name = name_of(path)
            place = places.get(name)
            offset = place.offset if place is not None and place.is_in(file) else 0
            for part in rows.parts(offset, self._page_size):
                places[name] = Place.of(file, part.offset)
                if part.records:
                    yield Page(records=tuple(part.records), cursor=_cursor(places))
                if part.failure is not None:
                    raise part.failure

    def _require_columns(self, columns: list[str], path: Path) -> None:
        missing = [name for name in self._reader.names if columns and name not in columns]
        if missing:
            raise Unavailable(f"{told(path)}: there is no column {missing[0]!r}; there are {', '.join(columns)}")


def _user() -> str:
    """The name of our user; a container may have none for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _cursor(places: Mapping[str, Place]) -> dict[str, Any]:
    return {"files": {name: place.as_json() for name, place in places.items()}}
