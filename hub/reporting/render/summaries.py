"""One sentence for each metric: what its chart shows, for who cannot see it or has no time to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.reporting.dimensions import UNNAMED
from hub.reporting.metrics.backlog import BACKLOG
from hub.reporting.metrics.degradation import ALL
from hub.reporting.metrics.pareto import VITAL
from hub.reporting.metrics.restoration import TIME_TO_RESTORE_CENSORED
from hub.reporting.metrics.trends import NO_EVIDENCE
from hub.reporting.render.document import Shown
from hub.reporting.render.numbers import number
from hub.reporting.render.words import Words

Trend = Mapping[str, Any]


def summary(metric: str, figures: Sequence[Shown], trend: Trend | None, words: Words) -> str:
    """`figures` are those of one metric; `trend` is against the period before, None where it may not be told."""
    whole = {one.part: one for one in figures if not one.dimension}
    told = [one for one in whole.values() if one.value is not None]
    name = words.metric(metric)
    if not told:
        why = next((one.text for one in whole.values()), words("none"))
        return words("{name}: no figure can be given ({why}).", name=name, why=why)
    parts = [_said(metric, name, whole, told, words), *_trend(trend, words)]
    return "; ".join(parts) + "."


def _said(metric: str, name: str, whole: Mapping[str, Shown], told: Sequence[Shown], words: Words) -> str:
    first = told[0]
    if metric == BACKLOG.id:
        begin, end = (whole[part].text for part in ("begin", "end"))
        return words("{name}: {begin} at the begin, {end} at the end", name=name, begin=begin, end=end)
    if first.low is not None and first.high is not None and not first.part:
        low, high = (number(one, 1, words.language) for one in (first.low, first.high))
        sentence = "{name}: {value} ({part} of {whole}; 95 % interval {low} to {high} %)"
        amounts = {"part": first.numerator, "whole": first.denominator, "low": low, "high": high}
        said = words(sentence, name=name, value=first.text, **amounts)
        return "; ".join([said, *_goal(first, words)])
    if "mean" in whole or metric == TIME_TO_RESTORE_CENSORED.id:
        return _duration(name, whole, words)
    if not first.part:
        return words("{name}: {value} (n = {n})", name=name, value=first.text, n=first.n)
    return _parts(name, whole, told, words)


def _duration(name: str, whole: Mapping[str, Shown], words: Words) -> str:
    """Of a mean and percentiles: what there is of mean and median, else the least percentile."""
    first = next(iter(whole.values()))
    parts = {"name": name, "n": first.n}
    found = {part: whole[key].text for part, key in (("mean", "mean"), ("median", "p50")) if key in whole}
    if not found:
        return words("{name}: {value} (n = {n})", value=f"{first.label} {first.text}", **parts)
    said = ", ".join(f"{part} {{{part}}}" for part in found)
    return words(f"{{name}}: {said} (n = {{n}})", **found, **parts)


def _parts(name: str, whole: Mapping[str, Shown], told: Sequence[Shown], words: Words) -> str:
    """Of a metric with parts: all of it, and the greatest part."""
    others = [one for one in told if one.part != ALL]
    most = max(others, key=lambda one: (not is_unknown(one.part), one.value or 0), default=None)
    if ALL not in whole or whole[ALL].value is None:
        if most is None or not most.value:
            return f"{name}: {words('none')}"
        said = words("{name}: most in {label}, {value}", name=name, label=most.label, value=most.text)
        return "; ".join([said, *_vital(others, most, words)])
    sentence = words("{name}: {value} in all", name=name, value=whole[ALL].text)
    if most is None or not most.value or most.unit == "percent":
        return sentence
    return f"{sentence}; {words('most in {label}, {value}', label=most.label, value=most.text)}"


def _goal(share: Shown, words: Words) -> Iterator[str]:
    if share.goal is not None and share.value is not None:
        goal = words("goal {goal}", goal=f"{number(share.goal, 1, words.language)} %")
        verdict = words("met") if share.value >= share.goal else words("missed")
        yield f"{goal}: {verdict}"


def is_unknown(part: str) -> bool:
    """Whether a part is of the reports that do not say it, or of which it is not seen."""
    return part.partition(": ")[2] in UNNAMED


def _vital(ranked: Sequence[Shown], most: Shown, words: Words) -> Iterator[str]:
    """Of the dimension of the greatest part: how few make most of it."""
    dimension = most.part.partition(":")[0]
    those = [one for one in ranked if one.part.startswith(f"{dimension}: ")]
    for rank, one in enumerate(those, start=1):
        if rank > 1 and one.cumulative is not None and one.cumulative >= VITAL:
            made = f"{number(one.cumulative, 1, words.language)} %"
            yield words(
                "by {dimension} the first {rank} make {made}", dimension=words(dimension), rank=rank, made=made
            )
            return


def _trend(trend: Trend | None, words: Words) -> list[str]:
    """Nothing where there was nothing in one of the periods."""
    if trend is None or 0 in (trend.get("n"), trend.get("nBefore")):
        return []
    before = trend.get("before")
    if "before" in trend and before is None:
        return []
    said = [] if before is None else [words("before: {before}", before=f"{number(before, 1, words.language)} %")]
    return [*said, words(trend.get("verdict", NO_EVIDENCE))]
