"""The tables of a management report: how the reports add up, what was left out, and the reports themselves."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter

from hub.model.delivery import DeliveryState
from hub.reporting.account import Account
from hub.reporting.audiences.audience import Audience
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.dimensions import CUSTOMER, NAMES, PARTY, SERVICE
from hub.reporting.figures import SECOND
from hub.reporting.metrics.notifications import COVERAGE, SUCCESS
from hub.reporting.render.document import Cell, Shown, Table
from hub.reporting.render.numbers import moment
from hub.reporting.render.words import Words
from hub.reporting.rows import Delivery, Row

SIGNS: Mapping[str, str] = {
    "begin": "",
    "opened": "+ ",
    "reopened": "+ ",
    "restored": "− ",
    "withdrawn": "− ",
    "end": "= ",
}
PRINTED = frozenset({"id", SERVICE, "opened", "h net", "verdict"})
"""The columns that have room on paper, each of which costs time to lay out."""
PRINTED_OF_DELIVERIES = frozenset({"id", "report", "Listener", "Event", "outcome", "s after the change"})

OUTCOMES: Mapping[str, str] = {DeliveryState.DELIVERED: "received", DeliveryState.DEAD: "given up"}
"""What has become of a delivery that is settled."""

MOST_MISSED = 100
"""So many reports are named of what one listener missed."""


def reconciliation(account: Account, backlog: Sequence[Shown], audience: Audience, words: Words) -> Table:
    """The balance of the backlog, and that of what was read with what is in the figures."""
    found: list[tuple[Cell, ...]] = [
        (f"{SIGNS[one.part]}{one.label}", one.text if one.value is None else one.value) for one in backlog
    ]
    if not audience.smallest:
        inside = account.read - account.outside - account.constraints - len(account.deleted)
        found += [
            (words("reports read"), account.read),
            (words("of them in this period"), inside),
            (words("of them deleted"), len(account.deleted)),
            (words("of them constraints, which are in no figure of reports"), account.constraints),
            (words("of them outside the period"), account.outside),
        ]
    return Table(title=words("Reconciliation"), columns=(words("Item"), words("Reports")), rows=tuple(found))


def excluded(shown: Sequence[Shown], words: Words) -> Table:
    """Of each metric, why reports are not in it, and how many; metrics that leave out the same stand together."""
    metrics: dict[tuple[tuple[str, int | None], ...], dict[str, None]] = defaultdict(dict)
    for one in shown:
        if not one.dimension and one.excluded:
            metrics[tuple(sorted(one.excluded.items()))].setdefault(words.metric(one.metric))
    found: list[tuple[Cell, ...]] = [
        (", ".join(names), words(why), words("withheld") if count is None else count)
        for reasons, names in metrics.items()
        for why, count in reasons
    ]
    return Table(
        title=words("Excluded and why"),
        columns=(words("Metric"), words("Reason"), words("Reports")),
        rows=tuple(found),
        note="" if found else words("nothing was left out"),
    )


def definitions(metrics: Sequence[str], words: Words) -> Table:
    """What each metric is, exactly."""
    columns = ("id", "Metric", "Unit", "cohort", "Formula", "Source")
    found = [
        (one.id, words.metric(one.id), words.unit(one.unit), words(one.cohort), one.formula, one.source)
        for one in (DEFINITIONS[name] for name in metrics)
    ]
    return Table(title=words("Definitions"), columns=tuple(words(name) for name in columns), rows=tuple(found))


def not_told(account: Account, audience: Audience, metrics: Sequence[str], words: Words) -> Table | None:
    """The listeners that were not reached; only for who may know of them all, or sees its own alone."""
    metric = COVERAGE.id if COVERAGE.id in metrics else SUCCESS.id
    if metric not in metrics or not audience.knows_listeners:
        return None
    figures = [one for one in account.figures if one.metric == metric and not one.group]
    missed = figures[0].details.get("notTold") if figures else None
    if not missed:
        return None
    found = [(name, one["party"], _some(one["reports"], words)) for name, one in sorted(missed.items())]
    columns = (words("Listener"), words("Party"), words("Reports"))
    return Table(title=words("Not told"), columns=columns, rows=tuple(found))


def _some(reports: Sequence[str], words: Words) -> str:
    """So many as can be read, and how many more."""
    more = len(reports) - MOST_MISSED
    listed = ", ".join(reports[:MOST_MISSED])
    return listed if more <= 0 else words("{listed} and {more} more", listed=listed, more=more)


def rows(account: Account, audience: Audience, words: Words) -> Table:
    """One report a row, in the order of their numbers; without what the audience does not see."""
    zone = account.zone
    joined = cache(lambda values: ", ".join(map(words, values)))  # most reports say what others do
    columns: dict[str, Callable[[Row], Cell]] = {
        "id": attrgetter("id"),
        "state": lambda row: words(row.state),
    }
    dimensions = [name for name in NAMES if name not in audience.hidden]
    for name in dimensions:
        columns[name] = lambda row, name=name: joined(row.values[name])  # type: ignore[misc]
    columns |= {
        "opened": lambda row: _at(row.opened, zone),
        "acknowledged": lambda row: _at(row.acknowledged, zone),
        "restored": lambda row: _at(row.restored, zone),
        "min to acknowledge": lambda row: _short(row.to_acknowledge),
        "first resolution": lambda row: _short(row.first_resolution),
        "h gross": lambda row: _short(row.gross),
        "h net": lambda row: _short(row.net),
        "h business": lambda row: _short(row.business),
        "h net so far": lambda row: _short(row.net_so_far),
        "target": lambda row: _short(row.target),
        "verdict": lambda row: words(row.verdict or ""),
        "reopened": attrgetter("reopened"),
        "repeat of": attrgetter("repeat_of"),
    }
    if not audience.hidden & {CUSTOMER, SERVICE}:
        columns["agreement"] = attrgetter("policy")
    if PARTY not in audience.hidden:
        columns["hand-offs"] = attrgetter("hand_offs")
    return Table(
        title=words("The reports behind the figures"),
        columns=tuple(words(name) for name in columns),
        rows=tuple([tuple([read(row) for read in columns.values()]) for row in account.rows]),
        printed=tuple(number for number, name in enumerate(columns) if name in PRINTED),
    )


def deliveries(account: Account, audience: Audience, words: Words) -> Table:
    """One notification a row, in the order of their numbers; its listener for who may know it."""
    zone = account.zone
    columns: dict[str, Callable[[Delivery], Cell]] = {"id": lambda one: one.id, "report": lambda one: one.report}
    if audience.knows_listeners:
        columns |= {"Listener": lambda one: one.listener, "Party": lambda one: one.party}
    columns |= {
        "Event": lambda one: one.event,
        "outcome": lambda one: words(_outcome(one)),
        "happened": lambda one: _at(one.changed, zone),
        "accepted": lambda one: _at(one.accepted, zone),
        "settled": lambda one: _at(one.settled, zone),
        "s after the change": lambda one: _short(_took(one)),
        "attempts": lambda one: one.attempts,
    }
    return Table(
        title=words("The notifications behind the figures"),
        columns=tuple(words(name) for name in columns),
        rows=tuple(tuple(read(one) for read in columns.values()) for one in account.deliveries),
        printed=tuple(number for number, name in enumerate(columns) if name in PRINTED_OF_DELIVERIES),
    )


def _outcome(one: Delivery) -> str:
    if one.settled is None:
        return "under way"
    return OUTCOMES.get(one.state, "under way")


def _took(one: Delivery) -> float | None:
    return None if one.settled is None else (one.settled - one.changed) / SECOND


def _at(micros: int | None, zone: str) -> str | None:
    return None if micros is None else moment(micros, zone)


def _short(value: float | None) -> float | None:
    """Rounded to a millionth: what is behind it is noise of division."""
    return None if value is None else round(value, 6)
