"""Tells one episode of an alert from its next, also when the list has lost the alert for a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

REMEMBERED = timedelta(days=1)
"""So long an alert that left the list keeps its episode: longer than the hub waits before what is absent is gone."""


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """`listed` is {fingerprint: start of its episode} of a list, `away` {fingerprint: (that start, since when)} of the
    alerts that lists before had."""

    listed: Mapping[str, str]
    away: Mapping[str, tuple[str, str]]

    @property
    def cursor(self) -> dict[str, Any]:
        starts = {fingerprint: start for fingerprint, (start, _) in self.away.items()}
        return {
            "episodes": {**starts, **self.listed},
            "away": {fingerprint: since for fingerprint, (_, since) in self.away.items()},
        }


def followed(alerts: Sequence[Mapping[str, Any]], cursor: Mapping[str, Any], *, now: datetime) -> Episodes:
    """The episodes after a list; `cursor` is that of the list before. Raises KeyError, TypeError or ValueError."""
    known: Mapping[str, str] = cursor.get("episodes", {})
    since: Mapping[str, str] = cursor.get("away", {})
    listed = {alert["fingerprint"]: episode_start(alert, known) for alert in alerts}
    left = {
        fingerprint: (start, since.get(fingerprint, now.isoformat()))
        for fingerprint, start in known.items()
        if fingerprint not in listed
    }
    away = {one: (start, when) for one, (start, when) in left.items() if now - instant(when) < REMEMBERED}
    return Episodes(listed=listed, away=away)


def episode_start(alert: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """The start that names the alert's episode.

    A second Prometheus that saw the same alert sooner moves its start back, while it fires or when a restart has
    emptied the list: only a start that is later than the known one begins another episode.
    """
    start: str = alert["startsAt"]
    before = known.get(alert["fingerprint"])
    return start if before is None or instant(start) > instant(before) else before


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
