"""Which reports concern a party."""

from typing import Any

import pytest

from hub.query.ownership import IN_EVENT, PARTY_PATHS, concerning, told_to
from hub.query.predicate import predicate


def party(party_id: str) -> dict[str, Any]:
    return {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": party_id}}


REPORTS: dict[str, dict[str, Any]] = {
    "related": {"relatedParty": [party("org-1"), party("org-2")]},
    "originator": {"originatorParty": party("org-2")},
    "responsible": {"responsibleParty": party("org-2"), "originatorParty": party("org-1")},
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_report_concerns_each_party_that_it_names(report: dict[str, Any]) -> None:
    assert predicate(concerning("org-2", PARTY_PATHS))(report)
    assert not predicate(concerning("org-3", PARTY_PATHS))(report)
    assert predicate(concerning("org-2", PARTY_PATHS, inside=IN_EVENT))({"event": {"serviceProblem": report}})
    assert not predicate(concerning("org-2", PARTY_PATHS, inside=IN_EVENT))(report)


def test_an_event_is_told_to_whom_its_report_concerns_and_to_who_made_its_task() -> None:
    told = predicate(told_to("10", PARTY_PATHS))
    assert told({"event": {"serviceProblem": {"originatorParty": party("10")}}})
    assert not told({"event": {"serviceProblem": {"originatorParty": party("1e1")}}})
    assert told({"event": {"problemGroup": {}}, "@party": "10"})
    assert not told({"event": {"problemGroup": {}}, "@party": "1e1"})
    assert not told({"event": {"problemGroup": {"originatorParty": party("10")}}})


def test_only_the_paths_that_are_given_count() -> None:
    only = predicate(concerning("org-1", ["responsibleParty.partyOrPartyRole.id"]))
    assert not only(REPORTS["responsible"])
    assert only({"responsibleParty": party("org-1")})
    assert not predicate(concerning("org-1", []))(REPORTS["responsible"])
