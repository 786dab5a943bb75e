"""From figures to figures as they are shown: in words, without what the audience does not see."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.reporting.audiences.audience import Audience
from hub.reporting.catalogue import OF_DELIVERIES
from hub.reporting.dimensions import CUSTOMER, SERVICE
from hub.reporting.figures import Figure, Key, Number, Rows
from hub.reporting.metrics import degradation
from hub.reporting.render import numbers
from hub.reporting.render.document import Shown
from hub.reporting.render.numbers import decimals_of, number
from hub.reporting.render.withholding import PARETO
from hub.reporting.render.words import Words

CENSORED = {
    "{restored} restored, {open} open": ("restored", "open"),
    "{takenUp} taken up, {waiting} waiting": ("takenUp", "waiting"),
}
"""What is said of those that ended and those that did not, by the names of their counts."""


def visible(figures: Iterable[Figure], audience: Audience, metrics: Sequence[str]) -> list[Figure]:
    """The figures of the metrics that are asked for, without those that tell of a hidden dimension."""
    return [one for one in figures if one.metric in metrics and not _tells(one, audience.hidden)]


def _tells(one: Figure, hidden: frozenset[str]) -> bool:
    if one.group and one.group[0] in hidden:
        return True
    if one.metric in PARETO:
        return one.part.partition(":")[0] in hidden
    return one.metric in degradation.BY_SERVICE and one.part != degradation.ALL and SERVICE in hidden


@dataclass(frozen=True, kw_only=True)
class Showing:
    """`numbers` are those of the rows by the id of their report, `deliveries` those of the notifications by theirs; {}
    where no rows are listed. `tells_left_out`: whether how many reports are not in a figure may be told."""

    words: Words
    audience: Audience
    withheld: frozenset[Key]
    numbers: Mapping[str, int]
    deliveries: Mapping[str, int] = field(default_factory=dict)
    tells_left_out: bool = True
    _known: dict[int, tuple[Rows, tuple[int, ...]]] = field(default_factory=dict, repr=False, compare=False)
    """By the identity of the rows of a figure, which figures share."""

    _policies: dict[tuple[tuple[str, str], ...], str] = field(default_factory=dict, repr=False, compare=False)
    """What is said of the policies of figures, which most of them share."""

    def shown(self, one: Figure) -> Shown:
        """Of a figure that is withheld only that it is."""
        hides = one.key in self.withheld
        details = {} if hides else one.details
        is_notified = one.metric in OF_DELIVERIES
        return Shown(
            metric=one.metric,
            label=self._label(one),
            part=one.part,
            dimension=one.group[0] if one.group else "",
            group=one.group[1] if one.group else "",
            value=None if hides else one.value,
            text=self.words("withheld") if hides else self.text(one),
            unit=one.unit,
            n=None if hides else one.n,
            numerator=None if hides else one.numerator,
            denominator=None if hides else one.denominator,
            low=details.get("low"),
            high=details.get("high"),
            cumulative=self._cumulative(details),
            goal=details.get("goal"),
            policy=self._policy(one),
            note="" if hides else self._note(one),
            rows=() if hides or is_notified else self._numbered(one.rows, self.numbers),
            deliveries=self._numbered(one.rows, self.deliveries) if is_notified and not hides else (),
            excluded={} if hides else self._excluded(one),
        )

    def _numbered(self, rows: Rows, numbers: Mapping[str, int]) -> tuple[int, ...]:
        known = self._known.get(id(rows))
        if known is None:
            found = list(filter(None, map(numbers.get, rows)))
            once = set(found)  # which has small numbers nearly in order: to sort it takes little
            known = self._known[id(rows)] = rows, tuple(sorted(once if len(once) == len(found) else found))
        return known[1]

    def text(self, one: Figure) -> str:
        """The value with its unit, or why there is none."""
        return self.words(one.why) if one.value is None else self.amount(one.value, one.metric, one.unit)

    def amount(self, value: Number, metric: str, unit: str) -> str:
        text = numbers.amount(value, decimals_of(metric, unit), self.words.language)
        return f"{text} {self.words.unit(unit, value)}"

    def percent(self, value: float) -> str:
        return f"{number(value, 1, self.words.language)} %"

    def _cumulative(self, details: Mapping[str, Any]) -> float | None:
        """None where small figures are withheld: the difference of two sums would tell what stands between them."""
        found: float | None = None if self.audience.smallest > 1 else details.get("cumulative")
        return found

    def _excluded(self, one: Figure) -> dict[str, int | None]:
        return {why: len(ids) if self.tells_left_out else None for why, ids in one.excluded.items()}

    def _label(self, one: Figure) -> str:
        dimension, mark, value = one.part.partition(": ")
        part = f"{self.words(dimension)}: {self.words(value)}" if mark else self.words(one.part)
        group = f"{self.words(one.group[0])} {self.words(one.group[1])}" if one.group else ""
        return ", ".join(text for text in (group, part) if text) or self.words("all")

    def _policy(self, one: Figure) -> str:
        chosen = tuple(one.policy.items())
        if chosen not in self._policies:
            told = {
                name: "as agreed" if name == "agreement" and self._is_named_after_others else text
                for name, text in chosen
            }
            said = "; ".join(f"{self.words(name)}: {self.words(text)}" for name, text in told.items())
            self._policies[chosen] = said
        return self._policies[chosen]

    @property
    def _is_named_after_others(self) -> bool:
        """The name of an agreement may tell whose it is."""
        return bool(self.audience.hidden & {CUSTOMER, SERVICE})

    def _note(self, one: Figure) -> str:
        """Where small figures are withheld without the counts: of two of them one is what the other leaves of n."""
        if self.audience.smallest < 2:
            return "; ".join([*self._said(one.details), *self._counted(one)])
        return "; ".join([*([self.words("provisional")] if one.provisional else []), *self._said(one.details)])

    def _counted(self, one: Figure) -> Iterator[str]:
        if one.provisional:
            yield self.words("provisional for {n}", n=len(one.provisional))
        if one.details.get("openAndBreached"):
            yield self.words("{n} of them open", n=len(one.details["openAndBreached"]))
        for sentence, names in CENSORED.items():
            if all(name in one.details for name in names):
                yield self.words(sentence, **{name: one.details[name] for name in names})

    def _said(self, details: Mapping[str, Any]) -> Iterator[str]:
        if details.get("goal") is not None:
            yield self.words("goal {goal}", goal=self.percent(details["goal"]))
        if details.get("share") is not None:
            yield self.words("{share} of the time", share=self.percent(details["share"]))
        cumulative = self._cumulative(details)
        if cumulative is not None:
            yield self.words("{cumulative} so far", cumulative=self.percent(cumulative))
            if details.get("vital"):
                yield self.words("one of the vital few")
