"""Makes the one document of an account, for an audience."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from hub.memory import without_collector
from hub.reporting.account import Account, digest
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import ReportDefinition
from hub.reporting.audiences.policy import ReportPolicy
from hub.reporting.catalogue import DEFINITIONS, OF_DELIVERIES
from hub.reporting.figures import Figure, Key
from hub.reporting.metrics.arrivals import ARRIVALS
from hub.reporting.metrics.backlog import BACKLOG
from hub.reporting.metrics.degradation import ALL
from hub.reporting.render.changes import restated
from hub.reporting.render.document import Bar, Chart, ManagementReport, Section, Shown
from hub.reporting.render.merging import merged, nameless
from hub.reporting.render.numbers import moment, number
from hub.reporting.render.picturing import Picturing
from hub.reporting.render.plotting import Paper, curve
from hub.reporting.render.showing import Showing, visible
from hub.reporting.render.summaries import is_unknown, summary
from hub.reporting.render.tables import definitions, deliveries, excluded, not_told, reconciliation, rows
from hub.reporting.render.withholding import PARETO, tells_left_out, withheld, withheld_in_both
from hub.reporting.render.words import BY_LANGUAGE, Words
from hub.reporting.restatement import Restatement

MOST_BARS = 20
MOST_RANKED = 8
"""Bars of each dimension, where several are ranked beside one another."""

MINUTE = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a report tells and its account does not know: for whom it is, and what it is called.

    `restates` is the id of the report that it restates.
    """

    audience: Audience
    definition: ReportDefinition
    scope: Mapping[str, str]
    restates: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Those asked for that the audience may see, in the order of the catalogue."""
        chosen = self.definition.metrics or self.audience.metrics
        return tuple(name for name in DEFINITIONS if name in chosen and self.audience.may_see(name))

    @property
    def breakdowns(self) -> tuple[str, ...]:
        return self.definition.breakdowns or self.audience.breakdowns


def compose(account: Account, told: Told, restatement: Restatement | None = None) -> ManagementReport:
    """With a `restatement`, whose later account this is, it tells what has changed."""
    with without_collector():
        return _composed(account, told, restatement)


def _composed(account: Account, told: Told, restatement: Restatement | None) -> ManagementReport:
    audience, words = told.audience, BY_LANGUAGE[told.audience.language]
    figures = visible(account.figures, audience, told.metrics)
    balance = visible(account.figures, audience, (BACKLOG.id,))
    hidden = _hidden(account, told, restatement)
    numbers = {row.id: number for number, row in enumerate(account.rows, start=1)} if audience.rows else {}
    if audience.smallest > 1:
        figures = merged(figures, hidden)
        hidden |= frozenset(nameless(figures))
    is_notified = audience.rows and not OF_DELIVERIES.isdisjoint(told.metrics)
    sent = {one.id: number for number, one in enumerate(account.deliveries, start=1)} if is_notified else {}
    showing = Showing(
        words=words,
        audience=audience,
        withheld=hidden,
        numbers=numbers,
        deliveries=sent,
        tells_left_out=tells_left_out(_seen(account, told, restatement), hidden, audience.smallest),
    )
    shown = [showing.shown(one) for one in figures]
    return ManagementReport(
        name=told.definition.name,
        title=told.definition.title,
        language=audience.language,
        period=account.period,
        recorded=moment(account.recorded, account.zone),
        digest=digest(account),
        zone=account.zone,
        head=_head(account, told, words),
        sections=tuple(_sections(account, shown, audience, words)),
        reconciliation=reconciliation(
            account, [showing.shown(one) for one in balance if not one.group], audience, words
        ),
        excluded=excluded(shown, words),
        not_told=not_told(account, audience, told.metrics, words),
        rows=rows(account, audience, words) if audience.rows else None,
        deliveries=deliveries(account, audience, words) if sent else None,
        definitions=definitions(told.metrics, words),
        brief=audience.brief,
        restated=None if restatement is None else restated(restatement, told.restates, showing, told.metrics),
    )


def _hidden(account: Account, told: Told, restatement: Restatement | None) -> frozenset[Key]:
    """What is withheld; the balance of the backlog, which each report has, is looked at, too."""
    audience, metrics = told.audience, (*told.metrics, BACKLOG.id)
    everything = visible(account.figures, audience, metrics)
    if restatement is None:
        return withheld(everything, audience.smallest)
    before = visible(restatement.before.figures, audience, metrics)
    return withheld_in_both(before, everything, audience.smallest, restatement.others)


def _seen(account: Account, told: Told, restatement: Restatement | None) -> list[Figure]:
    """The figures of the account, and of the one that is restated."""
    both = account.figures if restatement is None else (*restatement.before.figures, *account.figures)
    return visible(both, told.audience, told.metrics)


def _head(account: Account, told: Told, words: Words) -> dict[str, str]:
    minutes = number((account.end - account.begin) / MINUTE, 0, words.language)
    begin, end = moment(account.begin, account.zone), moment(account.end, account.zone)
    length = words("{minutes} minutes", minutes=minutes)
    scope = ", ".join(f"{words(name)} {value}" for name, value in sorted(told.scope.items()))
    found = {
        "Period": f"{account.period}: {begin} – {end} ({length})",
        "Zone": account.zone,
        "Audience": told.audience.title,
        "Purpose": told.definition.purpose or told.audience.purpose,
        "Scope": scope,
        "Policy": "; ".join(_chosen(told.definition.policy, words)),
        "As of": moment(account.as_of, account.zone),
        "Recorded until": moment(account.recorded, account.zone),
        "Restates": told.restates,
        "Data": words("history of service problem reports"),
    }
    return {words(name): text for name, text in found.items() if text}


def _chosen(policy: ReportPolicy, words: Words) -> Iterator[str]:
    """What the definition chooses of how figures are made."""
    found = {
        "clock": words(str(policy.clock)) if policy.clock else "",
        "percentiles": ", ".join(map(str, policy.percentiles)),
        "bands of jeopardy": f"{', '.join(map(str, policy.jeopardy))} %" if policy.jeopardy else "",
        "bands of ages": ", ".join(policy.ages),
        "told in time within": policy.notify_within or "",
        "shown each for itself": str(policy.listed or ""),
    }
    for name, text in found.items():
        if text:
            yield f"{words(name)}: {text}"


def _sections(account: Account, shown: Sequence[Shown], audience: Audience, words: Words) -> Iterator[Section]:
    """Of few reports a course would tell of each, so that an audience which small figures are kept from sees none."""
    paper = Paper(begin=account.begin, zone=account.zone, words=words)
    picturing = Picturing(account=account, audience=audience, words=words)
    courses = {one.metric: one for one in account.courses} if audience.smallest < 2 else {}
    by_metric: dict[str, list[Shown]] = {}
    for one in shown:
        by_metric.setdefault(one.metric, []).append(one)
    for metric in (name for name in DEFINITIONS if name in by_metric):
        figures = by_metric[metric]
        trend = account.trends.get(metric) if audience.smallest < 2 else None
        yield Section(
            metric=metric,
            name=words.metric(metric),
            meaning=words.meaning(metric),
            summary=summary(metric, figures, trend, words),
            chart=_chart(metric, figures, words),
            curve=curve(courses[metric], replace(paper, goal=_goal(figures))) if metric in courses else None,
            figures=tuple(figures),
            pictures=tuple(picturing.of(metric, figures)),
        )


def _chart(metric: str, figures: Sequence[Shown], words: Words) -> Chart | None:
    """The parts of a metric, or its whole beside its groups; None where there is nothing to compare, and where a
    picture has all of it."""
    if metric == ARRIVALS.id:
        return None
    plain = [one for one in figures if not one.dimension and one.value is not None]
    grouped = [one for one in figures if one.dimension and not one.part and one.value is not None]
    chosen = [one for one in plain if one.part != ALL] or plain
    chosen = (chosen + grouped if not plain or not plain[0].part else chosen)[:MOST_BARS]
    if metric in PARETO:
        chosen = list(_first_of_each(plain))
    if not chosen:
        return None
    unit = chosen[0].unit
    bars = tuple(
        Bar(
            label=one.label,
            value=float(one.value or 0),
            text=one.text,
            low=one.low,
            high=one.high,
            whole=not one.part and not one.dimension,
            cumulative=one.cumulative,
        )
        for one in chosen
    )
    most = 100.0 if unit == "percent" else max(bar.value for bar in bars)
    goal = _goal(figures)
    mark = None if goal is None else (goal, words("goal {goal}", goal=f"{number(goal, 1, words.language)} %"))
    return Chart(title=words.metric(metric), unit=words.unit(unit), bars=bars, most=most or 1.0, mark=mark)


def _goal(figures: Sequence[Shown]) -> float | None:
    """What was agreed of the share of all."""
    return next((one.goal for one in figures if not one.dimension and not one.part), None)


def _first_of_each(ranked: Sequence[Shown]) -> Iterator[Shown]:
    """The greatest of each dimension that is ranked; none of one that no report says anything of."""
    for _, group in groupby(ranked, lambda one: one.part.partition(":")[0]):
        those = list(group)
        if len(those) > 1 or not is_unknown(those[0].part):
            yield from those[:MOST_RANKED]
