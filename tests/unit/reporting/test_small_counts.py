"""What is withheld of few reports cannot be worked out from what is shown beside it, in any form."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.reporting.account import Account, account
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.dimensions import NAMES, REGION
from hub.reporting.figures import Figure
from hub.reporting.metrics.states import TIME_IN_STATE
from hub.reporting.policies import Policies
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport
from hub.reporting.render.formats import rendered
from hub.reporting.timelines import Timeline
from tests.unit.reporting.example import MARCH, POLICY, timeline
from tests.unit.reporting.test_renderers import SHIPPED

REGULATOR = SHIPPED["regulator"]
SMALLEST = 5
ENDS = ("resolved", "cancelled", "open", "waiting")


def one(number: int, region: str, end: str, service: str = "VPN-7") -> Timeline:
    """A report of March, each with times of its own."""
    day, minute = number % 27 + 1, number // 27 + 7 * (number % 5)
    steps = [(f"{day:02}T08:{minute:02}", "acknowledged")]
    if end in ("resolved", "open"):
        steps.append((f"{day:02}T09:{(3 * minute + number) % 60:02}", "inProgress"))
    if end == "resolved":
        steps.append((f"{day:02}T11:{(7 * minute + number) % 60:02}", "resolved"))
    if end == "cancelled":
        steps.append((f"{day:02}T10:{minute:02}", "cancelled"))
    made = timeline(f"r{number}", "ACME", str(number % 2 + 1), service, steps)
    values = list(made.values)
    values[NAMES.index(REGION)] = (region,)
    return made._replace(values=tuple(values))


def many(*counts: tuple[str, str, int]) -> list[Timeline]:
    """So many reports of a region that end so."""
    kinds = [(region, end) for region, end, count in counts for _ in range(count)]
    return [one(number, *kind) for number, kind in enumerate(kinds)]


def told(audience: Audience, timelines: Sequence[Timeline]) -> tuple[Account, ManagementReport]:
    definition = ReportDefinition(name="few", title="Few", audience=audience.name)
    asked = Told(audience=audience, definition=definition, scope={})
    seen = list(audience.sight().of(timelines))
    policies = Policies([POLICY])
    made = account(seen, MARCH, recorded=MARCH.as_of, policies=policies, breakdowns=asked.breakdowns)
    return made, compose(made, asked)


def lines(report: ManagementReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(report, Format.CSV).decode())))


def counts_in(report: ManagementReport) -> list[str]:
    """How many were left out, wherever a form says it."""
    document = json.loads(rendered(report, Format.JSON))
    figures = [figure for section in document["sections"] for figure in section["figures"]]
    page = rendered(report, Format.HTML).decode()
    table = page[page.index('id="excluded"') :]
    table = table[: table.index("</table>")]
    found = [count for line in lines(report) for count in re.findall(r": (\d+)", line["excluded"])]
    found += [str(count) for figure in figures for count in figure["excluded"].values() if count is not None]
    found += [str(row[2]) for row in document["excluded"]["rows"] if isinstance(row[2], int)]
    return found + re.findall(r"<td[^>]*>\s*(\d+)\s*</td>", table)


def test_how_few_of_one_region_were_left_out_is_not_the_difference_of_two_counts() -> None:
    """Eight were cancelled, six of them in the north."""
    timelines = many(
        ("north", "resolved", 20), ("north", "cancelled", 6), ("south", "resolved", 20), ("south", "cancelled", 2)
    )
    _, report = told(REGULATOR, timelines)
    assert [line for line in lines(report) if "cancelled" in line["excluded"]]
    assert counts_in(report) == []


def test_what_was_left_out_is_told_where_nothing_is_withheld() -> None:
    timelines = many(
        ("north", "resolved", 20), ("north", "cancelled", 6), ("south", "resolved", 20), ("south", "cancelled", 9)
    )
    timelines = [each for each in timelines if each.states[-1] != "open"]
    audience = replace(REGULATOR, metrics=("repeatRate",))
    _, report = told(audience, timelines)
    assert set(counts_in(report)) == {"6", "9", "15"}


def test_no_term_of_a_balance_that_is_withheld_is_told_elsewhere() -> None:
    """41 were opened, 32 restored, 8 cancelled: the one that is open was what remained."""
    timelines = many(("north", "resolved", 32), ("north", "cancelled", 8), ("north", "open", 1))
    _, report = told(REGULATOR, timelines)
    assert counts_in(report) == []
    assert {row[1] for row in report.reconciliation.rows} == {"zurückgehalten"}
    balance = json.loads(rendered(report, Format.JSON))["reconciliation"]["rows"]
    assert [row for row in balance if isinstance(row[1], int)] == []


def test_of_a_state_in_two_parts_none_is_what_the_other_leaves() -> None:
    """Of those that were acknowledged two waited on after they were taken up."""
    timelines = [
        *many(("north", "resolved", 12), ("north", "waiting", 11)),
        *(one(50 + number, "north", "waiting")._replace(acknowledged=None) for number in range(7)),
    ]
    timelines = [
        each._replace(acknowledged=each.opened + 60_000_000 * (number + 3)) if number in (3, 7) else each
        for number, each in enumerate(timelines)
    ]
    audience = replace(REGULATOR, metrics=(TIME_IN_STATE.id,))
    made, report = told(audience, timelines)
    few = [figure for figure in made.figures if figure.metric == TIME_IN_STATE.id and 0 < figure.n < SMALLEST]
    assert few
    _is_not_worked_out(made, report)


def test_notes_do_not_tell_how_many_are_open() -> None:
    """It is what the restored ones leave of all."""
    audience = replace(REGULATOR, metrics=("timeToRestoreCensored", "slaCompliance", "firstTimeFix"))
    _, report = told(audience, many(("north", "resolved", 30), ("north", "open", 2)))
    notes = [figure.note for section in report.sections for figure in section.figures]
    assert "vorläufig" in notes
    assert [note for note in notes if re.search(r"\d", note)] == []


REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["north", "south", "west"]),
        st.sampled_from(ENDS),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=9,
)


@pytest.mark.parametrize("name", sorted(SHIPPED))
@settings(max_examples=25, deadline=None)
@given(counts=REPORTS)
def test_no_two_figures_of_a_table_tell_of_few_reports(name: str, counts: list[tuple[str, str, int]]) -> None:
    """The audiences as they are shipped, but from each small figures are kept."""
    shipped = SHIPPED[name]
    audience = replace(
        shipped, one=None, hidden=shipped.hidden - {REGION}, rows=False, smallest=SMALLEST, breakdowns=(REGION,)
    )
    made, report = told(audience, many(*counts))
    shown = _shown_sets(made, report)
    for metric, those in shown.items():
        for first, second in permutations(those, 2):
            assert not (first < second and len(second - first) < SMALLEST), metric
    _is_not_worked_out(made, report)


def _figures(made: Account, report: ManagementReport) -> Iterator[tuple[Figure, dict[str, str]]]:
    known = {figure.key: figure for figure in made.figures}
    for line in lines(report):
        group = (line["dimension"], line["group"]) if line["dimension"] else ()
        figure = known.get((line["metric"], group, line["part"]))
        if figure is not None:
            yield figure, line


def _shown_sets(made: Account, report: ManagementReport) -> dict[str, set[frozenset[str]]]:
    """{metric: the sets of reports whose number is told}."""
    found: dict[str, set[frozenset[str]]] = {name: set() for name in DEFINITIONS}
    for figure, line in _figures(made, report):
        if figure.metric == TIME_IN_STATE.id:
            continue
        if line["n"]:
            found[figure.metric].add(frozenset(figure.rows))
        for why in re.findall(r"(\w+): \d", line["excluded"]):
            found[figure.metric].add(frozenset(figure.excluded[why]))
    return found


def _is_not_worked_out(made: Account, report: ManagementReport) -> None:
    """No hidden time in a state is the sum, or the difference, of two numbers that are told of the table."""
    shown: dict[str, set[float]] = {}
    hidden: list[tuple[str, float]] = []
    for figure, line in _figures(made, report):
        if figure.metric != TIME_IN_STATE.id:
            continue
        group = line["group"]
        numbers = shown.setdefault(group, set())
        numbers |= {float(line[name]) for name in ("value", "denominator") if line[name]}
        if not line["value"] and figure.value:
            hidden.append((group, float(figure.value)))
    for group, value in hidden:
        for first, second in combinations(shown[group], 2):
            for sum_ in (first + second, abs(first - second)):
                assert sum_ != pytest.approx(value, abs=1e-9), (group, first, second)
        assert all(number != pytest.approx(value, abs=1e-9) for number in shown[group]), group
