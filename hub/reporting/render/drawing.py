"""What all drawings of a report have in common: a name and a description, texts, and fills that differ by pattern."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

WIDTH = 720
"""Of every drawing, in pixels."""

BLUE, ORANGE, GREEN = "#2f74c0", "#b34700", "#2e7d32"
"""Of lines and bars: each has a contrast of 3 at least with a light ground and with a dark one."""

FILLS: tuple[tuple[str, str, str], ...] = (
    ("#dcdcdc", "M0 3H6", "#5c5c5c"),
    (BLUE, "", ""),
    ("#c4e0c5", "M3 0V6", "#1e5c22"),
    ("#cfe0f2", "M0 6L6 0", BLUE),
    ("#ffffff", "M2 3h2", "#5c5c5c"),
    ("#f6c9a0", "M0 0L6 6M0 6L6 0", "#8a3600"),
    ("#ffffff", "", ""),
)
"""(ground, pattern, its colour), the pattern being a path in a square of six pixels."""

LINED, HATCHED = 0, 3
"""The numbers of two of them."""

EDGE = "#333"
SWATCH, LETTER, LINE = 22, 6.6, 18
"""In pixels: the width of a sample in a legend with its margin, and of a letter; the height of a line."""


def frame(name: str, height: float, title: str, description: str) -> Iterator[str]:
    """The begin of a drawing; `name` makes the ids of one page differ."""
    yield f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
    yield f'height="{height}" aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>'
    yield f'<desc id="{name}-d">{escape(description)}</desc>'


def text(
    x: float, y: float, said: str, anchor: str = "start", *, size: int = 12, fill: str = "currentColor"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}">'
        f"{escape(said)}</text>"
    )


def patterns(name: str, numbers: Iterable[int]) -> Iterator[str]:
    """The fills of these numbers, each once."""
    yield "<defs>"
    for number in sorted({number % len(FILLS) for number in numbers}):
        ground, path, colour = FILLS[number]
        yield f'<pattern id="{name}-f{number}" width="6" height="6" patternUnits="userSpaceOnUse">'
        yield f'<rect width="6" height="6" fill="{ground}"/>'
        yield f'<path d="{path}" stroke="{colour}" stroke-width="1.2"/></pattern>' if path else "</pattern>"
    yield "</defs>"


def fill(name: str, number: int) -> str:
    return f"url(#{name}-f{number % len(FILLS)})"


def box(x: float, y: float, width: float, height: float, filled: str, edge: str = EDGE) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{filled}" '
        f'stroke="{edge}" stroke-width="0.7"/>'
    )


def legend(name: str, labels: Mapping[int, str], top: float = 0) -> Iterator[str]:
    """A sample of each fill, by its number, with its label."""
    for (number, label), (x, line) in zip(labels.items(), _places(labels.values()), strict=True):
        y = top + LINE * line
        yield box(x + 1, y + 4, 16, 11, fill(name, number))
        yield text(x + SWATCH, y + 14, label)


def tall(labels: Iterable[str]) -> int:
    """The height of a legend in pixels."""
    return LINE * (1 + max((line for _, line in _places(labels)), default=-1))


def _places(labels: Iterable[str]) -> Iterator[tuple[float, int]]:
    """(x, number of the line) of each label."""
    x, line = 0.0, 0
    for label in labels:
        if x and x + wide(label) > WIDTH:
            x, line = 0.0, line + 1
        yield x, line
        x += wide(label)


def wide(label: str) -> float:
    """How much room a label of a legend takes, with its sample."""
    return SWATCH + LETTER * len(label) + 16


def cut(said: str, longest: int) -> str:
    return said if len(said) <= longest else f"{said[: longest - 1]}…"


def cut_inside(said: str, longest: int) -> str:
    """Ids often differ in their last letters alone."""
    head = longest // 3
    return said if len(said) <= longest else f"{said[:head]}…{said[head + 1 - longest :]}"
