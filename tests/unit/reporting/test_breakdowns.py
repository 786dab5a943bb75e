"""A group that has every report: the figures of all, and nothing of each service."""

from dataclasses import replace

from hub.reporting.account import Account
from hub.reporting.dimensions import NAMES, SERVICE
from hub.reporting.figures import Figure
from tests.unit.reporting.example import TIMELINES, march, timeline


def of_unknown_region(account: Account) -> list[Figure]:
    """No report of the example says its region: the group has all of them."""
    return [one for one in account.figures if one.group == ("region", "unknown")]


def test_a_group_of_all_has_the_figures_that_any_group_has() -> None:
    account = march(breakdowns=["region", "severity"])
    found = of_unknown_region(account)
    others = {(one.metric, one.part) for one in account.figures if one.group and one.group[0] == "severity"}
    assert {(one.metric, one.part) for one in found} == others
    of_all = [account.figure(one.metric, one.part) for one in found]
    assert [replace(one, group=()) for one in found] == of_all


def test_a_service_that_is_called_like_all_of_them_does_not_stand_for_them() -> None:
    named_so = timeline("N1", "ACME", "1", "all", [("03T10:00", "acknowledged"), ("03T12:00", "resolved")])
    those = [*TIMELINES, named_so]
    found = [
        one for one in of_unknown_region(march(those, breakdowns=["region"])) if one.metric == "degradedMinutes"
    ]
    services = {one.values[NAMES.index(SERVICE)] for one in those}
    assert [one.n for one in found] == [len(services)]
