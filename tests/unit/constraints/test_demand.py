"""Demand beyond capacity: of all, of one service, site or group; of customers, not of reports; by what is usual."""

from collections.abc import Iterator
from copy import deepcopy
from random import Random

import pytest

from hub.constraints.demand import Demand
from hub.constraints.detectors import Detectors
from hub.constraints.documents import document_of, episode_of
from hub.constraints.episodes import Episode
from hub.constraints.expected import Expectation, Expectations
from hub.constraints.memory import bytes_of, memory_in
from hub.constraints.profile import DAY, HOUR
from hub.constraints.season import Season
from hub.constraints.sightings import EVERYTHING, Key, Kind, Sighting, resources_of
from hub.constraints.topology import NONE, Topology
from hub.model.constraint import Type
from tests.unit.constraints.streams import MINUTE, RULES, START, background, seen, taken

NOW = START + 28 * DAY + 12 * HOUR
KINDS = {"mail": Kind.SERVICE, "north": Kind.REGION, "ring-2": Kind.GROUP}


def on(one: Sighting, service: str, *more: Key) -> Sighting:
    return one._replace(keys=(*one.keys, Key(Kind.SERVICE, service), *more))


def usual() -> Iterator[Sighting]:
    """Ten services of one size, by chance."""
    random = Random(3)
    for one in background(hourly=60):
        yield on(one, f"service-{random.randrange(10)}")


@pytest.fixture
def detectors() -> Detectors:
    detectors = Detectors(RULES)
    for one in usual():
        detectors.learn(one)
    return detectors


def flood(service: str, count: int, *, resources: int = 100, begin: int = NOW) -> list[Sighting]:
    """As many customers within an hour."""
    every = HOUR // count
    reports = (
        seen(begin + place * every, f"node-{place % resources}", party=f"c{place}", name=f"{service}-{place}")
        for place in range(count)
    )
    return [on(one, service) for one in reports]


def shortages(found: dict[str, Episode]) -> list[Episode]:
    return [one for one in found.values() if one.type is Type.CAPACITY_SHORTAGE]


def test_a_surge_on_one_service_is_a_shortage_of_it_which_says_so_in_words(detectors: Detectors) -> None:
    (found,) = taken(detectors, *flood("service-4", 40)).values()
    assert (found.type, found.key) == (Type.CAPACITY_SHORTAGE, Key(Kind.SERVICE, "service-4"))
    assert found.evidence.looked == 10
    assert found.evidence.dispersed * 10 < RULES.surge_at
    document = document_of(found, system="qos-hub", verdict={})
    assert document["name"] == "Shortage of capacity, or outage, of service service-4"
    assert "customers reported service service-4 within 60 minutes" in document["description"]
    assert "one of 10 services, groups and sites" in document["description"]
    assert (
        "cannot tell whether service service-4 is short of capacity or out as a whole" in document["description"]
    )
    assert document["affectedService"] == [{"@type": "ServiceRef", "id": "service-4"}]


def test_a_surge_of_one_service_on_one_resource_is_a_failure_of_the_resource(detectors: Detectors) -> None:
    found = taken(detectors, *flood("service-4", 40, resources=1))
    assert {(one.type, one.key.value) for one in found.values()} == {(Type.RESOURCE_FAILURE, "node-0")}


def test_a_surge_of_all_services_is_one_shortage(detectors: Detectors) -> None:
    reports = [
        on(
            seen(NOW + place * 20_000_000, f"node-{place % 100}", party=f"c{place}", name=f"f{place}"),
            f"service-{place % 10}",
        )
        for place in range(180)
    ]
    (found,) = shortages(taken(detectors, *reports))
    assert found.key == EVERYTHING
    assert "cannot tell" not in document_of(found, system="qos-hub", verdict={})["description"]


