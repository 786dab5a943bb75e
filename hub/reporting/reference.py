"""Writes the page of the metrics from their definitions: `python -m hub.reporting.reference > docs/metrics.md`."""

from collections.abc import Iterator

from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.definitions import Definition
from hub.reporting.dimensions import DEFAULT_PATHS, SEVERAL
from hub.reporting.timelines import INVALID, NOT_OBSERVED, OPEN, RESTORED

INTRODUCTION = """# Metrics

Made from the definitions in `hub/reporting/metrics` by `python -m hub.reporting.reference > docs/metrics.md`.

Every figure carries its value and unit, n, numerator and denominator, how it was chosen (cohort, clock, percentile,
agreement), what was left out and why, and the ids of the reports or deliveries in it. What is not defined, such as a
mean of none, has no value and says why. Shares carry Wilson's interval of 95 %; those of a breakdown are made of sums
of numerators and denominators, never of shares.

The clock of the agreement, the percentiles, the bands, and how many services are shown each for itself are others where
the definition of a report has a `policy`; the head of the report tells it, and the figures the clock.

What has changed since the period before is said of shares where Fisher's exact test finds it, and of medians where an
interval of 95 % of their ratio, from order statistics, leaves out 1. Of fewer than six reports in either period there
is no such interval: they are too few to tell of a change. What is no evidence is no change, however far apart the two
figures are.

An account is *as of* an instant (what came to pass before it) and *as recorded at* another (what the hub knew then). As
recorded, and by the same agreements, it is the same to the byte whenever it is made. Restated, it lists the figures of
which the value, n, numerator, denominator or interval differs today, and the late records that made them so: those of
its reports, of what came again before or after them, or of the other parts of a whole. Where there are none it says
so."""


def page() -> str:
    return "\n".join([INTRODUCTION, *_states(), *_contents(), *_metrics(), *_dimensions()]) + "\n"


def _states() -> Iterator[str]:
    yield "\n## States\n"
    yield "| states | what they are to the figures |\n|---|---|"
    yield f"| {_list(OPEN)} | open: the service is degraded |"
    yield f"| {_list(RESTORED)} | restored |"
    yield f"| {_list(INVALID)} | not valid: in no time and no share, and listed among what is left out |"
    yield f"\n`{NOT_OBSERVED}` is no status of TMF656: a report is in it from its creation until the first"
    yield "thing that is known of it. Clocks run in it."


def _contents() -> Iterator[str]:
    yield "\n## Metrics\n"
    yield "| id | name | unit |\n|---|---|---|"
    for one in DEFINITIONS.values():
        yield f"| [`{one.id}`](#{one.id.lower()}) | {one.name} | {one.unit} |"


def _metrics() -> Iterator[str]:
    for one in DEFINITIONS.values():
        yield f"\n### {one.id}\n"
        yield f"{one.meaning}\n"
        yield "| | |\n|---|---|"
        yield from _rows(one)


def _rows(one: Definition) -> Iterator[str]:
    rows = {
        "formula": one.formula,
        "cohort": one.cohort,
        "unit": one.unit,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "policy": one.policy,
        "source": one.source,
    }
    for name, text in rows.items():
        if text:
            yield f"| {name} | {text.replace('|', '∣')} |"


def _dimensions() -> Iterator[str]:
    yield "\n## Breakdowns\n"
    yield "Where a report says it, unless `dimensions` in `config/reporting.yaml` says otherwise; the first path that"
    yield "leads to something counts, and a report that says nothing stands under `unknown`. Of those with several"
    yield "values a report stands in the group of each, so that the groups do not add up to all; in that of a customer"
    yield "or a service its degraded time, and what came again, is that of this one alone. It is judged everywhere by"
    yield "the same agreement. Paths are those of a v5 report, also for what came in at v4; `[member=value]` chooses"
    yield "among the entries of a list, and is held against an object that stands alone, too.\n"
    yield "| breakdown | paths | several |\n|---|---|---|"
    for name, paths in DEFAULT_PATHS.items():
        yield f"| {name} | {', '.join(f'`{path}`' for path in paths)} | {'yes' if name in SEVERAL else 'no'} |"


def _list(states: frozenset[str]) -> str:
    return ", ".join(f"`{state}`" for state in sorted(states))


if __name__ == "__main__":
    print(page(), end="")
