"""A chart as SVG that everybody can read: with a name and a description, by pattern as well as by colour."""

from collections.abc import Iterator
from html import escape

from hub.reporting.render.document import Bar, Chart

WIDTH, LABEL, VALUE = 720, 220, 130
"""In pixels: of all, of the labels on the left, of the values on the right."""

ROW, HEIGHT, TOP = 26, 16, 8
LONGEST = 34
SPACE = WIDTH - LABEL - VALUE


def svg(chart: Chart, name: str, description: str) -> str:
    """`name` makes the ids of one page differ; the figures stand in a table beside the chart, too."""
    height = TOP + ROW * len(chart.bars) + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(chart.title)} ({escape(chart.unit)})</title>',
        f'<desc id="{name}-d">{escape(description)}</desc>',
        f'<defs><pattern id="{name}-p" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect width="6" height="6" fill="#cfe0f2"/><path d="M0 6L6 0" stroke="#1f5fa8" stroke-width="1.5"/>'
        "</pattern></defs>",
        f'<line x1="{LABEL}" y1="0" x2="{LABEL}" y2="{height}" stroke="#666"/>',
    ]
    for number, bar in enumerate(chart.bars):
        parts += _bar(bar, chart, TOP + ROW * number, name)
    return "".join([*parts, "</svg>"])


def _bar(bar: Bar, chart: Chart, top: int, name: str) -> Iterator[str]:
    middle = top + HEIGHT - 3
    fill = f"url(#{name}-p)" if bar.whole else "#1f5fa8"
    yield (
        f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end" font-size="12" fill="currentColor">'
        f"{escape(_cut(bar.label))}</text>"
    )
    yield (
        f'<rect x="{LABEL}" y="{top}" width="{_long(bar.value, chart):.1f}" height="{HEIGHT}" fill="{fill}" '
        'stroke="#1f5fa8"/>'
    )
    if bar.low is not None and bar.high is not None:
        low, high = LABEL + _long(bar.low, chart), LABEL + _long(bar.high, chart)
        y = top + HEIGHT / 2
        yield f'<path d="M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 5}v10M{high:.1f} {y - 5}v10" stroke="#b34700" '
        yield 'stroke-width="2" fill="none"/>'
    yield f'<text x="{LABEL + SPACE + 8}" y="{middle}" font-size="12" fill="currentColor">{escape(bar.text)}</text>'


def _long(value: float, chart: Chart) -> float:
    return SPACE * min(max(value / chart.most, 0.0), 1.0)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
