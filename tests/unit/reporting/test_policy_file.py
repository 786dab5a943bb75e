"""What was agreed is read from a file, and all that is wrong with it is said at once."""

from pathlib import Path

import pytest

from hub.errors import InvalidSettings
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.policies import NO_POLICY, Clock
from hub.reporting.policy_file import Agreed, agreed_from, load_agreed
from hub.shipped import config_dir
from tests.unit.reporting.example import ACKNOWLEDGED, timeline

AGREEMENTS = [
    {"name": "all", "from": "2026-01-01"},
    {"name": "all", "from": "2026-03-01", "clock": "gross", "stops": []},
    {"name": "gold", "from": "2026-02-01", "customer": "ACME"},
    {"name": "line", "from": "2026-02-01", "service": "VPN-7"},
    {"name": "both", "from": "2026-02-01", "customer": "BETA", "service": "VPN-7"},
]


def agreed(**parts: object) -> Agreed:
    return agreed_from(parts, "reporting.yaml")


@pytest.mark.parametrize(
    ("customer", "service", "opened", "label"),
    [
        ("CARE", "LINE-1", "2026-02-28T23:59", "all 2026-01-01"),
        ("CARE", "LINE-1", "2026-03-01T00:00", "all 2026-03-01"),
        ("ACME", "LINE-1", "2026-03-01T00:00", "gold 2026-02-01"),
        ("ACME", "VPN-7", "2026-03-01T00:00", "gold 2026-02-01"),
        ("CARE", "VPN-7", "2026-03-01T00:00", "line 2026-02-01"),
        ("BETA", "VPN-7", "2026-03-01T00:00", "both 2026-02-01"),
        ("ACME", "VPN-7", "2026-01-15T00:00", "all 2026-01-01"),
    ],
)
def test_the_closest_agreement_of_that_day_counts(customer: str, service: str, opened: str, label: str) -> None:
    one = timeline("R1", customer, "1", service, [(opened, ACKNOWLEDGED)])
    assert agreed(agreements=AGREEMENTS).policies.of(one).label.startswith(label)


def test_before_the_first_version_nothing_is_agreed() -> None:
    one = timeline("R1", "CARE", "1", "LINE-1", [("2025-12-31T23:59", ACKNOWLEDGED)])
    assert agreed(agreements=AGREEMENTS).policies.of(one) is NO_POLICY


def test_the_shipped_file_is_read() -> None:
    found = load_agreed(config_dir() / "reporting.yaml")
    policy = found.policies.of(timeline("R1", "ACME", "1", "VPN-7", [("02T08:00", ACKNOWLEDGED)]))
    assert (policy.clock, policy.stops) == (Clock.NET, frozenset({"pending"}))
    assert [policy.restore_within(severity) for severity in ("1", "2", "9")] == [4 * HOUR, 8 * HOUR, 72 * HOUR]
    assert policy.acknowledge_within("1") == 15 * MINUTE
    assert found.calendars["office"].hours[4] == ((480, 1080),)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"calendars": {"x": {"hours": {"mon": ["8-18"]}}}}, "calendars.x.hours.mon.0"),
        ({"calendars": {"x": {"hours": {"mon": ["18:00-25:00"]}}}}, "calendars.x.hours.mon.0"),
        ({"calendars": {"x": {"hours": {}}}}, "calendars.x.hours"),
        ({"calendars": {"x": {"zone": "Mars/One", "hours": {"mon": ["08:00-18:00"]}}}}, "calendars.x.zone"),
        (
            {"calendars": {"x": {"hours": {"mon": ["08:00-18:00"]}, "holidays": {"country": "QQ"}}}},
            "calendars.x.holidays",
        ),
        ({"agreements": [{"name": "a", "from": "2026-02-30"}]}, "agreements.0.from"),
        ({"agreements": [{"name": "a", "from": "2026-02-01", "calendar": "none"}]}, "agreements.0.calendar"),
        ({"agreements": [{"name": "a", "from": "2026-02-01", "stops": ["resolved"]}]}, "agreements.0.stops.0"),
        (
            {"agreements": [{"name": "a", "from": "2026-02-01", "restore": {"1": "4 weeks"}}]},
            "agreements.0.restore.1",
        ),
        (
            {"agreements": [{"name": "a", "from": "2026-02-01"}, {"name": "b", "from": "2026-02-01"}]},
            "agreements.1.from",
        ),
        (
            {"maintenance": {"VPN-7": [{"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}]}},
            "maintenance.VPN-7.0.to",
        ),
        ({"service_hours": "none"}, "service_hours"),
        ({"notify_within": "soon"}, "notify_within"),
        ({"dimensions": {"colour": ["x"]}}, "dimensions.colour"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_is_wrong_is_named(parts: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        agreed(**parts)
    assert [one.field for one in caught.value.violations] == [field]


def test_everything_is_said_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        agreed(colour=1, notify_within="soon", agreements=[{"name": "a"}])
    assert {one.field for one in caught.value.violations} == {"colour", "notify_within", "agreements.0.from"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"nothing\.yaml: cannot be read"):
        load_agreed(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("text", "value", "field"),
    [
        ("agreements: [{{name: all, from: {}}}]", "2026-02-30", "agreements.0.from"),
        (
            "maintenance: {{VPN-7: [{{from: {}, to: 2026-03-29T00:00:00Z}}]}}",
            "2026-03-28T25:00:00Z",
            "maintenance.VPN-7.0.from",
        ),
        (
            "calendars: {{office: {{hours: {{mon: ['08:00-18:00']}}, closed: [{}]}}}}",
            "2026-13-01",
            "calendars.office.closed.0",
        ),
    ],
)
def test_a_date_that_cannot_be_is_named_with_its_field(
    tmp_path: Path, text: str, value: str, field: str, quote: str
) -> None:
    file = tmp_path / "reporting.yaml"
    file.write_text(text.format(f"{quote}{value}{quote}"))
    with pytest.raises(InvalidSettings) as error:
        load_agreed(file)
    assert [one.field for one in error.value.violations] == [field]
    assert f"{file}: {field}: must be a " in str(error.value)
    assert f"not '{value}'" in str(error.value)
