"""How one listener is told, where that differs from the settings."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DeliveryOptions:
    """None leaves it to the settings, or sets no bound.

    `schedule` holds the waits between attempts in seconds, `rate_limit` the attempts a second, `in_flight` the most
    requests at the same time, `expires_at` the instant (microseconds) and `max_events` the number of events after
    which nothing more is told. `signatures` are the kinds of signature that are sent: v1, v1a. `auth` is the type of
    authentication and `tls` what is set of our side of TLS: their secrets are kept elsewhere. `certificate_end` is the
    instant (microseconds) at which the certificate that we show ends, or the first one of its chain.
    """

    schedule: tuple[float, ...] | None = None
    rate_limit: float | None = None
    in_flight: int | None = None
    expires_at: int | None = None
    max_events: int | None = None
    signatures: tuple[str, ...] = ("v1",)
    auth: str | None = None
    tls: tuple[str, ...] = ()
    certificate_end: int | None = None

    def as_kept(self) -> dict[str, Any]:
        """What differs from the defaults: the JSON object that is kept."""
        return {name: value for name, value in asdict(self).items() if value != getattr(NO_OPTIONS, name)}

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> "DeliveryOptions":
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in kept.items()
            if name in known
        }
        return cls(**values)


NO_OPTIONS = DeliveryOptions()
