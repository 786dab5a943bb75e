"""A curve as SVG that everybody can read: its lines differ by strokes as well as by colour, and are named."""

from collections.abc import Iterator
from itertools import pairwise

from hub.reporting.render.document import Curve, Line, Place
from hub.reporting.render.drawing import BLUE, GREEN, ORANGE, WIDTH, frame, text

HEIGHT = 250
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 30, 30
"""In pixels: the height of all, and of what lies around the lines."""

LOOKS = ((BLUE, ""), (ORANGE, "7 4"), (GREEN, "2 3"))
"""(colour, dashes) of the first, second and third line."""


def svg(curve: Curve, name: str) -> str:
    """`name` makes the ids of one page differ; the figures stand in a table beside the curve, too."""
    parts = [*frame(name, HEIGHT, f"{curve.title} ({curve.unit})", curve.summary), *_axes(curve)]
    if curve.mark is not None:
        up, said = curve.mark
        look, x = 'stroke="currentColor" stroke-dasharray="10 3 2 3"', LEFT + 180 * len(curve.lines) + 60
        parts.append(f'<path d="M{LEFT} {_at((0, up))[1]:.1f}H{WIDTH - RIGHT}M{x} 12h28" {look}/>')
        parts.append(text(x + 34, 16, said))
    for number, line in enumerate(curve.lines):
        parts += _drawn(line, number, steps=curve.steps)
    return "".join([*parts, "</svg>"])


def _axes(curve: Curve) -> Iterator[str]:
    for up, said in curve.up:
        _, y = _at((0, up))
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#888" stroke-width="0.5"/>'
        yield text(LEFT - 8, y + 4, said, "end")
    for across, said in curve.across:
        x, y = _at((across, 0))
        yield f'<path d="M{x:.1f} {y:.1f}v5" stroke="#666"/>'
        yield text(x, y + 18, said, "middle")


def _drawn(line: Line, number: int, *, steps: bool) -> Iterator[str]:
    colour, dashes = LOOKS[number % len(LOOKS)]
    look = f'stroke="{colour}" stroke-width="2" fill="none"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
    for across, low, high in line.spans:
        (x, bottom), (_, top) = _at((across, low)), _at((across, high))
        yield f'<path d="M{x:.1f} {bottom:.1f}V{top:.1f}" stroke="{ORANGE}" stroke-width="1"/>'
    yield f'<path d="{"".join(_path(line, steps=steps))}" {look}/>'
    for x, y in map(_at, _alone(line)):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    x = LEFT + 180 * number
    yield f'<path d="M{x} 12h28" {look}/>'
    yield text(x + 34, 16, line.label)


def _path(line: Line, *, steps: bool) -> Iterator[str]:
    before: Place | None = None
    for place in line.places:
        if place is not None:
            x, y = _at(place)
            if before is None:
                yield f"M{x:.1f} {y:.1f}"
            else:
                yield f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}"
        before = place


def _alone(line: Line) -> Iterator[Place]:
    """What stands between two gaps, and would not be seen."""
    whole = (None, *line.places, None)
    for (before, place), (_, after) in zip(pairwise(whole[:-1]), pairwise(whole[1:]), strict=True):
        if place is not None and before is None and after is None:
            yield place


def _at(place: Place) -> Place:
    across, up = place
    return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)
