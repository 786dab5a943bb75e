"""What raises a constraint and what does not: volumes, customers, names, floods, histories and late reports."""

from itertools import pairwise, permutations
from pickle import dumps

import pytest

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import MOST, Phase
from hub.constraints.expected import Expectation, Expectations
from hub.constraints.profile import DAY, HOUR
from hub.constraints.sightings import EVERYTHING, Key, Kind, Sighting
from hub.model.constraint import Type
from tests.unit.constraints.streams import MINUTE, RULES, START, background, learnt, seen, taken

NOW = START + 28 * DAY


def burst(count: int, resource: str = "olt-7", *, begin: int = NOW, every: int = 2 * MINUTE) -> list[Sighting]:
    return [
        seen(begin + place * every, resource, party=f"c{place}", name=f"{resource}/{begin}/{place}")
        for place in range(count)
    ]


def test_four_customers_on_a_quiet_resource_raise_a_suspicion_and_three_do_not() -> None:
    assert not taken(learnt(), *burst(2, "node-3"))
    (found,) = taken(learnt(), *burst(4, "node-3")).values()
    assert (found.type, found.key) == (Type.RESOURCE_FAILURE, Key(Kind.RESOURCE, "node-3"))
    assert found.evidence.observed >= RULES.least
    assert found.evidence.chance < RULES.suspect_at


def test_the_same_number_on_a_busy_resource_raises_nothing() -> None:
    detectors = learnt(resources=2)
    assert not taken(detectors, *burst(6, "node-1"))


def test_one_customer_who_reports_six_times_raises_nothing() -> None:
    reports = [seen(NOW + place * MINUTE, "olt-7", party="acme", name=f"r{place}") for place in range(6)]
    assert not taken(learnt(), *reports)


def test_more_reports_confirm_and_so_does_a_report_that_names_the_resource_as_its_cause() -> None:
    (found,) = taken(learnt(), *burst(12)).values()
    assert found.phase is Phase.CONFIRMED
    assert len(found.members) == len(found.parties) == 12
    named = [seen(NOW + place * MINUTE, "node-3", party=f"c{place}", named=place == 2) for place in range(3)]
    unnamed = [one._replace(named=frozenset()) for one in named]
    assert [one.phase for one in taken(learnt(hourly=4), *named).values()] == [Phase.CONFIRMED]
    assert [one.phase for one in taken(learnt(hourly=4), *unnamed).values()] == [Phase.SUSPECTED]


