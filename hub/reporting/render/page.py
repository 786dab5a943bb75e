"""The report as one page of HTML that needs nothing else: for the browser, the mail and, laid out, for paper."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from hub.reporting.audiences.audience import Language
from hub.reporting.render import curves
from hub.reporting.render.changes import changes_table
from hub.reporting.render.charts import svg
from hub.reporting.render.document import Cell, ManagementReport, Restated, Section, Shown, Table
from hub.reporting.render.numbers import number
from hub.reporting.render.words import BY_LANGUAGE, Words

MOST_RANGES = 3
"""So many ranges of rows a figure has on paper; the page for the browser has all."""

MOST_ROWS_ON_PAPER = 1000

MOST_FIGURES_ON_PAPER = 12
"""Of one metric; of a breakdown only the first part is there."""


def html(report: ManagementReport, *, for_paper: bool = False) -> str:
    words = BY_LANGUAGE[Language(report.language)]
    shown = report.rows
    if shown is not None and for_paper:
        shown = _printed(shown)
    changed, late = (None, None) if report.restated is None else _changes(report.restated, words, for_paper)
    policies = list(dict.fromkeys(one.policy for section in report.sections for one in section.figures))

    def amount(cell: Cell) -> str:
        if cell is None:
            return ""
        return cell if isinstance(cell, str) else number(cell, 4, words.language)

    def bound(value: float) -> str:
        return number(value, 1, words.language)

    def less(count: int, all_: int) -> str:
        sentence = "The first {shown} of {all}; all are in the workbook."
        return words(sentence, shown=count, all=all_) if count < all_ else ""

    def figures(section: Section) -> Sequence[Shown]:
        return _on_paper(section) if for_paper else section.figures

    def ranges(figure: Shown) -> list[tuple[int, str]]:
        return _ranges(figure, MOST_RANGES if for_paper else None, set_of(shown))

    listed = [one for section in report.sections for one in figures(section)]
    name = "brief" if for_paper and report.brief and report.restated is None else "page"
    return _template(name).render(
        report=report,
        # A place that can be pointed at costs time on paper.
        targets={first for one in listed for first, _ in ranges(one)},
        rows=shown,
        changed=changed,
        late=late,
        words=words,
        amount=amount,
        bound=bound,
        less=less,
        drawn=_drawn,
        curved=_curved,
        figures=figures,
        ranges=ranges,
        policies=policies,
        for_paper=for_paper,
    )


def _changes(one: Restated, words: Words, for_paper: bool) -> tuple[Table, Table | None]:
    """The tables of what has changed, and of the late records."""
    changed, late = changes_table(one, words), one.late
    if for_paper:
        changed = replace(_printed(changed), note=changed.note)
        late = None if late is None else replace(late, rows=late.rows[:MOST_ROWS_ON_PAPER])
    return changed, late


def _on_paper(section: Section) -> list[Shown]:
    first = section.figures[0].part
    return [one for one in section.figures if not one.dimension or one.part == first][:MOST_FIGURES_ON_PAPER]


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("hub.reporting.render", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(f"{name}.html.j2")


def _drawn(section: Section, name: str) -> Markup:
    """The chart; everything that comes from outside is escaped where it is drawn."""
    assert section.chart is not None
    return Markup(svg(section.chart, name, section.summary))


def _curved(section: Section, name: str) -> Markup:
    assert section.curve is not None
    return Markup(curves.svg(section.curve, name))


def _printed(table: Table) -> Table:
    """The columns and rows that there is room for."""
    return Table(
        title=table.title,
        columns=tuple(table.columns[at] for at in table.printed),
        rows=tuple(tuple(row[at] for at in table.printed) for row in table.rows[:MOST_ROWS_ON_PAPER]),
    )


def set_of(table: Table | None) -> int:
    """How many rows can be pointed at."""
    return 0 if table is None else len(table.rows)


def _ranges(figure: Shown, most: int | None, rows: int) -> list[tuple[int, str]]:
    """(number of the first row, text) of each run of rows of a figure; "…" behind the last one that is shown."""
    found = [(first, str(first) if first == last else f"{first}–{last}") for first, last in runs(figure.rows)]
    found = [one for one in found if one[0] <= rows]
    if most is None or len(found) <= most:
        return found
    return [*found[: most - 1], (found[most - 1][0], f"{found[most - 1][1]} …")]


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of numbers that follow on one another; they come in order."""
    first = last = 0
    for one in numbers:
        if first and one == last + 1:
            last = one
            continue
        if first:
            yield first, last
        first = last = one
    if first:
        yield first, last
