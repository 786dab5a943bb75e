"""Metrics: how values fall into a histogram, which listeners have series of their own, and what a sender counts."""

from collections import Counter

import pytest

from hub.delivery.breaker import Breaker, BreakerRules
from hub.delivery.counts import DeliveryCounts
from hub.delivery.lane import Lane
from hub.delivery.lane_readings import LaneFigures, figures_of, lane_readings
from hub.delivery.outcome import RECORDED, Outcome
from hub.delivery.turn import TurnResult
from hub.model.delivery import Attempt, Timing
from hub.telemetry.catalogue import CATALOGUE, SOURCE_LAG
from hub.telemetry.histogram import REMOTE, Histogram
from hub.telemetry.metric import Reading
from tests.scraped import Scraped

NOW = 1_000_000_000
RULES = BreakerRules(failures=1, rate=1.0, pause=5_000_000, longest=5_000_000)


def test_a_value_falls_under_the_first_bound_that_it_does_not_exceed() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 7.0):
        histogram.observe(value)
    assert histogram.cumulative() == [("1.0", 2.0), ("2.0", 4.0), ("+Inf", 5.0)]
    assert histogram.sum == 12.0


def test_every_metric_has_a_name_of_its_own_and_is_read_by_a_scraper() -> None:
    readings = [
        Reading(metric, Histogram(REMOTE) if metric.kind == "histogram" else 1, metric.labels)
        for metric in CATALOGUE
    ]
    scraped = Scraped.of(readings)
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE) > 30
    for metric in CATALOGUE:
        family = scraped.families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.help)


def test_a_label_is_shown_whatever_is_in_it() -> None:
    odd = 'a "quoted\\name"\nof two lines'
    assert Scraped.of([Reading(SOURCE_LAG, 3, (odd,))]).series("source_lag_seconds", "source") == {odd: 3.0}


def figures(name: str, *, lag: float = 0.0, flying: int = 0, breaker: str = "closed") -> LaneFigures:
    return LaneFigures(id=name, lag=lag, in_flight=flying, window=8, breaker=breaker)


MANY = [
    figures("calm"),
    figures("late", lag=90.0, flying=2),
    figures("open", breaker="open"),
    figures("busy", lag=1.0, flying=5),
    figures("probed", lag=2.0, breaker="halfOpen", flying=1),
]


def test_the_listeners_that_do_worst_have_series_of_their_own_and_the_others_are_summed_up() -> None:
    scraped = Scraped.of(lane_readings(MANY, 3))
    assert scraped.series("listener_due_lag_seconds", "subscription") == {
        "probed": 2.0,
        "open": 0.0,
        "late": 90.0,
        "other": 1.0,
    }
    assert scraped.value("listener_in_flight", subscription="other") == 5
    assert scraped.value("listener_window", subscription="other") == 16
    assert scraped.value("listener_breaker_open", subscription="other") == 0
    assert scraped.series("listener_breakers", "state") == {"closed": 3, "halfOpen": 1, "open": 1}


@pytest.mark.parametrize("most", [5, 6, 1000])
def test_nobody_is_summed_up_where_all_have_a_name(most: int) -> None:
    named = Scraped.of(lane_readings(MANY, most)).series("listener_window", "subscription")
    assert named.keys() == {one.id for one in MANY}


def test_without_names_all_are_summed_up() -> None:
    assert Scraped.of(lane_readings(MANY, 0)).series("listener_in_flight", "subscription") == {"other": 8}


def test_a_thousand_listeners_make_no_more_series_than_are_allowed() -> None:
    many = [figures(f"listener-{number}", lag=float(number)) for number in range(1000)]
    named = Scraped.of(lane_readings(many, 50)).series("listener_due_lag_seconds", "subscription")
    assert len(named) == 51
    assert min(lag for name, lag in named.items() if name != "other") == named["other"] + 1 == 950.0


@pytest.mark.parametrize(
    ("open_until", "state"), [(None, "closed"), (NOW + 1, "open"), (NOW, "halfOpen"), (NOW - 1, "halfOpen")]
)
def test_a_lane_says_how_it_is(open_until: int | None, state: str) -> None:
    breaker = Breaker(RULES)
    if open_until is not None:
        breaker.resume(open_until)
    lane = Lane(subscription=1, most=4, window=9, breaker=breaker, in_flight=3)
    gone = Lane(subscription=2, most=4, window=9, breaker=breaker)
    assert figures_of([lane, gone], {1: "a"}, {1: NOW - 2_500_000}, NOW) == [
        LaneFigures(id="a", lag=2.5, in_flight=3, window=4, breaker=state)
    ]


def attempt(timing: Timing, outcome: str = Outcome.DELIVERED) -> Attempt:
    return Attempt(number=1, started=NOW, outcome=outcome, timing=timing)


def test_the_phases_of_an_attempt_are_counted_one_by_one() -> None:
    counts = DeliveryCounts()
    counts.attempt(attempt(Timing(name_lookup=10, connect=30, tls=90, first_byte=290, total=300)), False)
    counts.attempt(attempt(Timing(name_lookup=0, connect=40, first_byte=50, total=50)), False)
    counts.attempt(attempt(Timing(name_lookup=0, first_byte=5, total=6)), True)
    counts.attempt(attempt(Timing(name_lookup=2, total=15_000), Outcome.TIMEOUT), False)
    scraped = Scraped.of(counts.readings())
    sums = scraped.series("delivery_attempt_seconds_sum", "phase")
    assert sums == pytest.approx({"name": 0.01, "connect": 0.06, "tls": 0.06, "firstByte": 0.215, "total": 15.356})
    assert scraped.series("delivery_attempt_seconds_count", "phase") == {
        "name": 2,
        "connect": 2,
        "tls": 1,
        "firstByte": 3,
        "total": 4,
    }
    assert scraped.series("delivery_connections_total", "use") == {"new": 2, "reused": 1}
    attempts = scraped.series("delivery_attempts_total", "outcome")
    assert (attempts["delivered"], attempts["timeout"]) == (3, 1)
    assert attempts.keys() == {outcome.value for outcome in RECORDED}


def test_an_outcome_that_nobody_has_named_is_counted_all_the_same() -> None:
    counts = DeliveryCounts()
    counts.attempt(attempt(Timing(total=1), "somethingNew"), False)
    assert Scraped.of(counts.readings()).value("delivery_attempts_total", outcome="somethingNew") == 1


def test_what_became_of_leases_and_who_was_given_notice_is_counted_by_turn() -> None:
    counts = DeliveryCounts()
    counts.turn(TurnResult(renewed=3, expired=2, notices=Counter({"failing": 1})), 0.002)
    counts.turn(TurnResult(notices=Counter({"failing": 1, "dead": 4})), 0.004)
    counts.refused()
    scraped = Scraped.of(counts.readings())
    assert scraped.series("delivery_leases_total", "what") == {"claimed": 0, "renewed": 3, "lost": 0, "expired": 2}
    notices = scraped.series("delivery_notices_total", "kind")
    assert notices == {"failing": 2, "disabled": 0, "recovered": 0, "certificateEnding": 0, "dead": 4}
    assert scraped.value("delivery_turns_refused_total") == 1
    assert scraped.value("delivery_turn_seconds_count") == 2