def test_of_a_window_with_very_many_reports_the_latest_are_looked_at() -> None:
    detectors = learnt()
    reports = burst(MOST + 50, every=MINUTE // 60)
    (found,) = taken(detectors, *reports).values()
    assert len(found.members) == MOST
    (last,) = detectors.take(seen(reports[-1].at, "olt-7", party="late", name="late"))
    assert last.evidence.observed <= MOST
    assert last.evidence.surge <= found.evidence.surge


def test_what_comes_before_the_detectors_know_what_is_usual_is_held_for_when_they_do() -> None:
    """The first of a burst come in the last minutes of the warm-up."""
    begin = START + RULES.warm_up - 3 * MINUTE
    reports = burst(10, "node-3", begin=begin)
    detectors = Detectors(RULES)
    for one in background():
        if one.at < begin:
            detectors.learn(one)
    found = taken(detectors, *reports)
    (failure,) = (one for one in found.values() if one.key == Key(Kind.RESOURCE, "node-3"))
    assert failure.evidence.begin == begin
    assert len(failure.members) == 10


def test_a_constraint_eases_after_one_quiet_window_and_is_cleared_after_two() -> None:
    detectors = learnt()
    reports = burst(10, every=MINUTE)
    taken(detectors, *reports)
    last = reports[-1].at
    assert not detectors.advance(last + 30 * MINUTE)
    assert [one.phase for one in detectors.advance(last + 31 * MINUTE)] == [Phase.EASING]
    assert [one.phase for one in detectors.advance(last + 61 * MINUTE)] == [Phase.CLEARED]
    assert not detectors.advance(last + 2 * HOUR)


def test_a_constraint_that_eases_and_is_hit_again_is_as_it_was() -> None:
    detectors = learnt()
    reports = burst(10, every=MINUTE)
    taken(detectors, *reports)
    detectors.advance(reports[-1].at + 40 * MINUTE)
    (found,) = taken(detectors, *burst(4, begin=reports[-1].at + 41 * MINUTE)).values()
    assert (found.phase, found.begin) == (Phase.CONFIRMED, reports[0].at)


def test_what_goes_on_for_longer_than_the_span_is_another_constraint() -> None:
    found = taken(learnt(), *burst(60, every=10 * MINUTE))
    begins = sorted(one.begin for one in found.values())
    assert len(begins) == 3
    assert all(later - earlier >= RULES.span - RULES.windows[0] for earlier, later in pairwise(begins))
    assert all(one.evidence.at <= one.begin + RULES.span for one in found.values())


def test_one_failure_that_shows_on_several_keys_is_one_constraint() -> None:
    reports = [
        seen(NOW + place * MINUTE, f"ont-{place}", "olt-7", "ring-2", party=f"c{place}", name=f"r{place}")
        for place in range(12)
    ]
    (found,) = taken(learnt(), *reports).values()
    assert found.key.value in ("olt-7", "ring-2")
    assert {one.value for one in found.others} == {"olt-7", "ring-2"} - {found.key.value}
    assert len(found.members) == 12


def test_a_flood_without_a_resource_in_common_is_a_shortage_and_no_failure() -> None:
    flood = [
        seen(NOW + round(place * 0.5 * MINUTE), f"node-{place % 100}", party=f"c{place}", name=f"f{place}")
        for place in range(110)
    ]
    found = taken(learnt(), *flood)
    assert {one.type for one in found.values()} == {Type.CAPACITY_SHORTAGE}
    (shortage,) = found.values()
    assert shortage.key == EVERYTHING
    assert (shortage.evidence.share or 1) < 0.2


def test_a_flood_of_which_nine_in_a_hundred_are_on_one_resource_is_a_shortage() -> None:
    resources = [f"node-{place % 11}" for place in range(99)] + ["node-new"]
    flood = [
        seen(NOW + round(place * 0.5 * MINUTE), resource, party=f"c{place}", name=f"f{place}")
        for place, resource in enumerate(resources)
    ]
    (shortage,) = taken(learnt(resources=11), *flood).values()
    assert shortage.type is Type.CAPACITY_SHORTAGE
    assert shortage.evidence.observed == 100
    assert shortage.evidence.share == pytest.approx(0.09)


def test_a_flood_on_one_resource_is_a_failure_and_no_shortage() -> None:
    found = taken(learnt(), *burst(110, every=MINUTE // 2))
    assert {one.type for one in found.values()} == {Type.RESOURCE_FAILURE}


def test_where_all_reports_have_one_region_that_says_nothing_about_a_flood() -> None:
    def north(one: Sighting) -> Sighting:
        return one._replace(keys=(*one.keys, Key(Kind.REGION, "north")))

    detectors = Detectors(RULES)
    for one in background():
        detectors.learn(north(one))
    flood = [north(seen(NOW + place * MINUTE // 2, f"node-{place}", party=f"c{place}")) for place in range(100)]
    assert Type.CAPACITY_SHORTAGE in {one.type for one in taken(detectors, *flood).values()}


def test_a_batch_that_comes_every_day_is_usual_after_some_days() -> None:
    detectors = learnt()
    days = []
    for day in range(5):  # from Monday to Friday
        at = NOW + day * DAY + 21 * HOUR
        batch = [
            seen(at + place * MINUTE // 2, f"node-{place}", party=f"c{place}", name=f"d{day}-{place}")
            for place in range(90)
        ]
        rest = list(background(begin=NOW + day * DAY, days=1, seed=day + 2))
        found = taken(detectors, *batch, *rest).values()
        days.append(sum(one.type is Type.CAPACITY_SHORTAGE and one.begin >= at - HOUR for one in found))
    assert days[0] == 1
    assert days[-1] == 0


def test_history_that_is_filled_in_raises_nothing() -> None:
    detectors = learnt()
    old = [one._replace(recorded=NOW + 3 * HOUR) for one in burst(20, begin=NOW)]
    filled = [one._replace(live=False) for one in burst(20, "olt-8", begin=NOW)]
    assert not taken(detectors, *old, *filled)
    assert not detectors.advance(NOW + HOUR)


def test_nothing_is_raised_before_the_usual_is_known() -> None:
    detectors = learnt(days=13)
    assert not taken(detectors, *burst(20, begin=START + 13 * DAY))


@pytest.mark.parametrize("order", list(permutations(range(5)))[::17])
def test_reports_that_come_late_are_put_where_they_belong(order: tuple[int, ...]) -> None:
    reports = burst(5)
    late = [reports[place]._replace(recorded=NOW + HOUR + rank) for rank, place in enumerate(order)]
    (found,) = taken(learnt(), *late).values()
    assert set(found.members) == {one.problem_id for one in reports}
    assert (found.phase, found.evidence.observed) == (Phase.CONFIRMED, 5)


def test_a_report_that_comes_to_name_a_resource_counts_for_it() -> None:
    detectors = learnt()
    reports = [one._replace(keys=()) for one in burst(6)]
    assert not taken(detectors, *reports)
    found = [episode for one in burst(6) for episode in detectors.also(one)]
    assert found[-1].key.value == "olt-7"
    assert len(found[-1].members) == 6


def test_what_is_expected_raises_nothing_and_is_told() -> None:
    known = Expectation(
        reason="the ring is rebuilt",
        types=frozenset({Type.RESOURCE_FAILURE}),
        key="olt-7",
        begin=NOW,
        end=NOW + HOUR,
    )
    detectors = learnt()
    detectors.expect(Expectations([known]))
    assert not taken(detectors, *burst(12))
    assert {one.reason for one in detectors.suppressed.values()} == {"the ring is rebuilt"}
    assert taken(detectors, *burst(12, "olt-8"))
    assert taken(detectors, *burst(12, begin=NOW + 2 * HOUR))


def test_the_same_stream_gives_the_same_constraints() -> None:
    stream = [*background(begin=NOW, days=2, seed=9), *burst(12, begin=NOW + 5 * HOUR)]
    assert taken(learnt(), *stream) == taken(learnt(), *stream)


def test_what_is_held_is_bounded_by_windows_and_keys_and_not_by_time() -> None:
    detectors = learnt()
    sizes = []
    for month in range(3):
        for one in background(begin=NOW + month * 28 * DAY, days=28, hourly=5, seed=3):
            detectors.take(one)
        sizes.append(len(dumps(detectors)))
    assert sizes[2] < 1.1 * sizes[1]
