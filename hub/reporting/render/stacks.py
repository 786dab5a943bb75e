"""Stacked bars as SVG: what the parts of each whole are, by pattern as well as by colour."""

from collections.abc import Iterator

from hub.reporting.render.document import Stacks
from hub.reporting.render.drawing import WIDTH, box, cut, fill, frame, legend, patterns, tall, text

LABEL, VALUE, ROW, HEIGHT, LONGEST = 190, 96, 28, 18, 28
SPACE = WIDTH - LABEL - VALUE
ROOM = 36
"""So wide is a part at least that has its share written into it."""


def svg(one: Stacks, name: str) -> str:
    used = {
        number: part for number, part in enumerate(one.parts) if any(shares[number] for _, _, shares in one.bars)
    }
    top = tall(used.values()) + 8
    height = top + ROW * len(one.bars) + 4
    parts = [
        *frame(name, height, f"{one.title} ({one.unit})", one.summary),
        *patterns(name, used),
    ]
    parts += legend(name, used)
    for number, (label, said, shares) in enumerate(one.bars):
        y = top + ROW * number
        parts.append(text(LABEL - 8, y + 13, cut(label, LONGEST), "end"))
        parts += _bar(shares, y, name)
        parts.append(text(LABEL + SPACE + 8, y + 13, said))
    return "".join([*parts, "</svg>"])


def _bar(shares: tuple[float, ...], y: float, name: str) -> Iterator[str]:
    x = float(LABEL)
    for number, share in enumerate(shares):
        wide = SPACE * share / 100
        if wide <= 0:
            continue
        yield box(x, y, wide, HEIGHT, fill(name, number))
        if wide >= ROOM:
            yield box(x + wide / 2 - 15, y + 3, 30, 12, "#fff", edge="none")
            yield text(x + wide / 2, y + 13, f"{share:.0f} %", "middle", size=10, fill="#000")
        x += wide
