"""The contents of jobs, in a folder of their own: one file a job, of a management report one a form.

Beside the content of an import stands how long it is to be, while it comes in parts.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".content"


class JobFiles:
    """The folder is made when the first file is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def content(self, job_id: str) -> Path:
        """Where the content of a job is, or is to be."""
        return self.folder / f"{job_id}{SUFFIX}"

    def said_total(self, job_id: str) -> int | None:
        """How many bytes the content is to have, as the parts of it said that are here; None when none did."""
        try:
            return int(self._total(job_id).read_text())
        except (FileNotFoundError, ValueError):  # the hub may have ended while it wrote
            return None

    def say_total(self, job_id: str, total: int) -> None:
        self._total(job_id).write_text(str(total))

    def _total(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.total"

    def artefact(self, job_id: str, form: str) -> Path:
        """Where the content of a management report is in one of its forms, or is to be."""
        return self.folder / f"{job_id}.{form}"

    def make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def size(self, job_id: str) -> int:
        """How many bytes of the content are here; 0 when none is."""
        try:
            return self.content(job_id).stat().st_size
        except FileNotFoundError:
            return 0

    def remove(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            for path in self.folder.glob(f"{job_id}.*"):
                path.unlink(missing_ok=True)

    def ids(self) -> set[str]:
        """The jobs that have a file."""
        return {path.name.partition(".")[0] for path in self.folder.glob("*.*")}


def cut_off(file: BinaryIO, size: int) -> None:
    """Take away what stands behind the first `size` bytes, and go to the end."""
    file.truncate(size)
    file.seek(size)


def onto_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
