"""The report as a workbook (XLSX): a sheet each for what it is, the figures, the reports and the definitions."""

import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from hub.reporting.audiences.audience import Language
from hub.reporting.render.changes import changes_table
from hub.reporting.render.document import Cell, Curve, HeatMap, ManagementReport, Picture, Section, Table
from hub.reporting.render.words import BY_LANGUAGE, Words

ALWAYS = datetime(2000, 1, 1)
"""Stands for the time of making, so that the same report has the same bytes."""

WIDEST, CELL = 60, 9
"""In letters: the widest column, and one of a heat map."""


def xlsx(report: ManagementReport) -> bytes:
    words = BY_LANGUAGE[Language(report.language)]
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {"title": report.title, "subject": report.period, "author": "qos-hub", "created": ALWAYS}
        )
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        _about(book, report, words, bold)
        _figures(book, report, words, bold)
        for section in report.sections:
            if section.curve is not None:
                _curve(book, section.curve, bold)
            for picture in section.pictures:
                _picture(book, picture, bold)
        if report.restated is not None:
            _table(
                book.add_worksheet(_sheet_name(words("What has changed"))),
                changes_table(report.restated, words),
                bold,
            )
        late = None if report.restated is None else report.restated.late
        for table in (
            late,
            report.reconciliation,
            report.excluded,
            report.not_told,
            report.rows,
            report.deliveries,
            report.definitions,
        ):
            if table is not None:
                _table(book.add_worksheet(_sheet_name(table.title)), table, bold)
    return out.getvalue()


def _about(book: Workbook, report: ManagementReport, words: Words, bold: Format) -> None:
    sheet = book.add_worksheet(_sheet_name(words("Contents")))
    facts = {**report.head, words("Digest"): f"SHA-256 {report.digest}"}
    _write(sheet, 0, [report.title], bold)
    for line, (name, text) in enumerate(facts.items(), start=2):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, text)
    for line, section in enumerate(report.sections, start=len(facts) + 3):
        sheet.write_string(line, 0, section.name, bold)
        sheet.write_string(line, 1, section.summary)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)


def _figures(book: Workbook, report: ManagementReport, words: Words, bold: Format) -> None:
    """The figures, and beside each metric a chart of them that the spreadsheet draws."""
    sheet = book.add_worksheet(_sheet_name(words("Figure")))
    names = (
        "Metric",
        "Figure",
        "Value",
        "Unit",
        "n",
        "Numerator",
        "Denominator",
        "95 % interval",
        "",
        "How chosen",
    )
    heads = [
        *(words(name) if name else "" for name in names),
        words("Note"),
        words("Excluded and why"),
        words("Rows"),
    ]
    _write(sheet, 0, heads, bold)
    line = 1
    for section in report.sections:
        first = line
        for one in section.figures:
            left_out = [f"{words(why)}: {'' if count is None else count}" for why, count in one.excluded.items()]
            rows = " ".join(map(str, one.rows or one.deliveries))
            cells: list[Cell] = [section.name, one.label, one.text if one.value is None else one.value]
            cells += [words.unit(one.unit), one.n, one.numerator, one.denominator, one.low, one.high]
            _write(sheet, line, [*cells, one.policy, one.note, "; ".join(left_out), rows[:32_000]])
            line += 1
        if section.chart is not None:
            _chart(book, sheet, section, first, line - 1)
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 34)
    sheet.set_column(2, 8, 12)
    sheet.set_column(9, 12, WIDEST)


def _chart(book: Workbook, sheet: Worksheet, section: Section, first: int, last: int) -> None:
    chart = book.add_chart({"type": "bar"})
    name = sheet.get_name()
    chart.add_series(
        {"name": section.name, "categories": [name, first, 1, last, 1], "values": [name, first, 2, last, 2]}
    )
    chart.set_title({"name": section.name})
    chart.set_legend({"none": True})
    sheet.insert_chart(first, 14, chart, {"description": section.summary})


def _curve(book: Workbook, curve: Curve, bold: Format) -> None:
    """The numbers behind a curve, and the curve that the spreadsheet draws of them; of steps by the logarithm."""
    sheet = book.add_worksheet(_sheet_name(curve.title))
    _table(sheet, curve.table, bold)
    name, last = sheet.get_name(), len(curve.table.rows)
    chart = book.add_chart({"type": "scatter", "subtype": "straight"} if curve.steps else {"type": "line"})
    for column, line in enumerate(curve.lines, start=2):
        values = {"categories": [name, 1, 1, last, 1], "values": [name, 1, column, last, column]}
        chart.add_series({"name": line.label, **values})
    chart.set_title({"name": curve.title})
    if curve.steps:
        chart.set_x_axis({"log_base": 10})
    sheet.insert_chart(1, len(curve.table.columns) + 2, chart, {"description": curve.summary})


def _picture(book: Workbook, picture: Picture, bold: Format) -> None:
    """The numbers behind a picture; of a heat map on grounds that are the darker the more there is."""
    sheet = book.add_worksheet(_sheet_name(picture.title))
    _table(sheet, picture.table, bold)
    if isinstance(picture, HeatMap):
        last = len(picture.columns) + 1
        sheet.set_column(2, last, CELL)
        scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#7FB0E0"}
        sheet.conditional_format(1, 2, len(picture.rows), last, scale)


def _table(sheet: Worksheet, table: Table, bold: Format) -> None:
    _write(sheet, 0, ["№", *table.columns], bold)
    for line, row in enumerate(table.rows, start=1):
        _write(sheet, line, [line, *row])
    if table.note:
        sheet.write_string(len(table.rows) + 2, 1, table.note)
    sheet.freeze_panes(1, 0)
    sheet.set_column(1, len(table.columns), 24)


def _write(sheet: Worksheet, line: int, cells: Sequence[Cell], form: Format | None = None) -> None:
    """Texts as texts: whoever named a service `=1+1` shall see that."""
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(line, column, cell, form)
        elif cell is not None:
            sheet.write_number(line, column, cell, form)


def _sheet_name(text: str) -> str:
    """At most 31 characters, as a spreadsheet wants it."""
    return text[:31]
