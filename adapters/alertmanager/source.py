"""Lists what Alertmanager holds at present: a snapshot, in which absence means something."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range

from adapters.alertmanager.episodes import followed, instant
from adapters.http import HttpClient
from adapters.options import HttpOptions
from hub.ports import Check, Page, Record, Unavailable

PAGE_SIZE = 500


class Options(HttpOptions):
    """Where Alertmanager is, and which alerts are wanted (`filter`: matchers such as `severity="critical"`).

    `patience` is the time in seconds after its start within which it may not have been told of all alerts again.
    """

    filter = fields.List(fields.String(), load_default=list)
    patience = fields.Float(load_default=300.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))


def make(name: str, options: Mapping[str, Any]) -> "Alertmanager":
    """The source for the options of one instance. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    return Alertmanager(
        HttpClient.from_options(loaded),
        filters=tuple(loaded["filter"]),
        patience=timedelta(seconds=loaded["patience"]),
        page_size=loaded["page_size"],
    )


class Alertmanager:
    """One instance. It keeps nothing over a restart, and a resolved alert leaves its list without a word."""

    def __init__(
        self,
        http: HttpClient,
        *,
        filters: tuple[str, ...] = (),
        patience: timedelta = timedelta(minutes=5),
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._http = http
        self._filters = filters
        self._patience = patience
        self._page_size = page_size

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        status = self._status()
        return Check(
            identity="anyone",
            version=str(status["versionInfo"].get("version", "")),
            clock_skew=self._http.clock_skew,
            details={"uptime": status.get("uptime"), "cluster": status.get("cluster", {}).get("status")},
        )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """All alerts, in the order of their change; one empty page when there are none.

        The start is asked for behind the list: a list from before a restart is whole, one from after it may not be.
        """
        alerts = self._http.get_json("api/v2/alerts", {"filter": list(self._filters)})
        if not isinstance(alerts, list):
            raise Unavailable("api/v2/alerts: the answer is not a list of alerts")
        try:
            episodes = followed(alerts, cursor, now=self._http.now())
            records = [_record(alert, episodes.listed) for alert in alerts]
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"api/v2/alerts: an alert without a usable identity or time: {error}") from error
        records.sort(key=lambda record: (record.updated, record.key))
        is_whole = self._has_been_told()
        for start in range(0, max(len(records), 1), self._page_size):
            # Each page carries the whole cursor, so that a pull that is cut off leaves no alert to be named anew.
            page = tuple(records[start : start + self._page_size])
            yield Page(records=page, cursor=episodes.cursor, snapshot=is_whole)

    def _status(self) -> dict[str, Any]:
        status = self._http.get_json("api/v2/status")
        if not isinstance(status, dict) or "versionInfo" not in status:
            raise Unavailable("api/v2/status: this is not the answer of an Alertmanager")
        return status

    def _has_been_told(self) -> bool:
        """Whether it runs for so long that every alert which still fires has been sent to it again."""
        if not self._patience:
            return True
        status = self._status()
        try:
            return self._http.now() - instant(status["uptime"]) >= self._patience
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable("api/v2/status: it does not say since when it runs (uptime)") from error

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """Every pull reads everything; the names of the alerts stay."""
        return cursor


def _record(alert: Mapping[str, Any], episodes: Mapping[str, str]) -> Record:
    # A fingerprint names a set of labels and comes back with each new episode; the start tells them apart.
    fingerprint = alert["fingerprint"]
    return Record(key=f"{fingerprint}@{episodes[fingerprint]}", updated=instant(alert["updatedAt"]), data=alert)
