"""The report as one page of HTML that needs nothing else: for the browser, the mail and, laid out, for paper."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.environment import TemplateStream
from markupsafe import Markup

from hub.reporting.audiences.audience import Language
from hub.reporting.render import curves, heat, lanes, stacks
from hub.reporting.render.changes import changes_table
from hub.reporting.render.charts import svg
from hub.reporting.render.document import (
    Cell,
    HeatMap,
    Lanes,
    ManagementReport,
    Picture,
    Restated,
    Section,
    Shown,
    Stacks,
    Table,
)
from hub.reporting.render.numbers import number
from hub.reporting.render.words import BY_LANGUAGE, Words

AT_ONCE = 1000
"""So many pieces of a page, of some letters each, are put together at once."""

MOST_RANGES = 3
"""So many ranges of rows a figure has on paper; the page for the browser has all."""

MOST_ROWS_ON_PAPER = 1000

MOST_FIGURES_ON_PAPER = 12
"""Of one metric; of a breakdown only the first part is there."""


def html(report: ManagementReport) -> bytes:
    """The page for the browser, in UTF-8: of a large report tens of megabytes, which are held once."""
    out, stream = BytesIO(), _page(report, for_paper=False)
    stream.enable_buffering(AT_ONCE)
    stream.dump(out, "utf-8")
    return out.getvalue()


def html_for_paper(report: ManagementReport) -> str:
    return "".join(_page(report, for_paper=True))


def _page(report: ManagementReport, *, for_paper: bool) -> TemplateStream:
    words = BY_LANGUAGE[Language(report.language)]
    shown, deliveries = ((_printed(one) if one and for_paper else one) for one in (report.rows, report.deliveries))
    changed, late = (None, None) if report.restated is None else _changes(report.restated, words, for_paper)
    policies = list(dict.fromkeys(one.policy for section in report.sections for one in section.figures))
    most = MOST_RANGES if for_paper else None
    links, notified = Links(most, shown, "r"), Links(most, deliveries, "n")

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

    def is_target(those: Links, row: int) -> bool:
        """A place that can be pointed at costs time on paper; the figures stand before the rows."""
        return not for_paper or row in those.targets

    name = "brief" if for_paper and report.brief and report.restated is None else "page"
    return _template(name).stream(
        report=report,
        is_target=is_target,
        rows=shown,
        deliveries=deliveries,
        changed=changed,
        late=late,
        words=words,
        amount=amount,
        bound=bound,
        less=less,
        drawn=_drawn,
        curved=_curved,
        pictured=_pictured,
        figures=figures,
        links=links,
        notified=notified,
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
    """Of cells the sum alone: they stand beneath their picture already."""
    first = section.figures[0].part
    has_cells = any(isinstance(one, HeatMap) for one in section.pictures)
    most = 1 if has_cells else MOST_FIGURES_ON_PAPER
    return [one for one in section.figures if not one.dimension or one.part == first][:most]


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("hub.reporting.render", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(f"{name}.html.j2")


def _drawn(section: Section, name: str, most: int | None = None) -> Markup:
    """The chart, or its first bars; everything that comes from outside is escaped where it is drawn."""
    assert section.chart is not None
    chart = replace(section.chart, bars=section.chart.bars[:most])
    return Markup(svg(chart, name, section.summary))


def _curved(section: Section, name: str) -> Markup:
    assert section.curve is not None
    return Markup(curves.svg(section.curve, name))


def _pictured(picture: Picture, name: str) -> Markup:
    match picture:
        case HeatMap():
            return Markup(heat.svg(picture, name))
        case Stacks():
            return Markup(stacks.svg(picture, name))
        case Lanes():
            return Markup(lanes.svg(picture, name))


def _printed(table: Table) -> Table:
    """The columns and rows that there is room for."""
    return Table(
        title=table.title,
        columns=tuple(table.columns[at] for at in table.printed),
        rows=tuple(tuple(row[at] for at in table.printed) for row in table.rows[:MOST_ROWS_ON_PAPER]),
    )


class Links:
    """The links of a figure to its rows: one for each run of them, at most `most`, with "…" behind the last one then.

    Those in `table` can be pointed at by `letter` and number, `targets` are those that are. Figures share their rows,
    and so the text.
    """

    def __init__(self, most: int | None, table: Table | None, letter: str) -> None:
        self._most, self._letter = most, letter
        self._rows = 0 if table is None else len(table.rows)
        self._known: dict[int, Markup] = {}
        self.targets: set[int] = set()

    def __call__(self, rows: tuple[int, ...]) -> Markup:
        known = self._known.get(id(rows))  # the report holds them, so that no other has this identity
        if known is None:
            known = self._known[id(rows)] = Markup("".join(self._of(rows)))
        return known

    def _of(self, rows: Sequence[int]) -> Iterator[str]:
        found = [one for one in runs(rows) if one[0] <= self._rows]
        for first, last in found[: self._most]:
            self.targets.add(first)
            text = f"{first}" if first == last else f"{first}–{last}"
            more = " …" if self._most and len(found) > self._most and first == found[self._most - 1][0] else ""
            yield f'<a href="#{self._letter}{first}">{text}{more}</a> '


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
