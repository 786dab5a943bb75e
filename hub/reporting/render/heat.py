"""A heat map as SVG that everybody can read: each cell has its number, and a darker ground the greater it is."""

from collections.abc import Iterator

from hub.reporting.render.document import HeatMap
from hub.reporting.render.drawing import LINED, WIDTH, box, cut, fill, frame, patterns, text

LABEL, TOP, HEIGHT, LONGEST = 96, 22, 24, 13
GROUNDS = (("#eaf2fb", "#000"), ("#bcd6f0", "#000"), ("#7fb0e0", "#000"), ("#2a67ab", "#fff"), ("#12335c", "#fff"))
"""(ground, letters) from few to many; between the two of each lies a contrast of 7 at least, of the fourth 5.8."""

WITHHELD = "×"


def svg(one: HeatMap, name: str) -> str:
    height = TOP + HEIGHT * len(one.rows) + 4
    wide = (WIDTH - LABEL - 1) / len(one.columns)
    parts = [*frame(name, height, f"{one.title} ({one.unit})", one.summary), *patterns(name, (LINED,))]
    for number, column in enumerate(one.columns):
        parts.append(text(LABEL + wide * (number + 0.5), TOP - 8, column, "middle", size=11))
    most = max(len(GROUNDS), *(cell or 0 for row in one.cells for cell in row))
    for line, (label, row) in enumerate(zip(one.rows, one.cells, strict=True)):
        top = TOP + HEIGHT * line
        parts.append(text(LABEL - 8, top + 16, cut(label, LONGEST), "end"))
        for at, cell in enumerate(row):
            parts += _cell(LABEL + wide * at, top, wide, cell, most, name)
    return "".join([*parts, "</svg>"])


def _cell(x: float, y: float, wide: float, cell: int | None, most: int, name: str) -> Iterator[str]:
    """Of nothing an empty one."""
    ground, letters = GROUNDS[(cell * len(GROUNDS) - 1) // most] if cell else ("none", "currentColor")
    yield box(x, y, wide, HEIGHT, fill(name, LINED) if cell is None else ground, edge="#888")
    if cell is None or cell:
        said = WITHHELD if cell is None else _short(cell)
        yield text(x + wide / 2, y + 16, said, "middle", size=11, fill="#000" if cell is None else letters)


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count // 1000}k"
