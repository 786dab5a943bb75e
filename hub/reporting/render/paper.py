"""The report as PDF/UA, laid out by WeasyPrint, which the extra `reports` brings."""

import os

from hub.errors import MissingExtra
from hub.memory import without_collector
from hub.reporting.render.document import ManagementReport
from hub.reporting.render.page import html_for_paper

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
HOW = f"PDF needs WeasyPrint: pip install 'qos-hub[reports]', and on Debian: apt-get install {PACKAGES}"


def pdf(report: ManagementReport) -> bytes:
    """The same bytes for the same report. Raises MissingExtra where WeasyPrint, or the Pango that it needs, is not."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "946684800")
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # Pango is found when the module is imported
        raise MissingExtra(f"{HOW} ({error})") from error
    with without_collector():
        made = HTML(string=html_for_paper(report), url_fetcher=_nothing).write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=report.digest[:32].encode()
        )
    assert isinstance(made, bytes)
    return made


def _nothing(url: str, *_args: object, **_options: object) -> dict[str, object]:
    """The page holds all that it needs; what else it named would be fetched from the hub's own network."""
    raise ValueError(f"nothing is fetched: {url}")
