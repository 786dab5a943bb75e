"""The way of single reports through their states as SVG, the clock of each beneath, and where its target was over."""

from collections.abc import Iterator, Sequence

from hub.reporting.render.document import Lane, Lanes, Stretch
from hub.reporting.render.drawing import (
    EDGE,
    ORANGE,
    SWATCH,
    WIDTH,
    box,
    cut_inside,
    fill,
    frame,
    legend,
    patterns,
    tall,
    text,
    wide,
)

LABEL, RIGHT, ROW, LONGEST = 176, 24, 40, 22
SPACE = WIDTH - LABEL - RIGHT
STATE, CLOCK = 16, 26
"""Below the top of a row in pixels: the lower edge of its states, the line of its clock."""

CLOCKS = ('stroke-width="5"', 'stroke-width="2" stroke-dasharray="2 3"', 'stroke-width="0.8"')


def svg(one: Lanes, name: str) -> str:
    drawn = {which for lane in one.lanes for _, _, which in lane.states}
    used = {number: state for number, state in enumerate(one.states) if number in drawn}
    key = tall(used.values())
    top = key + 34
    height = top + ROW * len(one.lanes) + 26
    parts = [
        *frame(name, height, f"{one.title} ({one.unit})", one.summary),
        *patterns(name, used),
    ]
    parts += legend(name, used)
    parts += _clocks(one, key)
    for across, said in one.across:
        x = LABEL + SPACE * across
        parts.append(f'<path d="M{x:.1f} {top}V{height - 22}" stroke="#888" stroke-width="0.5"/>')
        parts.append(text(x, height - 8, said, "middle"))
    for number, lane in enumerate(one.lanes):
        parts += _lane(lane, top + ROW * number, name)
    return "".join([*parts, "</svg>"])


def _clocks(one: Lanes, top: float) -> Iterator[str]:
    """The legend of the clock."""
    x = 0.0
    for number, way in enumerate(one.ways):
        yield f'<path d="M{x + 1:.1f} {top + 12}h18" stroke="currentColor" {CLOCKS[number]}/>'
        yield text(x + SWATCH + 4, top + 16, way)
        x += wide(way) + 4
    yield _mark(x + 8, top + 6, 12)
    yield text(x + SWATCH, top + 16, one.due)


def _lane(lane: Lane, top: float, name: str) -> Iterator[str]:
    label, _, below = lane.label.partition("\n")
    yield text(LABEL - 8, top + 12, cut_inside(label, LONGEST), "end")
    yield text(LABEL - 8, top + 27, below, "end", size=10)
    for begin, end, which in lane.states:
        yield box(_at(begin), top + 2, _at(end) - _at(begin), STATE - 2, fill(name, which), edge=EDGE)
    for number, look in enumerate(CLOCKS):
        path = "".join(_path(lane.clock, number, top + CLOCK))
        if path:
            yield f'<path d="{path}" stroke="currentColor" {look}/>'
    if lane.due is not None:
        yield _mark(_at(lane.due), top - 5, CLOCK + 9)


def _path(clock: Sequence[Stretch], which: int, y: float) -> Iterator[str]:
    for begin, end, way in clock:
        if way == which:
            yield f"M{_at(begin):.1f} {y}H{_at(end):.1f}"


def _mark(x: float, y: float, height: float) -> str:
    """A line with a triangle on top."""
    return (
        f'<path d="M{x - 4:.1f} {y}h8l-4 6z" fill="{ORANGE}"/>'
        f'<path d="M{x:.1f} {y}v{height}" stroke="{ORANGE}" stroke-width="2"/>'
    )


def _at(part: float) -> float:
    return LABEL + SPACE * part
