"""Whose reports are evidence, of what, and since when."""

from hub.constraints.detectors import Detectors
from hub.constraints.expected import Expectation, Expectations
from hub.constraints.profile import DAY
from hub.constraints.sightings import Key, Kind, sighting_of
from hub.constraints.topology import NONE
from hub.model.constraint import Type
from tests.unit.constraints.streams import MINUTE, RULES, START, learnt, seen, taken

NOW = START + 28 * DAY


def test_detectors_that_were_kept_before_their_first_report_wait_for_the_warm_up() -> None:
    kept = Detectors(RULES)
    kept.resume(Detectors(RULES).remember())
    assert not taken(kept, *(seen(NOW + place * MINUTE, "olt-7") for place in range(20)))


def test_reports_on_what_is_expected_are_no_evidence_of_another_failure() -> None:
    service = Key(Kind.SERVICE, "iptv-new")
    reports = [
        one._replace(keys=(*one.keys, service)) for one in (seen(NOW + n * MINUTE, "node-3") for n in range(10))
    ]
    (raised,) = taken(learnt(), *reports).values()
    assert raised.key == service
    works = Expectation(
        reason="works", types=frozenset({Type.RESOURCE_FAILURE}), key="node-3", begin=0, end=NOW + DAY
    )
    detectors = learnt()
    detectors.expect(Expectations([works]))
    assert not taken(detectors, *reports)
    assert {key.value for _, key, _ in detectors.suppressed} == {"node-3"}


def test_reports_of_one_originator_without_a_customer_count_by_themselves() -> None:
    party = {"partyOrPartyRole": {"id": "desk-tool"}}
    originator = {"role": "originator", **party}
    found = [sighting_of(one, {"originatorParty": originator}, NONE, at=NOW, recorded=NOW) for one in "ab"]
    assert [one.party for one in found] == ["a", "b"]
    customer = {"role": "customer", **party}
    for document in ({"originatorParty": customer}, {"originatorParty": originator, "relatedParty": [customer]}):
        assert sighting_of("a", document, NONE, at=NOW, recorded=NOW).party == "desk-tool"
