"""Every form of a management report, and what makes it."""

from collections.abc import Callable, Mapping

import orjson

from hub.reporting.audiences.definition import Format
from hub.reporting.render.document import ManagementReport


def _json(report: ManagementReport) -> bytes:
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)


def _csv(report: ManagementReport) -> bytes:
    from hub.reporting.render.tabular import csv_bytes

    return csv_bytes(report)


def _html(report: ManagementReport) -> bytes:
    from hub.reporting.render.page import html

    return html(report)


def _xlsx(report: ManagementReport) -> bytes:
    from hub.reporting.render.workbook import xlsx

    return xlsx(report)


def _pdf(report: ManagementReport) -> bytes:
    from hub.reporting.render.paper import pdf

    return pdf(report)


RENDERERS: Mapping[Format, Callable[[ManagementReport], bytes]] = {
    Format.JSON: _json,
    Format.CSV: _csv,
    Format.HTML: _html,
    Format.XLSX: _xlsx,
    Format.PDF: _pdf,
}
"""Each imports what it needs when it is used: most processes never make a report."""


def rendered(report: ManagementReport, form: Format) -> bytes:
    """Raises MissingExtra for a form whose library is not installed."""
    return RENDERERS[form](report)
