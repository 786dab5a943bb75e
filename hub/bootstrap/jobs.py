"""The door for bulk: the runner of jobs, and the operations that make and show them."""

from hub.api.jobs import JobOperations
from hub.api.once import Once
from hub.bootstrap.contracts import OPERATIONS_V1
from hub.bootstrap.faces import list_reader
from hub.bootstrap.parts import Parts
from hub.jobs.columns import columns_of
from hub.jobs.exports import Exporter
from hub.jobs.fetch import Fetcher
from hub.jobs.imports import Importer
from hub.jobs.runner import JobRunner
from hub.problems.imports import ImportRules
from hub.query.attributes import Attributes
from hub.store.job_files import JobFiles
from hub.store.leases import Holder


def make_job_runner(parts: Parts, attributes: Attributes, rules: ImportRules) -> JobRunner:
    settings = parts.settings
    files = JobFiles(settings.jobs_folder)
    exporter = Exporter(
        files=files,
        read_query=list_reader(settings, attributes),
        letterhead=parts.letterhead(),
        owners=parts.owners(),
        columns=columns_of(parts.contracts.v5, "ServiceProblem"),
    )
    fetcher = Fetcher(
        files=files,
        guard=parts.guard(),
        limit=settings.jobs.content_limit,
        time_limit=settings.jobs.fetch_time,
        ca_file=settings.delivery.ca_file or None,
    )
    return JobRunner(
        store=parts.store,
        files=files,
        exporter=exporter,
        importer=Importer(files=files, rules=rules, longest=settings.api.body_limit),
        fetcher=fetcher,
        clock=parts.clock,
        holder=Holder.this(),
        keep=settings.jobs.keep,
    )


def job_operations(parts: Parts, attributes: Attributes, once: Once) -> JobOperations:
    settings = parts.settings
    return JobOperations(
        store=parts.store,
        files=JobFiles(settings.jobs_folder),
        clock=parts.clock,
        new_id=parts.new_id,
        read_query=list_reader(settings, attributes),
        policy=parts.policy(),
        base_url=settings.server.base_url + OPERATIONS_V1,
        page_maximum=settings.api.page_maximum,
        content_limit=settings.jobs.content_limit,
        once=once,
    )
