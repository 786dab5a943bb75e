"""The operator's acts on management reports, whether or not a hub runs on the database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.api.management_reports import report_view
from hub.api.report_definitions import definition_view, known_definition
from hub.api.reports_asked import order_asked, scope_in
from hub.bootstrap import OPERATIONS_V1, Parts, make_parts
from hub.bootstrap.reporting import make_press
from hub.errors import NotFound
from hub.model.job import JobKind
from hub.model.problem import Document
from hub.model.times import system_clock, to_micros
from hub.reporting.audiences.definition import definition_of
from hub.reporting.render.formats import rendered
from hub.settings import Settings
from hub.store.job_files import JobFiles

LISTED = 100
"""The most reports that the list shows."""


class ReportDesk:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._press = make_press(parts.settings)
        self._base_url = parts.settings.server.base_url + OPERATIONS_V1

    def run(self, name: str, asked: Mapping[str, object], *, scope: Sequence[str], audience: str | None) -> bytes:
        """The report in the first of its forms. Raises NotFound, InvalidInput or MissingExtra."""
        tables = self._parts.store.read
        definition = self._press.as_seen_by(known_definition(tables, self._press, name), audience)
        whole = {**asked, "scope": scope_in(scope)}
        order = order_asked(self._press, definition, whole, now=to_micros(self._parts.clock()))
        return rendered(self._press.made(tables, order), order.formats[0])

    def definitions(self) -> list[Document]:
        configured = self._press.definitions
        kept = [definition_of(one) for one in self._parts.store.read.report_definitions.all()]
        both = [*configured.values(), *(one for one in kept if one.name not in configured)]
        return [definition_view(one, self._base_url, is_configured=one.name in configured) for one in both]

    def made(self) -> list[Document]:
        """Those that a hub has made, the newest first."""
        files = JobFiles(self._parts.settings.jobs_folder)
        jobs = self._parts.store.read.jobs.page(JobKind.REPORT, None, offset=0, limit=LISTED)
        return [report_view(job, files, base_url=self._base_url) for job in jobs]


@contextmanager
def report_desk(settings: Settings) -> Iterator[ReportDesk]:
    """Raises NotFound without a database: a misspelt path is no reason to make one."""
    if not Path(settings.store.database).is_file():
        raise NotFound(f"there is no database {settings.store.database}")
    parts = make_parts(settings, system_clock)
    try:
        yield ReportDesk(parts)
    finally:
        parts.store.close()
