"""Which pictures a metric has besides its bars and its curve, in words and with the numbers behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.reporting.account import Account
from hub.reporting.audiences.audience import Audience
from hub.reporting.dimensions import SEVERITY
from hub.reporting.metrics.arrivals import ARRIVALS, DAYS, HOURS, part_of
from hub.reporting.metrics.compliance import SLA_COMPLIANCE
from hub.reporting.metrics.degradation import ALL
from hub.reporting.metrics.states import PARTS, TIME_IN_STATE
from hub.reporting.render.document import Cell, HeatMap, Picture, Shown, Stacks, Table
from hub.reporting.render.numbers import amount, number
from hub.reporting.render.tracking import lanes
from hub.reporting.render.words import Words

MOST_BARS = 12
"""So many stacks are drawn, at most; all are in the table."""


@dataclass(frozen=True, kw_only=True)
class Picturing:
    account: Account
    audience: Audience
    words: Words

    def of(self, metric: str, figures: Sequence[Shown]) -> Iterator[Picture]:
        """`figures` are those of the metric as the audience sees them."""
        found: Picture | None = None
        if metric == ARRIVALS.id:
            found = self._heat(figures)
        elif metric == TIME_IN_STATE.id:
            found = self._stacks(figures)
        elif metric == SLA_COMPLIANCE.id and self.audience.rows and self.audience.smallest < 2:
            found = lanes(self.account.tracks, self.account.zone, self.words)
        if found is not None:
            yield found

    def _heat(self, figures: Sequence[Shown]) -> HeatMap | None:
        """Where small figures are withheld an hour in which nothing came looks like one of those: what is withheld and
        not 0 would most often be 1."""
        words = self.words
        known = {one.part: one for one in figures if one.part != ALL}
        if not known:
            return None
        nothing = None if self.audience.smallest > 1 else 0
        cells = tuple(
            tuple(_count(known.get(part_of(day, hour)), nothing) for hour in HOURS) for day in range(len(DAYS))
        )
        whole = len(DAYS) * len(HOURS)
        if nothing is None:
            sentence = "{hours} of the {all} hours of the week are withheld, with those in which nothing came"
            said = words(sentence, hours=whole - len(known), all=whole)
        else:
            sentence = "at least one came in {hours} of the {all} hours of the week"
            said = words(sentence, hours=len(known), all=whole)
        days = [words(day) for day in DAYS]
        rows: list[tuple[Cell, ...]] = [
            (day, *(words("withheld") if cell is None else cell for cell in row))
            for day, row in zip(days, cells, strict=True)
        ]
        title = f"{words.metric(ARRIVALS.id)} ({self.account.zone})"
        columns = tuple(f"{hour:02}" for hour in HOURS)
        return HeatMap(
            title=title,
            unit=words("reports"),
            summary=said,
            rows=tuple(days),
            columns=columns,
            cells=cells,
            table=Table(title=title, columns=(words("weekday"), *columns), rows=tuple(rows)),
        )

    def _stacks(self, figures: Sequence[Shown]) -> Stacks | None:
        """Of all, and of the groups of a breakdown; without those of which something is withheld."""
        words = self.words
        dimensions = dict.fromkeys(one.dimension for one in figures if one.dimension)
        chosen = SEVERITY if SEVERITY in dimensions else next(iter(dimensions), "")
        groups: dict[str, dict[str, Shown]] = {}
        for one in figures:
            if one.part in PARTS and one.dimension in ("", chosen):
                groups.setdefault(one.group, {})[one.part] = one
        bars: list[tuple[str, float, list[float]]] = []
        for name, parts in groups.items():
            hours = [parts[part].value if part in parts else None for part in PARTS]
            told = [float(hour) for hour in hours if hour is not None]
            if len(told) == len(PARTS) and any(told):
                label = f"{words(chosen)} {words(name)}" if name else words("all")
                bars.append((label, sum(told), told))
        if not bars:
            return None
        shares = [tuple(100 * hour / whole for hour in hours) for _, whole, hours in bars]
        names = tuple(words(part) for part in PARTS)
        most = max(range(len(PARTS)), key=lambda at: shares[0][at])
        title = words("Shares of the time in each state")
        rows: list[tuple[Cell, ...]] = [
            (label, *(round(share, 1) for share in those), round(whole, 4))
            for (label, whole, _), those in zip(bars, shares, strict=True)
        ]
        return Stacks(
            title=title,
            unit="%",
            summary=words(
                "{label}: most of the time {state}, {share}",
                label=bars[0][0],
                state=names[most],
                share=f"{number(shares[0][most], 1, words.language)} %",
            ),
            parts=names,
            bars=tuple(
                (label, f"{amount(whole, 1, words.language)} h", those)
                for (label, whole, _), those in zip(bars[:MOST_BARS], shares, strict=False)
            ),
            table=Table(
                title=title,
                columns=(words("Figure"), *(f"{name} %" for name in names), words("hours in all")),
                rows=tuple(rows),
            ),
        )


def _count(one: Shown | None, nothing: int | None) -> int | None:
    return nothing if one is None else None if one.value is None else int(one.value)
