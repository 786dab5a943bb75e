"""From the course of a figure to the curve that shows it, in words and with the numbers behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from hub.reporting.courses import Course
from hub.reporting.figures import Number
from hub.reporting.metrics.backlog import BACKLOG
from hub.reporting.metrics.compliance import SLA_COMPLIANCE
from hub.reporting.metrics.notifications import LATENCY
from hub.reporting.metrics.restoration import TIME_TO_RESTORE_CENSORED
from hub.reporting.render.document import Curve, Line, Place, Table, Tick
from hub.reporting.render.numbers import moment, number
from hub.reporting.render.words import Words

DATES = 7
"""So many instants are written below a curve, at most."""

PERCENTS: tuple[Tick, ...] = tuple((part / 100, f"{part} %") for part in (0, 25, 50, 80, 95))


MOST = 95
"""Percent: how many were received in a time that is said in a sentence."""

LEAST = 0.001
"""In the unit of a duration: where the axis of its logarithm begins at the latest."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a curve is drawn on: the begin and the zone of its period, the language; of a share its goal in percent."""

    begin: int
    zone: str
    words: Words
    goal: float | None = None

    def amount(self, value: Number, decimals: int = 1) -> str:
        return number(value, decimals, self.words.language)

    def day(self, instant: Number | None) -> str:
        """That ends at an instant."""
        return moment(int(instant or 0) - 1, self.zone)[:10]


def curve(course: Course, paper: Paper) -> Curve | None:
    """None where there is nothing to draw."""
    return DRAWN[course.metric](course, paper) if len(course.rows) > 1 else None


