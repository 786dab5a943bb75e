"""Reads `reporting.yaml`: calendars, agreements and maintenance; and says at once everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.model.intervals import Interval, union
from hub.reporting.calendars import ALWAYS, DAYS, Calendar, Holidays
from hub.reporting.dimensions import Dimensions, dimensions
from hub.reporting.periods import midnight, zone_of
from hub.reporting.policies import Policies, SlaPolicy
from hub.reporting.policy_schema import ALWAYS_OPEN, FileSchema
from hub.reporting.yaml_file import checked, invalid, read_yaml

NAME = "reporting.yaml"


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """What the file says; `maintenance` is {service: merged intervals}, `notify_within` microseconds."""

    policies: Policies
    calendars: Mapping[str, Calendar]
    maintenance: Mapping[str, tuple[Interval, ...]]
    service_hours: Calendar
    notify_within: int
    dimensions: Dimensions


def load_agreed(path: Path) -> Agreed:
    """Raises InvalidSettings, naming the file and each field that is wrong with its value."""
    return agreed_from(read_yaml(path), str(path))


def agreed_from(raw: Any, name: str) -> Agreed:
    """What the content of a file says; `name` is what errors call it."""
    parts = checked(FileSchema(), raw, name)
    wrong: list[Violation] = []
    calendars = {ALWAYS_OPEN: ALWAYS}
    for key, one in parts["calendars"].items():
        calendars[key] = _calendar(key, one, wrong)
    policies = [_policy(number, one, calendars, wrong) for number, one in enumerate(parts["agreements"])]
    wrong += _twice(parts["agreements"])
    hours = _known(parts["service_hours"], calendars, "service_hours", wrong)
    wrong += _backwards(parts["maintenance"])
    if wrong:
        raise invalid(name, wrong)
    return Agreed(
        policies=Policies(policies),
        calendars=calendars,
        maintenance={
            service: tuple(union((one["from"], one["to"]) for one in windows))
            for service, windows in parts["maintenance"].items()
        },
        service_hours=hours,
        notify_within=parts["notify_within"],
        dimensions=dimensions(parts["dimensions"]),
    )


def _calendar(name: str, parts: Mapping[str, Any], wrong: list[Violation]) -> Calendar:
    place = f"calendars.{name}"
    hours = {DAYS.index(day): tuple(hours) for day, hours in parts["hours"].items()}
    given = parts["holidays"]
    off = None if given is None else Holidays(country=given["country"], subdivision=given["subdivision"])
    try:
        zone_of(parts["zone"])
    except InvalidInput as error:
        wrong += error.within(place).violations
    try:
        if off is not None:
            off.days([2026])
    except NotImplementedError:
        message = "is no country, or has no such part, whose holidays are known"
        wrong.append(Violation(field=f"{place}.holidays", value=given, message=message))
    if not any(hours.values()):
        wrong.append(Violation(field=f"{place}.hours", value=parts["hours"], message="opens on no day"))
    return Calendar(name=name, zone=parts["zone"], hours=hours, holidays=off, closed=frozenset(parts["closed"]))


def _policy(
    number: int, parts: Mapping[str, Any], calendars: Mapping[str, Calendar], wrong: list[Violation]
) -> SlaPolicy:
    calendar = _known(parts["calendar"], calendars, f"agreements.{number}.calendar", wrong)
    try:
        begin = midnight(parts["from"], zone_of(calendar.zone))
    except InvalidInput:  # the calendar has been refused for its zone already
        begin = 0
    return SlaPolicy(
        name=parts["name"],
        version=parts["from"].isoformat(),
        begin=begin,
        customer=parts["customer"],
        service=parts["service"],
        stops=frozenset(parts["stops"]),
        clock=parts["clock"],
        calendar=calendar,
        restore=parts["restore"],
        acknowledge=parts["acknowledge"],
        compliance=parts["compliance"],
    )


def _known(name: str, calendars: Mapping[str, Calendar], place: str, wrong: list[Violation]) -> Calendar:
    if name not in calendars:
        message = f"is no calendar; there are {', '.join(sorted(calendars))}"
        wrong.append(Violation(field=place, value=name, message=message))
    return calendars.get(name, ALWAYS)


def _twice(agreements: list[Mapping[str, Any]]) -> Iterator[Violation]:
    """Two that begin on one day for the same reports: nobody could say which one holds."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, one in enumerate(agreements):
        key = (one["customer"], one["service"], one["from"])
        if key in seen:
            message = f"begins on the day of agreements.{seen[key]}, for the same reports"
            yield Violation(field=f"agreements.{number}.from", value=one["from"].isoformat(), message=message)
        seen.setdefault(key, number)


def _backwards(maintenance: Mapping[str, list[Mapping[str, int]]]) -> Iterator[Violation]:
    for service, windows in maintenance.items():
        for number, one in enumerate(windows):
            if one["to"] <= one["from"]:
                field = f"maintenance.{service}.{number}.to"
                yield Violation(field=field, value=one["to"], message="must lie after `from`")
