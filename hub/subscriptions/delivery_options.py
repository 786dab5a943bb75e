"""The member `delivery` of a registration: how its listener is told, read with care and shown again."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from hub.errors import InvalidInput, Violation
from hub.model.options import NO_OPTIONS, DeliveryOptions
from hub.model.subscription import Order
from hub.model.times import from_text, micros_to_text, to_micros
from hub.settings.rules import seconds

WAITS = 50
"""The most waits of a schedule."""

LONGEST = 30 * 86400.0
"""The longest wait of a schedule, in seconds."""

RATES = (0.001, 100_000.0)
IN_FLIGHT = 10_000
EVENTS = 10**12


class _Waits(fields.Field[tuple[float, ...]]):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> tuple[float, ...]:
        what = f'must be a list of 1 to {WAITS} durations of at most 30 days, such as ["5s", "15m", "2h"]'
        if not isinstance(value, list) or not 1 <= len(value) <= WAITS:
            raise ValidationError(what)
        try:
            waits = tuple(seconds(each) for each in value)
        except ValueError as error:
            raise ValidationError(f"{what}; {error}") from error
        if max(waits) > LONGEST:
            raise ValidationError(what)
        return waits


class _Number(fields.Field[float]):
    """A number of one type within bounds; nothing is converted."""

    def __init__(self, kinds: tuple[type, ...], low: float, high: float, what: str) -> None:
        super().__init__(allow_none=True)
        self._kinds, self._low, self._high, self._what = kinds, low, high, what

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> float:
        if type(value) not in self._kinds or not self._low <= value <= self._high:
            raise ValidationError(f"must be {self._what} from {self._low:g} to {self._high:.0f}")
        number: float = value
        return number


class _Instant(fields.Field[int]):
    """An instant that is yet to come."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> int:
        try:
            micros = to_micros(from_text(value))
        except (TypeError, ValueError) as error:
            raise ValidationError('must be an instant with a zone, such as "2027-01-31T12:00:00Z"') from error
        if micros <= self._now():
            raise ValidationError("must be an instant that is yet to come")
        return micros

    def _now(self) -> int:
        return self.root.now if isinstance(self.root, DeliverySchema) else 0


class DeliverySchema(Schema):
    """The members that say how and for how long a listener is told; how it is secured is for others to read."""

    class Meta:
        unknown = RAISE

    def __init__(self, now: int) -> None:
        super().__init__()
        self.now = now

    schedule = _Waits(allow_none=True)
    rateLimit = _Number((int, float), *RATES, "a number of attempts a second")
    inFlight = _Number((int,), 1, IN_FLIGHT, "a whole number")
    expiresAt = _Instant(allow_none=True)
    maxEvents = _Number((int,), 1, EVENTS, "a whole number")


PLACES = {
    "schedule": "schedule",
    "rateLimit": "rate_limit",
    "inFlight": "in_flight",
    "expiresAt": "expires_at",
    "maxEvents": "max_events",
}
"""{member: its field of DeliveryOptions}"""

ORDER = "order"
"""The member of a registration's `delivery` that is kept beside its options."""

ORDERS = tuple(order.value for order in Order)


def read_options(
    given: Mapping[str, Any] | None,
    *,
    now: datetime,
    present: DeliveryOptions = NO_OPTIONS,
    field: str = "delivery",
    others: Collection[str] = (),
) -> DeliveryOptions:
    """The present options with what is given of them; null takes one back to the settings, and all where it is all.

    `others` are members that somebody else reads. Raises InvalidInput with everything that is wrong, by the path of
    its member.
    """
    if given is None:
        taken_back: dict[str, Any] = dict.fromkeys(PLACES.values())
        return replace(present, **taken_back)
    if not isinstance(given, Mapping):
        raise InvalidInput(violations=[Violation(field=field, value=given, message="must be an object, or null")])
    ours = {name: value for name, value in given.items() if name not in others}
    try:
        read = DeliverySchema(to_micros(now)).load(ours)
    except ValidationError as error:
        raise InvalidInput(violations=_violations(error, ours, field)) from error
    return replace(present, **{PLACES[name]: value for name, value in read.items()})


def read_order(delivery: Any) -> Order:
    """What waits for what, as a registration asks for it; null or nothing is `report`. Raises InvalidInput."""
    given = delivery.get(ORDER) if isinstance(delivery, Mapping) else None
    if given is None:
        return Order.REPORT
    if given not in ORDERS:
        message = f"must be one of {', '.join(ORDERS)}"
        raise InvalidInput(violations=[Violation(field=f"delivery.{ORDER}", value=given, message=message)])
    return Order(given)


def _violations(error: ValidationError, given: Mapping[str, Any], field: str) -> list[Violation]:
    told = error.messages_dict
    return [_violation(name, str(messages[0]), given, field) for name, messages in told.items()]


def _violation(name: str, message: str, given: Mapping[str, Any], field: str) -> Violation:
    place = f"{field}.{name}"
    if name in PLACES:
        return Violation(field=place, value=given[name], message=message)
    if name == ORDER:
        return Violation(field=place, value=given[name], message=f"stands beside `{field}` here, not in it")
    near = get_close_matches(name, PLACES, n=1)
    hint = f"; is {near[0]!r} meant?" if near else f"; these are: {', '.join(PLACES)}"
    # Without the value: a misspelt member may hold a secret.
    return Violation(field=place, message=f"is no option of a delivery{hint}")


def options_view(options: DeliveryOptions) -> dict[str, Any]:
    """The member `delivery` as it is shown: null is what the settings say, or no bound."""
    return {
        "schedule": None if options.schedule is None else list(options.schedule),
        "rateLimit": options.rate_limit,
        "inFlight": options.in_flight,
        "expiresAt": None if options.expires_at is None else micros_to_text(options.expires_at),
        "maxEvents": options.max_events,
    }
