"""Up to where a file is read, and how it is known again after it has grown, was renamed or was replaced."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

MARK = 256
"""Bytes before the place that must be as they were."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """`offset` bytes of the file with this number are read; `mark` is a digest of the last of them."""

    inode: int
    offset: int
    mark: str

    @classmethod
    def of(cls, file: BinaryIO, offset: int) -> "Place":
        return cls(inode=os.fstat(file.fileno()).st_ino, offset=offset, mark=_mark(file, offset))

    def is_in(self, file: BinaryIO) -> bool:
        """Whether this is the file that was read, with nothing of what was read taken away."""
        status = os.fstat(file.fileno())
        same = status.st_ino == self.inode and status.st_size >= self.offset
        return same and _mark(file, self.offset) == self.mark

    def as_json(self) -> dict[str, Any]:
        return {"inode": self.inode, "offset": self.offset, "mark": self.mark}


def _mark(file: BinaryIO, offset: int) -> str:
    start = max(offset - MARK, 0)
    return blake2b(os.pread(file.fileno(), offset - start, start), digest_size=8).hexdigest()


def told(path: Path) -> str:
    """The path as a text; one that is no UTF-8 is written as in an address (`b%FF.csv`)."""
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError:
        return quote(os.fsencode(path))


def name_of(path: Path) -> str:
    """The name under which a place is kept: that of the file, or a slash, which no name has, and how it is told."""
    name = told(Path(path.name))
    return name if name == path.name else f"/{name}"


def places_of(kept: Mapping[str, Mapping[str, Any]], files: Iterable[Path]) -> dict[str, Place]:
    """{name: its place} of the files that are there; one that was renamed brings its place along."""
    places = {name: Place(**place) for name, place in kept.items()}
    renamed = {place.inode: place for name, place in places.items()}
    return dict(_known(places, renamed, files))


def _known(
    places: Mapping[str, Place], renamed: Mapping[int, Place], files: Iterable[Path]
) -> Iterator[tuple[str, Place]]:
    for file in files:
        inode = file.stat().st_ino
        own = places.get(name_of(file))
        place = own if own is not None and own.inode == inode else renamed.get(inode)
        if place is not None:
            yield name_of(file), place
