"""A made-up stream of reports, drawn from a seed, with the swings and bursts of a real desk; or that of a real one."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from random import Random
from zipfile import ZipFile

from hub.constraints.backtest import WEEK
from hub.constraints.profile import HOUR
from hub.constraints.sightings import Key, Kind, Sighting

BEGIN = 1_767_571_200_000_000
"""Monday, 5 January 2026, UTC."""

BY_HOUR = (3, 2, 1, 1, 1, 2, 4, 9, 35, 42, 40, 34, 19, 24, 32, 30, 26, 15, 6, 4, 3, 5, 3, 2)
"""Reports in each hour of a working day, when the volume is 1."""

WEEKEND = 0.15
WILD = 1.3
"""What the variance of the volume of an hour is beyond chance, as a part of its mean: real desks swing so much."""


def made_up(*, weeks: int = 13, volume: float = 1.0, sites: int = 200, seed: int = 1) -> list[Sighting]:
    """Few sites have most reports; some customers report twice; now and then one thing fails for some minutes."""
    random = Random(seed)
    weights = [1 / (rank + 1) ** 1.1 for rank in range(sites)]
    found = []
    for hour in range(weeks * 168):
        day = hour // 24 % 7
        mean = BY_HOUR[hour % 24] * volume * (WEEKEND if day >= 5 else 1.0)
        mean *= random.gammavariate(mean / WILD, WILD / mean)
        for place in range(_poisson(mean, random)):
            site = random.choices(range(sites), weights)[0]
            name = f"r{hour}-{place}"
            at = BEGIN + hour * HOUR + random.randrange(60) * 60_000_000
            party = f"customer-{site}-{random.randrange(30)}"
            found.append(_seen(name, at, f"site-{site}", party))
            if random.random() < 0.05:
                found.append(_seen(f"{name}-again", at + random.randrange(30) * 60_000_000, f"site-{site}", party))
    return sorted(found, key=lambda one: (one.at, one.problem_id))


def of_service_desk(path: Path, *, weeks: int = 14, services: bool = False) -> list[Sighting]:
    """The incidents of a ServiceNow audit log (a zip with one CSV file) by location, in its first weeks.

    With `services`, the category is the service.
    """
    first: dict[str, Sighting] = {}
    with ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        for row in csv.DictReader(TextIOWrapper(file)):
            if row["number"] not in first:
                opened = datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
                party = row["caller_id"] if row["caller_id"] != "?" else row["number"]
                at = round(opened.timestamp() * 1e6)
                one = _seen(row["number"], at, row["location"], party)
                service = (Key(Kind.SERVICE, row["category"]),) if services else ()
                first[row["number"]] = one._replace(keys=one.keys + service)
    found = sorted(first.values(), key=lambda one: (one.at, one.problem_id))
    return [one for one in found if one.at < found[0].at + weeks * 168 * HOUR]


def part_of(stream: list[Sighting], first: int, last: int) -> list[Sighting]:
    """From the beginning of one week to that of another, counted from the first report."""
    begin = stream[0].at
    return [one for one in stream if begin + first * WEEK <= one.at < begin + last * WEEK]


def _seen(name: str, at: int, site: str, party: str) -> Sighting:
    return Sighting(problem_id=name, at=at, recorded=at, keys=(Key(Kind.RESOURCE, site),), party=party)


def _poisson(mean: float, random: Random) -> int:
    return sum(1 for _ in _arrivals(mean, random))


def _arrivals(mean: float, random: Random) -> Iterator[float]:
    at = random.expovariate(1)
    while at < mean:
        yield at
        at += random.expovariate(1)