def _backlog(course: Course, paper: Paper) -> Curve:
    words, rows = paper.words, course.rows
    most = _round(max(int(cell or 0) for row in rows for cell in row[1:]))
    places = _across(course, paper)
    top = max(rows, key=lambda row: int(row[1] or 0))
    said = words(
        "most open at the end of {day}: {most}; at the end of the period: {last}",
        day=paper.day(top[0]),
        most=top[1],
        last=rows[-1][1],
    )
    return Curve(
        title=words("{name} over time", name=words.metric(course.metric)),
        unit=words("reports"),
        summary=said,
        lines=tuple(
            Line(
                label=words(label),
                places=tuple((x, int(row[at] or 0) / most) for x, row in zip(places, rows, strict=True)),
            )
            for at, label in ((1, "open"), (2, "opened"), (3, "restored"))
        ),
        across=_dates(course, paper),
        up=tuple((one / most, paper.amount(one)) for one in sorted({0, most // 2, most})),
        table=_table(course, paper, [words(one) for one in ("until", "open", "opened", "restored")]),
    )


def _compliance(course: Course, paper: Paper) -> Curve | None:
    words, rows = paper.words, course.rows
    places = _across(course, paper)
    told = [row for row in rows if row[3]]
    if len(told) < 2:
        return None
    worst = min(told, key=lambda row: row[1] or 0)
    said = words(
        "lowest until {day}: {value} % ({part} of {whole}); something was decided in {told} of {all} spans",
        day=paper.day(worst[0]),
        value=paper.amount(worst[1] or 0),
        part=worst[2],
        whole=worst[3],
        told=len(told),
        all=len(rows),
    )
    name, goal = words.metric(course.metric), None
    if paper.goal is not None:
        goal = words("goal {goal}", goal=f"{paper.amount(paper.goal)} %")
        below = sum((row[1] or 0) < paper.goal for row in told)
        said += "; " + words("below the {goal} in {below} of them", goal=goal, below=below)
    return Curve(
        title=words("{name} over time", name=name),
        unit="%",
        summary=said,
        mark=None if goal is None else ((paper.goal or 0) / 100, goal),
        lines=(
            Line(
                label=f"{name} ({words('95 % interval')})",
                places=tuple(
                    None if row[1] is None else (x, row[1] / 100) for x, row in zip(places, rows, strict=True)
                ),
                spans=tuple(
                    (x, (row[4] or 0) / 100, (row[5] or 0) / 100)
                    for x, row in zip(places, rows, strict=True)
                    if row[3]
                ),
            ),
        ),
        across=_dates(course, paper),
        up=PERCENTS,
        table=_table(
            course, paper, [words(one) for one in ("until", "Value", "Numerator", "Denominator")], cells=4
        ),
    )


def _restoration(course: Course, paper: Paper) -> Curve:
    words, (hours, done) = paper.words, course.rows[-1]
    said = words(
        "{value} % are restored within {hours} h, where the curve ends",
        value=paper.amount(done or 0),
        hours=paper.amount(hours or 0, 2),
    )
    title = words("Restored after so many hours")
    return _by_logarithm(course, paper, title, words("restored (Kaplan–Meier)"), "h", said)


def _latency(course: Course, paper: Paper) -> Curve:
    words = paper.words
    most = next(row for row in course.rows if (row[1] or 0) >= MOST)
    last = paper.amount(course.rows[-1][0] or 0, 3)
    said = words("all within {last} s", last=last)
    if most != course.rows[-1]:
        seconds, done = paper.amount(most[0] or 0, 3), paper.amount(most[1] or 0)
        said = f"{words('{value} % are received within {seconds} s', value=done, seconds=seconds)}, {said}"
    return _by_logarithm(course, paper, words("Received after so many seconds"), words("received"), "s", said)


def _by_logarithm(course: Course, paper: Paper, title: str, label: str, unit: str, said: str) -> Curve:
    """Durations by their logarithm: the longest are a thousand times the shortest."""
    spans = [float(row[0] or 0) for row in course.rows]
    first = floor(log10(max(min((one for one in spans if one > 0), default=1.0), LEAST)))
    last = max(first + 1, ceil(log10(max(*spans, 2 * LEAST))))

    def across(span: float) -> float:
        return 0.0 if span <= 0 else max(0.0, (log10(span) - first) / (last - first))

    done = [float(row[1] or 0) for row in course.rows]
    places: list[Place] = [(0.0, 0.0)]
    places += [(across(span), part / 100) for span, part in zip(spans, done, strict=True)]
    return Curve(
        title=title,
        unit="%",
        summary=said,
        lines=(Line(label=label, places=tuple(places)),),
        across=tuple(
            ((one - first) / (last - first), f"{paper.amount(10.0**one, 3)} {unit}")
            for one in range(first, last + 1)
        ),
        up=PERCENTS,
        table=Table(
            title=title,
            columns=(unit, "%"),
            rows=tuple((round(span, 4), round(part, 2)) for span, part in zip(spans, done, strict=True)),
        ),
        steps=True,
    )


DRAWN: Mapping[str, Callable[[Course, Paper], Curve | None]] = {
    BACKLOG.id: _backlog,
    SLA_COMPLIANCE.id: _compliance,
    TIME_TO_RESTORE_CENSORED.id: _restoration,
    LATENCY.id: _latency,
}


def _across(course: Course, paper: Paper) -> list[float]:
    """Where each instant lies, from 0 to 1."""
    end = int(course.rows[-1][0] or 0)
    return [(int(row[0] or 0) - paper.begin) / (end - paper.begin) for row in course.rows]


def _dates(course: Course, paper: Paper) -> tuple[Tick, ...]:
    every = -(-len(course.rows) // DATES)
    chosen = list(zip(_across(course, paper), course.rows, strict=True))[every - 1 :: every]
    return tuple((x, paper.day(row[0])[5:]) for x, row in chosen)


def _table(course: Course, paper: Paper, columns: Sequence[str], cells: int | None = None) -> Table:
    return Table(
        title=paper.words("{name} over time", name=paper.words.metric(course.metric)),
        columns=tuple(columns),
        rows=tuple((paper.day(row[0]), *row[1:cells]) for row in course.rows),
    )


def _round(most: int) -> int:
    """The next even number that begins with 1, 2 or 5, for the top of an axis."""
    size = int(10 ** floor(log10(max(most, 1))))
    return max(2, next(one * size for one in (1, 2, 5, 10) if one * size >= most))
