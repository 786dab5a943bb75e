"""From the tracks of single reports to the lanes that show them, in words and with the numbers behind them."""

from collections.abc import Iterator, Sequence
from math import ceil

from hub.reporting.figures import HOUR, SECOND
from hub.reporting.render.document import Cell, Lane, Lanes, Stretch, Table, Tick
from hub.reporting.render.numbers import amount, moment
from hub.reporting.render.words import Words
from hub.reporting.tracks import STATES, WAYS, Span, Track

FINEST = 1 / 1200
"""Of the width of a picture: what is shorter stands with what comes before it."""

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
STEPS = (1, 5, 15, 60, 300, 900, 3600, *(3600 * hours for hours in (2, 4, 8, 12, 24, 48, 96, 168, 336, 672)))
WEEK = 604_800
MOST_STEPS = 8
"""In seconds: units, and the distances of what is written at an axis of time; and so many of them at most."""


def lanes(tracks: Sequence[Track], zone: str, words: Words) -> Lanes | None:
    """None where there is no report with a target."""
    if not tracks:
        return None
    longest = max(SECOND, *(one.until - one.opened for one in tracks))
    first, title = tracks[0], words("The reports that used up most of their target")
    return Lanes(
        title=title,
        unit=words("time since the opening"),
        summary=words(
            "the first is {id}: {shown} h of {target} h",
            id=first.id,
            shown=amount(first.shown / HOUR, 2, words.language),
            target=amount(first.target / HOUR, 2, words.language),
        ),
        states=tuple(words(state) for state in STATES),
        ways=tuple(words(way) for way in WAYS),
        due=words("target over"),
        lanes=tuple(
            Lane(
                label=f"{one.id}\n{moment(one.opened, zone)}",
                states=tuple(_stretches(one.states, STATES, one.opened, longest)),
                clock=tuple(_stretches(one.clock, WAYS, one.opened, longest)),
                due=None if one.due is None else (one.due - one.opened) / longest,
            )
            for one in tracks
        ),
        across=tuple(_times(longest / SECOND)),
        table=_table(tracks, title, zone, words),
    )


def _table(tracks: Sequence[Track], title: str, zone: str, words: Words) -> Table:
    ways = [way for way in WAYS if any(_length(one.clock, way) for one in tracks)]
    states = [state for state in STATES if any(_length(one.states, state) for one in tracks)]
    rows: list[tuple[Cell, ...]] = [
        (
            one.id,
            moment(one.opened, zone),
            None if one.due is None else moment(one.due, zone),
            _hours(one.target),
            *(_hours(_length(one.clock, way)) for way in ways),
            *(_hours(_length(one.states, state)) for state in states),
        )
        for one in tracks
    ]
    named = [words("{what}, h", what=words(what)) for what in ("target", *ways, *states)]
    columns = (words("id"), words("opened"), words("target over"), *named)
    return Table(title=title, columns=columns, rows=tuple(rows))


def _times(longest: float) -> Iterator[Tick]:
    """In the greatest unit of which every step is a whole number."""
    step = next((one for one in STEPS if longest / one <= MOST_STEPS), ceil(longest / MOST_STEPS / WEEK) * WEEK)
    size, unit = next(one for one in UNITS if step % one[0] == 0)
    for at in range(0, int(longest) + 1, step):
        yield at / longest, f"{at // size} {unit}"


def _stretches(spans: Sequence[Span], names: Sequence[str], opened: int, longest: int) -> Iterator[Stretch]:
    """Parts of the longest; what is too short to be seen stands with what comes before it."""
    begin, which = 0.0, -1
    for one, end, name in spans:
        if which < 0 or (end - one) / longest >= FINEST:
            at = (one - opened) / longest
            if which >= 0:
                yield begin, at, which
            begin, which = at, names.index(name)
    if which >= 0:
        yield begin, (spans[-1][1] - opened) / longest, which


def _length(spans: Sequence[Span], name: str) -> int:
    return sum(end - begin for begin, end, one in spans if one == name)


def _hours(micros: int) -> float:
    return round(micros / HOUR, 4)
