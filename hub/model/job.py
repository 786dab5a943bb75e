"""A bulk job: many reports written to a file, or read from one."""

from dataclasses import dataclass
from enum import StrEnum


class JobKind(StrEnum):
    """The names of TMF633, which are those of the collections too; a management report is ours."""

    EXPORT = "exportJob"
    IMPORT = "importJob"
    REPORT = "managementReport"


class JobStatus(StrEnum):
    """JobStateType of TMF633, spaces included."""

    NOT_STARTED = "Not Started"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class ContentType(StrEnum):
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    SEVERAL = "multipart/mixed"
    """A management report has a content in each of its forms."""


class Mode(StrEnum):
    """What an import does with a row whose report is here already: refuse the row, or change the report."""

    CREATE = "create"
    UPSERT = "upsert"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How far a job has come.

    `read` counts reports of an export, rows of an import. `bytes` are those written or taken, `total` those of the
    whole content, None while an export does not know them. `expected` is the number of reports that an export found
    at its start.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    bytes: int = 0
    total: int | None = None
    expected: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What a caller asks for. `ready`: it may run; an import that waits for its content is not.

    `url` is where an import's content is fetched from, None when it is sent here; `party` restricts an export to
    the reports that concern it. `query` of a management report is its order. `created` is microseconds.
    """

    id: str
    kind: JobKind
    content_type: ContentType
    created: int
    ready: bool
    actor: str
    party: str | None = None
    query: str | None = None
    mode: Mode = Mode.CREATE
    notify: bool = False
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it is kept.

    An export stands behind the report with the row number `place`, which had `values` in the order of the export. An
    import stands before the line with the number `place`. `error` says why it failed. Times are microseconds.
    """

    seq: int
    asked: NewJob
    status: JobStatus
    counts: Counts
    place: int
    values: tuple[str | int | float | None, ...]
    etag: str | None
    started: int | None
    completed: int | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class RowError:
    """A row that could not be taken: the number of its line, and what is wrong with it."""

    line: int
    field: str
    message: str
    value: str | None
