"""What an operator's file says is expected: at which hours of the week, in a zone, until when."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.constraints.expected import Expectations, read_expectations
from hub.constraints.findings import Finding
from hub.constraints.profile import HOUR
from hub.constraints.sightings import EVERYTHING
from hub.errors import InvalidSettings
from hub.model.constraint import Type
from hub.model.times import to_micros

BERLIN = ZoneInfo("Europe/Berlin")
HEAD = "- {reason: the batch, type: capacityShortage, until: 2026-12-31T00:00:00Z, zone: Europe/Berlin, "


def expected(folder: Path, rest: str) -> Expectations:
    file = folder / "expected.yaml"
    file.write_text(f"{HEAD}{rest}}}\n")
    return read_expectations(str(file))


def surge(local: str) -> Finding:
    at = to_micros(datetime.fromisoformat(local).replace(tzinfo=BERLIN))
    return Finding(
        type=Type.CAPACITY_SHORTAGE,
        key=EVERYTHING,
        at=at,
        begin=at - HOUR,
        window=HOUR,
        observed=65,
        expected=24,
        chance=1e-9,
        dispersed=1.9e-5,
        members=(),
        parties=frozenset(),
    )


@pytest.mark.parametrize(
    ("rest", "covered", "others"),
    [
        (
            'days: [mon], opens: "21:00", closes: "22:00"',
            ["2026-03-23 21:00", "2026-03-30 21:59", "2026-12-28 21:30"],
            ["2026-03-23 20:59", "2026-03-23 22:00", "2026-03-24 21:30", "2027-01-04 21:30"],
        ),
        (
            'opens: "21:00", closes: "22:00"',
            ["2026-03-23 21:30", "2026-03-28 21:30"],
            ["2026-03-23 20:00", "2026-03-24 12:00"],
        ),
        (
            'days: [fri], opens: "22:00", closes: "02:00"',
            ["2026-03-27 22:30", "2026-03-28 01:59"],
            ["2026-03-27 01:00", "2026-03-27 21:00", "2026-03-28 02:00", "2026-03-28 23:00"],
        ),
        ("days: [sat, sun]", ["2026-03-28 00:00", "2026-03-29 23:59"], ["2026-03-27 12:00"]),
    ],
)
def test_the_hours_of_the_week_are_local(tmp_path: Path, rest: str, covered: list[str], others: list[str]) -> None:
    known = expected(tmp_path, rest)
    assert [one for one in covered if known.of(surge(one)) is None] == []
    assert [one for one in others if known.of(surge(one)) is not None] == []


@pytest.mark.parametrize("value", ["2026-02-30T00:00:00Z", "2026-03-28T25:00:00Z", "2026-03-28T10:00:00+99:00"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_an_instant_that_cannot_be_is_named_with_its_field(tmp_path: Path, value: str, quote: str) -> None:
    file = tmp_path / "expected.yaml"
    file.write_text(
        f"- {{reason: first, until: 2026-12-31T00:00:00Z}}\n- {{reason: x, until: {quote}{value}{quote}}}\n"
    )
    with pytest.raises(InvalidSettings) as error:
        read_expectations(str(file))
    for said in (str(file), "1: {'until'", "must be a time such as", value):
        assert said in str(error.value)