def test_the_more_keys_are_looked_at_the_less_chance_one_may_have() -> None:
    """Nine customers where two are usual raise something where this is one of two keys, and not of forty."""
    found = []
    for services in (2, 40):
        detectors = Detectors(RULES)
        for hour in range(28 * 24):
            for service in range(services):
                for place in range(2):
                    at = START + hour * HOUR + place * 20 * MINUTE + service
                    party = f"{hour}/{service}/{place}"
                    detectors.learn(on(seen(at, f"node-{party}", party=party), f"service-{service}"))
        reports = [on(seen(NOW + place * MINUTE, f"new-{place}"), "service-1") for place in range(9)]
        found.append([one.key.value for one in shortages(taken(detectors, *reports))])
    assert found == [["service-1"], []]


def test_one_customer_who_sends_a_batch_is_no_demand(detectors: Detectors) -> None:
    batch = [
        on(seen(NOW + place * MINUTE // 2, f"node-{place}", party="acme", name=f"b{place}"), "service-4")
        for place in range(100)
    ]
    assert not taken(detectors, *batch)


def expected_on(key: str, *types: Type) -> Expectations:
    return Expectations([Expectation(reason="x", types=frozenset(types), key=key, begin=NOW, end=NOW + 2 * HOUR)])


def busy(*, begin: int = NOW) -> list[Sighting]:
    """An hour with as many as usual, and nearly as many on one ring (m0, m2, …): together they are too many."""
    reports = [
        seen(begin + place * 20_000_000, f"node-{place % 100}", party=f"m{place}", name=f"m{place}")
        for place in range(140)
    ]
    ring = Key(Kind.GROUP, "ring-2")
    hung = range(0, 136, 2)
    return [
        on(one, f"service-{place % 10}", *([ring] if place in hung else [])) for place, one in enumerate(reports)
    ]


@pytest.mark.parametrize("types", [tuple(Type), (Type.RESOURCE_FAILURE,), (Type.CAPACITY_SHORTAGE,)])
def test_customers_of_what_is_expected_are_no_demand(detectors: Detectors, types: tuple[Type, ...]) -> None:
    again = deepcopy(detectors)
    (found,) = shortages(taken(again, *busy()))
    assert (found.key, found.evidence.observed > 100) == (EVERYTHING, True)
    detectors.expect(expected_on("ring-2", *types))
    assert shortages(taken(detectors, *busy())) == []


def test_when_it_is_not_expected_any_more_they_are(detectors: Detectors) -> None:
    detectors.expect(expected_on("ring-2", *Type))
    (found,) = shortages(taken(detectors, *busy(begin=NOW + 3 * HOUR)))
    assert found.key == EVERYTHING


def test_beside_what_is_expected_others_are_demand_still(detectors: Detectors) -> None:
    detectors.expect(expected_on("ring-2", *Type))
    found = shortages(taken(detectors, *busy(), *flood("service-4", 40, begin=NOW + MINUTE)))
    assert "service-4" in {one.key.value for one in found}
    hung = {f"m{place}" for place in range(0, 136, 2)}
    assert [one for one in found if hung.intersection(one.members)] == []


def test_a_shortage_that_is_expected_is_told_as_such(detectors: Detectors) -> None:
    detectors.expect(expected_on("service-4", Type.CAPACITY_SHORTAGE))
    assert shortages(taken(detectors, *flood("service-4", 60))) == []
    assert (Type.CAPACITY_SHORTAGE, Key(Kind.SERVICE, "service-4")) in {one[:2] for one in detectors.suppressed}


def test_a_service_with_little_demand_fails_and_is_not_short(detectors: Detectors) -> None:
    found = taken(detectors, *flood("service-new", 40))
    assert (Type.RESOURCE_FAILURE, "service-new") in {(one.type, one.key.value) for one in found.values()}
    assert not [one for one in shortages(found) if one.key.value == "service-new"]


def test_resources_of_one_group_share_its_capacity() -> None:
    topology = Topology(parents={"ont-1": "olt-1"}, groups={"olt-1": "ring-2", "olt-2": "ring-2"})
    keys = [Key(Kind.RESOURCE, "ont-1"), Key(Kind.RESOURCE, "olt-1"), Key(Kind.GROUP, "ring-2")]
    assert resources_of(["ont-1"], topology) == keys
    assert resources_of(["olt-9"], topology) == [Key(Kind.RESOURCE, "olt-9")]


@pytest.mark.parametrize("value", KINDS)
def test_a_shortage_is_the_same_after_it_was_written_as_a_report(detectors: Detectors, value: str) -> None:
    (found,) = taken(detectors, *flood("service-4", 40)).values()
    key = Key(KINDS[value], value)
    document = document_of(found, system="qos-hub", verdict={})
    changed = [
        one | ({"value": key.kind} if one["name"] == "keyKind" else {}) for one in document["characteristic"]
    ]
    changed = [one | ({"value": value} if one["name"] == "key" else {}) for one in changed]
    kept = document | {"characteristic": changed, "statusChangeDate": "2026-03-16T12:00:00.000Z"}
    again = episode_of(kept, found.parties)
    assert (again.key, again.evidence.looked) == (key, 10)
    assert again.evidence.likelihood == pytest.approx(found.evidence.likelihood)


def test_what_is_usual_at_night_is_not_hidden_by_what_varies_by_day() -> None:
    """At noon the hours have 20 or 60, at midnight always 2: the latter vary less by their own measure."""
    hours = {}
    first = START // HOUR
    for hour in range(first, first + 60 * 24):
        noon = 20 if hour // 24 % 2 else 60
        hours[hour] = noon if 8 <= hour % 24 < 18 else 2
    season = Season(hours)
    day = first // 24 + 59
    by_night = season.dispersion(day, 1, 2.0, first=first, least=2.0)
    by_day = season.dispersion(day, 1, 40.0, first=first, least=2.0)
    assert by_night < 2 < 5 < by_day


def test_a_week_that_was_wild_hardly_changes_what_is_usual() -> None:
    first = START // HOUR
    hours = dict.fromkeys(range(first, first + 28 * 24), 10)
    hours |= dict.fromkeys(range(first + 14 * 24, first + 14 * 24 + 5), 1000)
    season = Season(hours)
    assert season.rate(first + 28 * 24 + 2, first) <= 20
    assert season.rate(first + 28 * 24 + 12, first) == 10


def test_detectors_that_go_on_by_what_was_kept_say_the_same() -> None:
    """As if they had never stopped; and nothing of a customer is kept."""
    stream = sorted(usual(), key=lambda one: one.at)
    whole = Detectors(RULES)
    for one in stream:
        whole.learn(one)
    content = bytes_of(whole.remember(), NONE)
    memory = memory_in(content, NONE)
    assert memory is not None
    again = Detectors(RULES)
    again.resume(memory)
    for one in stream:
        if one.at >= again.held_from:
            again.hold(one)
    assert again.remember() == whole.remember()
    burst = [seen(NOW + place * MINUTE, "node-3", party=f"c{place}", name=f"b{place}") for place in range(6)]
    more = [*flood("service-4", 40, begin=NOW + HOUR), *burst]
    assert taken(again, *more) == taken(whole, *more) != {}


def test_what_another_topology_has_counted_is_not_gone_on_with() -> None:
    content = bytes_of(Detectors(RULES).remember(), NONE)
    assert memory_in(content, NONE) is not None
    assert memory_in(content, Topology(groups={"olt-1": "ring-2"})) is None


def test_what_comes_late_counts_in_its_hour_and_once_a_customer() -> None:
    demand = Demand(RULES)
    for minutes, party in ((0, "a"), (70, "b"), (10, "a"), (20, "c")):
        demand.add(on(seen(NOW + minutes * MINUTE, party=party, name=f"{minutes}"), "mail"))
    hour = NOW // HOUR
    for key in (EVERYTHING, Key(Kind.SERVICE, "mail")):
        assert demand.remember()[key] == {hour: 2, hour + 1: 1}
    assert [at for at, _ in demand.asked(EVERYTHING, hour).reports] == [NOW, NOW + 10 * MINUTE, NOW + 20 * MINUTE]
