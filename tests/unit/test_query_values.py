"""What a text says as a value."""

import pytest

from hub.query.values import instant_in, lacks_zone, number_in

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-5", -5),
        (" 5\n", 5),
        ("2.50", 2.5),
        ("1e3", 1000.0),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63),
        ("1e400", None),
        ("007", None),
        ("+5", None),
        (".5", None),
        ("5.", None),
        ("1_0", None),
        ("٣", None),
        ("0x10", None),
        ("NaN", None),
        ("", None),
    ],
)
def test_a_number_is_what_json_calls_one(text: str, number: float | None) -> None:
    assert number_in(text) == number
    assert type(number_in(text)) is type(number)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T23:30:00-00:30", 0),
        ("1970-01-02", DAY),
        ("0001-01-01T00:00:00+23:59", -62_135_596_800_000_000 - (DAY - 60_000_000)),
        ("0000-01-01T00:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-02-30", None),
        ("2026-11-22T24:00:00Z", None),
        ("2026-11-22T10:00:60Z", None),
        ("2026-11-22T10:00:00", None),
        ("2026-11-22T10:00Z", None),
        ("2026-11-22 10:00:00Z", None),
        ("2026-11-22t10:00:00z", 1_795_341_600_000_000),
        ("2026-11-22T10:00:00.Z", None),
        ("2026-11-22T10:00:00+24:00", None),
        ("2026-11-22T10:00:00+02:60", None),
        ("2026-11-22T10:00:00+0200", None),
        ("now", None),
    ],
)
def test_an_instant_is_a_date_time_with_a_zone_or_a_date(text: str, micros: int | None) -> None:
    assert instant_in(text) == micros


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("2026-11-22T10:00:00", True),
        ("2026-11-22T10:00", True),
        ("2026-11-22 10:00:00.5", True),
        ("2026-11-22T10:00:00Z", False),
        ("2026-11-22", False),
        ("held", False),
    ],
)
def test_a_time_without_a_zone_is_noticed(text: str, lacks: bool) -> None:
    assert lacks_zone(text) is lacks
