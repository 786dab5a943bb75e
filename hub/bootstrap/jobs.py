"""The door for bulk: the runner of jobs, and the operations that make and show them."""

from hub.api.attributes import attributes_of
from hub.api.handlers import JOB_CONTENTS, JOBS, Handler, bound
from hub.api.jobs import JobOperations
from hub.api.jobs_contents import JobContents
from hub.api.jobs_known import KnownJobs
from hub.api.jobs_list import JobList
from hub.api.once import Once
from hub.bootstrap.contracts import OPERATIONS_V1
from hub.bootstrap.faces import list_reader, make_lists
from hub.bootstrap.parts import Parts
from hub.bootstrap.reporting import make_teller
from hub.jobs.columns import columns_of
from hub.jobs.exports import Exporter
from hub.jobs.fetch import Fetcher
from hub.jobs.imports import Importer
from hub.jobs.reports import Reporter
from hub.jobs.runner import JobRunner
from hub.model.job import JobKind
from hub.problems.imports import ImportRules
from hub.query.attributes import Attributes
from hub.reporting.press import Press
from hub.store.job_files import JobFiles
from hub.store.leases import Holder

JOB_SCHEMAS = {JobKind.EXPORT: "ExportJob", JobKind.IMPORT: "ImportJob"}


def make_job_runner(parts: Parts, attributes: Attributes, rules: ImportRules, press: Press) -> JobRunner:
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
        reporter=Reporter(files=files, press=press, teller=make_teller(parts, press)),
        clock=parts.clock,
        holder=Holder.this(),
        keep=settings.jobs.keep,
        keep_reports=settings.reporting.keep,
        tracing=parts.tracing,
    )


def job_handlers(parts: Parts, attributes: Attributes, once: Once) -> dict[str, Handler]:
    settings = parts.settings
    files = JobFiles(settings.jobs_folder)
    known = KnownJobs(store=parts.store, files=files, base_url=settings.server.base_url + OPERATIONS_V1)
    listed = JobList(
        store=parts.store,
        known=known,
        attributes={
            kind: attributes_of(parts.contracts.operations, schema) for kind, schema in JOB_SCHEMAS.items()
        },
        lists=make_lists(settings),
    )
    jobs = JobOperations(
        store=parts.store,
        files=files,
        known=known,
        clock=parts.clock,
        new_id=parts.new_id,
        read_query=list_reader(settings, attributes),
        policy=parts.policy(),
        jobs=listed,
        once=once,
    )
    contents = JobContents(store=parts.store, files=files, known=known, content_limit=settings.jobs.content_limit)
    return bound(JOBS, jobs) | bound(JOB_CONTENTS, contents)
