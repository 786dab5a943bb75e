"""A chart as SVG that everybody can read: with a name and a description, by pattern as well as by colour."""

from collections.abc import Iterator, Sequence

from hub.reporting.metrics.pareto import VITAL
from hub.reporting.render.document import Bar, Chart
from hub.reporting.render.drawing import BLUE, HATCHED, ORANGE, WIDTH, cut, fill, frame, patterns, text

LABEL, VALUE = 240, 130
"""In pixels: of the labels on the left, of the values on the right."""

ROW, HEIGHT, TOP = 26, 16, 8
LONGEST = 34
SPACE = WIDTH - LABEL - VALUE


def svg(chart: Chart, name: str, description: str) -> str:
    """`name` makes the ids of one page differ; the figures stand in a table beside the chart, too."""
    runs = list(_runs(chart.bars))
    mark = chart.mark or ((float(VITAL), f"Σ {VITAL} %") if runs else None)
    top = TOP + (18 if mark else 0)
    height = top + ROW * len(chart.bars) + TOP
    parts = [*frame(name, height, f"{chart.title} ({chart.unit})", description), *patterns(name, (HATCHED,))]
    parts.append(f'<line x1="{LABEL}" y1="{top - TOP}" x2="{LABEL}" y2="{height}" stroke="#666"/>')
    if mark is not None:
        x = LABEL + _long(mark[0], chart)
        parts.append(
            f'<path d="M{x:.1f} {top - 4}V{height}" stroke="#666" stroke-dasharray="3 3"/>'
            + text(x, top - 8, mark[1], "middle", size=11)
        )
    for number, bar in enumerate(chart.bars):
        parts += _bar(bar, chart, top + ROW * number, name)
    for run in runs:
        parts += _cumulative(run, top)
    return "".join([*parts, "</svg>"])


def _bar(bar: Bar, chart: Chart, top: int, name: str) -> Iterator[str]:
    middle = top + HEIGHT - 3
    filled = fill(name, HATCHED) if bar.whole else BLUE
    yield text(LABEL - 8, middle, cut(bar.label, LONGEST), "end")
    yield (
        f'<rect x="{LABEL}" y="{top}" width="{_long(bar.value, chart):.1f}" height="{HEIGHT}" fill="{filled}" '
        f'stroke="{BLUE}"/>'
    )
    if bar.low is not None and bar.high is not None:
        low, high = LABEL + _long(bar.low, chart), LABEL + _long(bar.high, chart)
        y = top + HEIGHT / 2
        yield _seen(f"M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 5}v10M{high:.1f} {y - 5}v10")
    yield text(LABEL + SPACE + 12, middle, bar.text)


def _runs(bars: Sequence[Bar]) -> Iterator[list[tuple[int, float]]]:
    """(number of the bar, percent so far) of the bars that are ranked together; the first of a rank begins anew."""
    run: list[tuple[int, float]] = []
    for number, bar in enumerate(bars):
        if bar.cumulative is None:
            continue
        if run and bar.cumulative <= run[-1][1]:
            yield run
            run = []
        run.append((number, bar.cumulative))
    if run:
        yield run


def _cumulative(run: Sequence[tuple[int, float]], top: int) -> Iterator[str]:
    places = [(LABEL + SPACE * sum_ / 100, top + ROW * number + HEIGHT / 2) for number, sum_ in run]
    path = "L".join(f"{x:.1f} {y}" for x, y in places)
    yield _seen(f"M{path}")
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y}" r="3.5" fill="#fff" stroke="{ORANGE}" stroke-width="2"/>'


def _long(value: float, chart: Chart) -> float:
    return SPACE * min(max(value / chart.most, 0.0), 1.0)


def _seen(path: str) -> str:
    """A line over bars, with a white edge that sets it off."""
    looks = (("#fff", 4.5), (ORANGE, 2))
    return "".join(
        f'<path d="{path}" stroke="{colour}" stroke-width="{wide}" fill="none"/>' for colour, wide in looks
    )
