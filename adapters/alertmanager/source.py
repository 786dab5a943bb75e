"""Lists what Alertmanager holds at present: a snapshot, in which absence means something."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range

from adapters.http import HttpClient
from adapters.options import HttpOptions
from hub.ports import Check, Page, Record, Unavailable

PAGE_SIZE = 500


class Options(HttpOptions):
    """Where Alertmanager is, and which alerts are wanted (`filter`: matchers such as `severity="critical"`)."""

    filter = fields.List(fields.String(), load_default=list)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))


def make(name: str, options: Mapping[str, Any]) -> "Alertmanager":
    """The source for the options of one instance. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    return Alertmanager(
        HttpClient.from_options(loaded), filters=tuple(loaded["filter"]), page_size=loaded["page_size"]
    )


class Alertmanager:
    """One instance. It keeps nothing over a restart, and a resolved alert leaves its list without a word."""

    def __init__(self, http: HttpClient, *, filters: tuple[str, ...] = (), page_size: int = PAGE_SIZE) -> None:
        self._http = http
        self._filters = filters
        self._page_size = page_size

    def check(self) -> Check:
        status = self._http.get_json("api/v2/status")
        if not isinstance(status, dict) or "versionInfo" not in status:
            raise Unavailable("api/v2/status: this is not the answer of an Alertmanager")
        return Check(
            identity="anyone",
            version=str(status["versionInfo"].get("version", "")),
            clock_skew=self._http.clock_skew,
            details={"uptime": status.get("uptime"), "cluster": status.get("cluster", {}).get("status")},
        )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """All alerts, in the order of their change; one empty page when there are none."""
        alerts = self._http.get_json("api/v2/alerts", {"filter": list(self._filters)})
        if not isinstance(alerts, list):
            raise Unavailable("api/v2/alerts: the answer is not a list of alerts")
        episodes, records = _read(alerts, cursor.get("episodes", {}))
        for start in range(0, max(len(records), 1), self._page_size):
            # Each page carries the whole cursor, so that a pull that is cut off leaves no alert to be named anew.
            page = tuple(records[start : start + self._page_size])
            yield Page(records=page, cursor={"episodes": episodes}, snapshot=True)

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """Every pull reads everything; the names of the alerts stay."""
        return cursor


def _read(alerts: Sequence[Mapping[str, Any]], kept: Mapping[str, str]) -> tuple[dict[str, str], list[Record]]:
    """{fingerprint: start of its episode} of the alerts, and their records; `kept` is the first of the list before."""
    try:
        episodes = {alert["fingerprint"]: episode_start(alert, kept) for alert in alerts}
        records = [_record(alert, episodes) for alert in alerts]
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"api/v2/alerts: an alert without a usable identity or time: {error}") from error
    return episodes, sorted(records, key=lambda record: (record.updated, record.key))


def episode_start(alert: Mapping[str, Any], kept: Mapping[str, str]) -> str:
    """The start that names the alert's episode.

    A second Prometheus that saw the same alert sooner moves its start back while it fires: only a start that is
    later than the one known from the list before begins another episode.
    """
    start: str = alert["startsAt"]
    known = kept.get(alert["fingerprint"])
    return start if known is None or _time(start) > _time(known) else known


def _record(alert: Mapping[str, Any], episodes: Mapping[str, str]) -> Record:
    # A fingerprint names a set of labels and comes back with each new episode; the start tells them apart.
    fingerprint = alert["fingerprint"]
    return Record(key=f"{fingerprint}@{episodes[fingerprint]}", updated=_time(alert["updatedAt"]), data=alert)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
