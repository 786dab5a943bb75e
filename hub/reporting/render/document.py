"""The one document that every form of a management report is made from. All texts are in its language already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.reporting.figures import Number

Cell = str | int | float | None


@dataclass(kw_only=True)  # not frozen, which takes thrice the time to make: there are very many
class Shown:
    """A figure as it is shown: `text` is its value for people, or why there is none.

    `n` is None where the figure is withheld. `low` and `high` are Wilson's interval of a share. `rows` are the numbers
    of the reports in it, from 1, in the table of the rows, `deliveries` those of the notifications in theirs; () where
    no rows are listed. `excluded` is {why: how many}.
    `cumulative` is what a ranked figure and those before it make, in percent; `goal`
    what was agreed of a share.
    """

    metric: str
    label: str
    part: str
    dimension: str
    group: str
    value: Number | None
    text: str
    unit: str
    n: int | None
    numerator: Number | None
    denominator: Number | None
    low: float | None
    high: float | None
    cumulative: float | None
    goal: float | None
    policy: str
    note: str
    rows: tuple[int, ...]
    deliveries: tuple[int, ...]
    excluded: Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Bar:
    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    whole: bool = False
    """Whether it stands for all, and the other bars for parts of it."""

    cumulative: float | None = None
    """Of bars that are ranked: what this one and those before it make, in percent."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Horizontal bars; `most` is the value at the right end, `mark` (a value, its name) a line across all bars."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    most: float
    mark: tuple[float, str] | None = None


Place = tuple[float, float]
Tick = tuple[float, str]


@dataclass(frozen=True, kw_only=True)
class Line:
    """`places` are (across, up) from 0 to 1, None where there is nothing; `spans` are (across, low, high)."""

    label: str
    places: tuple[Place | None, ...]
    spans: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How a figure went. With `steps` a value holds until the next one, without they are joined.

    `across` and `up` are what is written at the axes, and where; `table` has the numbers behind it.
    """

    title: str
    unit: str
    summary: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    table: "Table"
    steps: bool = False
    mark: Tick | None = None
    """A line at a height from 0 to 1, and its name."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """How many of something by two things; a cell is None where it is withheld."""

    title: str
    unit: str
    summary: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    table: "Table"
    kind: str = "heatMap"


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """Bars of 100 %: (label, what the whole is, the share of each of `parts` in percent)."""

    title: str
    unit: str
    summary: str
    parts: tuple[str, ...]
    bars: tuple[tuple[str, str, tuple[float, ...]], ...]
    table: "Table"
    kind: str = "stacks"


Stretch = tuple[float, float, int]


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One report. `states` and `clock` are (begin, end, which) from 0 to 1 of the longest, `which` counting the states
    and the ways of the clock that the legend names; `due` is where its target was over, None where it was not."""

    label: str
    states: tuple[Stretch, ...]
    clock: tuple[Stretch, ...]
    due: float | None


@dataclass(frozen=True, kw_only=True)
class Lanes:
    """Single reports since their opening; `across` is what is written at the axis, and where."""

    title: str
    unit: str
    summary: str
    states: tuple[str, ...]
    ways: tuple[str, ...]
    due: str
    lanes: tuple[Lane, ...]
    across: tuple[Tick, ...]
    table: "Table"
    kind: str = "lanes"


Picture = HeatMap | Stacks | Lanes


@dataclass(frozen=True, kw_only=True)
class Section:
    """A metric with its figures; `summary` is one sentence for who cannot see, or need not see, the chart."""

    metric: str
    name: str
    meaning: str
    summary: str
    chart: Chart | None
    curve: Curve | None
    figures: tuple[Shown, ...]
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """`printed` are the columns that fit on paper; () for all of them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    printed: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A figure that is another one than in the report that is restated.

    `before` and `after` are its values, or why there is none; "" where one of the reports does not have it. `rows` are
    the ids of the reports that made it so, `late` the numbers of the late records, from 1; () where none are listed.
    `amounts` is what else of its numbers is another one, and `attributes` what the late records changed of the reports,
    old → new.
    """

    metric: str
    label: str
    part: str
    dimension: str
    group: str
    unit: str
    before: Cell
    after: Cell
    rows: tuple[str, ...]
    late: tuple[int, ...]
    amounts: str = ""
    attributes: str = ""


@dataclass(frozen=True, kw_only=True)
class Restated:
    """`report` is the id of the report that is restated, `recorded` until when it read the history.

    `late` has one late record a row; None for who sees no single report.
    """

    report: str
    recorded: str
    summary: str
    changes: tuple[Change, ...]
    late: Table | None


@dataclass(frozen=True, kw_only=True)
class ManagementReport:
    """`head` is what identifies it: {word: value}, in order. `digest` is the SHA-256 of the account it was made of.

    A `brief` one has one page of paper.
    """

    name: str
    title: str
    language: str
    period: str
    recorded: str
    digest: str
    head: Mapping[str, str]
    sections: tuple[Section, ...]
    reconciliation: Table
    excluded: Table
    definitions: Table
    not_told: Table | None = None
    rows: Table | None = None
    deliveries: Table | None = None
    restated: Restated | None = None
    brief: bool = False
    zone: str = field(default="UTC")
