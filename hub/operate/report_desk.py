"""The operator's acts on management reports, whether or not a hub runs on the database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.api.management_reports import known_report, mail_view, report_view
from hub.api.report_definitions import definition_view, known_definition
from hub.api.reports_asked import order_asked, order_restating, scope_in
from hub.bootstrap import OPERATIONS_V1, Parts, make_parts
from hub.bootstrap.reporting import make_press
from hub.errors import InvalidInput, NotFound, Violation
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
        self._base_url = parts.settings.server.known_url + OPERATIONS_V1

    def restate(self, name: str, report_id: str, asked: Mapping[str, object]) -> bytes:
        """A report that was made by the definition of this name, once more, with what has changed.

        In the first of its forms. Raises NotFound, InvalidInput or MissingExtra.
        """
        tables = self._parts.store.read
        report = known_report(tables, report_id)
        order = order_restating(self._press, report, asked, now=to_micros(self._parts.clock()))
        if order.definition.name != name:
            message = f"was made by the definition {order.definition.name}"
            raise InvalidInput(violations=[Violation(field="restates", value=report_id, message=message)])
        return rendered(self._press.made(tables, order), order.formats[0])

    def run(self, name: str, asked: Mapping[str, object], *, scope: Sequence[str], audience: str | None) -> bytes:
        """The report in the first of its forms. Raises NotFound, InvalidInput or MissingExtra."""
        tables = self._parts.store.read
        definition = self._press.as_seen_by(known_definition(tables, self._press, name), audience)
        whole = {**asked, "scope": scope_in(scope)}
        order = order_asked(self._press, definition, whole, now=to_micros(self._parts.clock()))
        return rendered(self._press.made(tables, order), order.formats[0])

    def definitions(self) -> list[Document]:
        configured = self._press.definitions
        tables, now = self._parts.store.read, to_micros(self._parts.clock())
        kept = [definition_of(one) for one in tables.report_definitions.all()]
        both = [*configured.values(), *(one for one in kept if one.name not in configured)]
        return [definition_view(tables, one, self._press, base_url=self._base_url, now=now) for one in both]

    def made(self) -> list[Document]:
        """Those that a hub has made, the newest first."""
        files = JobFiles(self._parts.settings.jobs_folder)
        tables = self._parts.store.read
        jobs = tables.jobs.page(JobKind.REPORT, None, offset=0, limit=LISTED)
        return [report_view(tables, job, files, base_url=self._base_url) for job in jobs]

    def mails(self, report_id: str) -> list[Document]:
        """Raises NotFound."""
        tables = self._parts.store.read
        known_report(tables, report_id)
        return [mail_view(one) for one in tables.mails.of_report(report_id)]

    def resend(self, report_id: str) -> int:
        """Have the mails sent again that were given up; gives how many.

        Raises NotFound, also of a report that was never sent.
        """
        tables = self._parts.store.read
        known_report(tables, report_id)
        if not tables.mails.of_report(report_id):
            message = f"management report {report_id} was sent to nobody: there is no mail of it"
            raise NotFound(violations=[Violation(field="id", value=report_id, message=message)])
        now = to_micros(self._parts.clock())
        return self._parts.store.write(lambda tables: tables.mails.revive(report_id, now=now))


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
