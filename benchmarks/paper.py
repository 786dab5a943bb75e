"""How long a management report of 500 rows takes as PDF: `python -m benchmarks.paper`. It is to take at most 5 s.

The machine is told of by a bare table of as many rows that the same library lays out.
"""

import time
from collections.abc import Callable

from weasyprint import HTML

from hub.memory import without_collector
from hub.reporting.account import account
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.audiences.file import load_audiences
from hub.reporting.policies import Policies
from hub.reporting.policy_file import load_agreed
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.formats import rendered
from hub.shipped import config_dir
from tests.unit.reporting.example import MARCH, POLICY, TIMELINES

ROWS = 500
STYLE = "<style>table { table-layout: fixed; width: 100% } @page { size: A4 landscape }</style>"


def main() -> None:
    calendars = load_agreed(config_dir() / "reporting.yaml").calendars
    audience = load_audiences(config_dir() / "audiences.yaml", calendars)["customer"].narrowed(
        {"customer": "ACME"}
    )
    many = [one._replace(id=f"{one.id}-{number:03}") for number in range(ROWS) for one in TIMELINES]
    seen = list(audience.sight().of(many))[:ROWS]
    told = Told(audience=audience, definition=ReportDefinition(name="x", title="X", audience="customer"), scope={})
    made = account(seen, MARCH, recorded=MARCH.as_of, policies=Policies([POLICY]), breakdowns=told.breakdowns)
    report = compose(made, told)
    row = (
        "<tr><td>1</td><td>id-R1-001</td><td>VPN-7</td><td>2026-03-02 08:00 +00:00</td><td>3</td><td>met</td></tr>"
    )
    with without_collector():
        table = HTML(string=f"{STYLE}<table>{row * ROWS}</table>")
        _say("a bare table", lambda: table.write_pdf(pdf_variant="pdf/ua-1"))
    for form in Format:
        _say(f"the report as {form}", lambda form=form: rendered(report, form))  # type: ignore[misc]


def _say(what: str, work: Callable[[], object]) -> None:
    began, used = time.perf_counter(), time.process_time()
    work()
    print(
        f"{what:20}{time.perf_counter() - began:6.2f} s, {time.process_time() - used:6.2f} s of CPU, {ROWS} rows"
    )


if __name__ == "__main__":
    main()
