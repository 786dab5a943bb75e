"""The figures as CSV (RFC 4180): one a row, with everything that belongs to it."""

import csv
import io
from collections.abc import Sequence

from hub.reporting.render.document import Cell, Change, ManagementReport, Shown, Table

COLUMNS = (
    "report",
    "period",
    "zone",
    "metric",
    "part",
    "dimension",
    "group",
    "value",
    "unit",
    "n",
    "numerator",
    "denominator",
    "low",
    "high",
    "text",
    "policy",
    "note",
    "excluded",
    "rows",
    "digest",
    "before",
    "because of",
    "changed attributes",
    "changed amounts",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would compute."""


def csv_bytes(report: ManagementReport) -> bytes:
    """In UTF-8; `rows` are the ids of the reports or notifications in a figure, and empty where none are listed.

    Of a report that restates another one, what has changed has its value `before`, the reports it is `because of`,
    what late records changed of these, and what else of its numbers changed; what is not there any more is a row
    without a value.
    """
    out = io.BytesIO()
    text = io.TextIOWrapper(out, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    ids, sent = _ids(report.rows), _ids(report.deliveries)
    changes = {_place(one): one for one in report.restated.changes} if report.restated else {}
    for section in report.sections:
        for one in section.figures:
            change = changes.pop(_place(one), None)
            told = (
                (change.before, " ".join(change.rows), change.attributes, change.amounts) if change else ("",) * 4
            )
            rows = [ids[number - 1] for number in one.rows] or [sent[number - 1] for number in one.deliveries]
            writer.writerow([safe(cell) for cell in (*_cells(report, one, rows), *told)])
    for gone in changes.values():
        writer.writerow([safe(cell) for cell in _gone(report, gone)])
    text.flush()
    return out.getvalue()


def _place(one: Shown | Change) -> tuple[str, str, str, str]:
    """What tells the figures of a report apart."""
    return one.metric, one.part, one.dimension, one.group


def _gone(report: ManagementReport, one: Change) -> list[Cell]:
    known: dict[str, Cell] = {
        "report": report.name,
        "period": report.period,
        "zone": report.zone,
        "metric": one.metric,
        "part": one.part,
        "dimension": one.dimension,
        "group": one.group,
        "unit": one.unit,
        "digest": report.digest,
        "before": one.before,
        "because of": " ".join(one.rows),
        "changed attributes": one.attributes,
        "changed amounts": one.amounts,
    }
    return [known.get(name) for name in COLUMNS]


def safe(cell: Cell) -> Cell:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _ids(table: Table | None) -> list[str]:
    return [] if table is None else [str(row[0]) for row in table.rows]


def _cells(report: ManagementReport, one: Shown, rows: Sequence[str]) -> list[Cell]:
    excluded = "; ".join(f"{why}: {'' if count is None else count}" for why, count in sorted(one.excluded.items()))
    return [
        report.name,
        report.period,
        report.zone,
        one.metric,
        one.part,
        one.dimension,
        one.group,
        one.value,
        one.unit,
        one.n,
        one.numerator,
        one.denominator,
        one.low,
        one.high,
        one.text,
        one.policy,
        one.note,
        excluded,
        " ".join(rows),
        report.digest,
    ]
