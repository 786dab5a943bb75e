"""What goes wrong in a soak is drawn from its seed, whatever the length of the run."""

from random import Random

import pytest

from benchmarks.soak_plan import Plan, What, plan


def drawn(seed: int, seconds: float) -> Plan:
    return plan(Random(seed), seconds=seconds, hubs=2, listeners=10, paused=8, leaving=9)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert drawn(1, 300) == drawn(1, 300) != drawn(2, 300)


@pytest.mark.parametrize("seconds", [3.0, 8.0, 300.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_run_of_any_length_has_everything_and_begins_its_kills_with_all_hubs(seed: int, seconds: float) -> None:
    found = drawn(seed, seconds)
    assert (found.hubs[0].what, found.hubs[0].targets) == (What.KILL, (0, 1))
    lines = (found.hubs, found.listeners, found.operator)
    assert {incident.what for line in lines for incident in line} == set(What)
    for line in lines:
        times = [incident.time for incident in line]
        assert times == sorted(times)
        assert 0 <= times[0] <= times[-1] <= seconds


def test_a_storm_and_an_outage_each_come_to_an_end() -> None:
    listeners = drawn(3, 300).listeners
    begun = [incident for incident in listeners if incident.what is not What.CALM]
    calm = [incident for incident in listeners if incident.what is What.CALM]
    assert sorted(one.targets for one in begun) == sorted(one.targets for one in calm)
