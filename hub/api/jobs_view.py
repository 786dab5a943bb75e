"""How bulk jobs look to those who asked for them."""

from collections.abc import Iterable

from hub.model.job import Job, JobKind, RowError
from hub.model.problem import Document
from hub.model.times import micros_to_text


def job_view(job: Job, errors: Iterable[RowError], *, base_url: str, held: int) -> Document:
    """`held` is how many bytes of an import's content are here; `base_url` has no final slash."""
    asked = job.asked
    href = f"{base_url}/{asked.kind}/{asked.id}"
    view = {
        "@type": f"{asked.kind[0].upper()}{asked.kind[1:]}",
        "id": asked.id,
        "href": href,
        "url": asked.url or f"{href}/content",
        "path": "serviceProblem",
        "contentType": asked.content_type,
        "status": job.status,
        "creationDate": micros_to_text(asked.created),
        "startDate": None if job.started is None else micros_to_text(job.started),
        "completionDate": None if job.completed is None else micros_to_text(job.completed),
        "errorLog": [*([{"message": job.error}] if job.error else ()), *(row_error_view(one) for one in errors)],
        **(_export(job) if asked.kind is JobKind.EXPORT else _import(job, href, held)),
    }
    return {name: value for name, value in view.items() if value is not None}


def _export(job: Job) -> Document:
    counts = job.counts
    progress = {"read": counts.read, "expected": counts.expected, "bytes": counts.bytes, "total": counts.total}
    return {
        "query": job.asked.query,
        "progress": {name: value for name, value in progress.items() if value is not None},
    }


def _import(job: Job, href: str, held: int) -> Document:
    counts = job.counts
    return {
        "mode": job.asked.mode,
        "notify": job.asked.notify,
        "errorLogUrl": f"{href}/errors",
        "progress": {
            "read": counts.read,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "failed": counts.failed,
            "bytes": counts.bytes,
            "total": held if counts.total is None else counts.total,
        },
    }


def row_error_view(error: RowError) -> Document:
    return {"line": error.line, "field": error.field, "message": error.message, "value": error.value}
