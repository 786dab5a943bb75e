"""What a restated report lists as changed, and the late records that it names for it."""

from collections.abc import Sequence
from dataclasses import replace

from hub.reporting.account import Account
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.dimensions import CAUSE, NAMES
from hub.reporting.figures import Figure
from hub.reporting.render.changes import changes_table, restated
from hub.reporting.render.document import Restated
from hub.reporting.render.showing import Showing
from hub.reporting.render.words import BY_LANGUAGE
from hub.reporting.restatement import restatement
from hub.reporting.timelines import Timeline
from hub.store.histories import Late
from tests.unit.reporting.example import ACKNOWLEDGED, RESOLVED, march, timeline

SLA = ("slaCompliance", (), "")


def other(account: Account, **changes: object) -> Account:
    def changed(one: Figure) -> Figure:
        return replace(one, **changes) if one.key == SLA else one  # type: ignore[arg-type]

    return replace(account, figures=tuple(map(changed, account.figures)))


def shown(before: Account, after: Account, *metrics: str, late: Sequence[str] = ()) -> Restated:
    """`late` are the ids of the reports of which a late record each tells."""
    audience = Audience(name="operations", title="Operations")
    showing = Showing(words=BY_LANGUAGE[audience.language], audience=audience, withheld=frozenset(), numbers={})
    records = [
        Late(one, f"late {one}", "ServiceProblemStateChangeEvent", 1, 2, "resolved", number)
        for number, one in enumerate(late)
    ]
    return restated(restatement(before, after, records), "first", showing, metrics)


def listed(before: Account, after: Account) -> list[tuple[str, object, object, str]]:
    found = shown(before, after, "slaCompliance")
    assert found.summary.startswith(f"{len(found.changes)} figures")
    return [(one.metric, one.before, one.after, one.amounts) for one in found.changes]


def test_a_figure_of_another_value_is_listed() -> None:
    assert listed(march(), other(march(), value=50.0)) == [("slaCompliance", 40, 50, "")]


def test_a_figure_of_the_same_value_that_is_made_of_other_numbers_is_listed() -> None:
    amounts = "n 5 → 10; numerator 2 → 4; denominator 5 → 10"
    assert listed(march(), other(march(), n=10, numerator=4, denominator=10)) == [
        ("slaCompliance", 40, 40, amounts)
    ]


def test_a_figure_of_another_interval_is_listed() -> None:
    details = {**march().figure("slaCompliance").details, "low": 1.0}
    ((*_, amounts),) = listed(march(), other(march(), details=details))
    assert amounts.startswith("95 % interval ")
    assert "→ 1–" in amounts


def test_a_figure_that_is_what_it_was_is_not() -> None:
    assert listed(march(), march()) == []


def of_march(name: str, service: str, begin: str, end: str | None, cause: str = "power") -> Timeline:
    steps = [(begin, ACKNOWLEDGED), *([(end, RESOLVED)] if end else [])]
    one = timeline(name, "ACME", "1", service, steps)
    values = [(cause,) if said == CAUSE else value for said, value in zip(NAMES, one.values, strict=True)]
    return one._replace(values=tuple(values))


def causes(before: Account, after: Account, metric: str, *late: str) -> dict[str, tuple[str, ...]]:
    """{part: the reports of the late records that made the figure of all another one}"""
    return {one.part: one.rows for one in shown(before, after, metric, late=late).changes if not one.dimension}


def test_what_came_again_after_a_report_names_the_late_records_of_that_one() -> None:
    """The one that is late was opened before the period, and is in no rate of it; it tells of its restoration."""
    repeated = of_march("C2", "VPN-7", "05T10:00", "05T12:00")
    before, after = (
        march([of_march("C1", "VPN-7", "2026-02-20T08:00", end), repeated]) for end in (None, "03T09:00")
    )
    assert (before.figure("repeatRate").value, after.figure("repeatRate").value) == (0, 100)
    assert causes(before, after, "repeatRate", "C1", "other") == {"": ("C1",)}


def test_a_share_of_a_whole_names_the_late_records_of_the_other_parts() -> None:
    power = [of_march("C1", "VPN-7", "05T10:00", "05T12:00")]
    both = [*power, of_march("C2", "LINE-3", "06T10:00", "06T12:00", "water")]
    found = causes(march(power), march(both), "paretoCount", "C2")
    assert found["cause: power"] == ("C2",)
    assert found["cause: water"] == ("C2",)


def test_what_moved_with_something_else_says_so_in_words() -> None:
    found = shown(march(), other(march(), denominator=7), "slaCompliance")
    (row,) = changes_table(found, BY_LANGUAGE[Language.ENGLISH]).rows
    assert (row[5], row[6], row[7]) == ("denominator 5 → 7", "with what it is held against", "")
