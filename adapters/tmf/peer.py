"""Reads one resource of a peer by the rules of TMF630: by the stamp of its change, and whole where it must be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import jmespath

from adapters.http import Forbidden, HttpClient, NotThere
from adapters.keyset import Keyset
from adapters.rows import Row, rfc3339
from adapters.tmf.ringing import Ringing
from hub.ports import Check, FilterIgnored, Page, Record, Unavailable

HINT = "does the peer know filters (`filters = false` reads without)?"


@dataclass(frozen=True, kw_only=True)
class Api:
    """A resource: its name in paths, its stamps (the first one is what is asked by), and who else says what of it.

    `origin` is JMESPath to the names of the systems that it comes from.
    """

    resource: str
    stamps: tuple[str, ...]
    origin: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is read of a peer, and how, as `adapters.tmf.options.Options` describes it."""

    own_systems: frozenset[str]
    query: Mapping[str, str]
    filters: bool
    precision: timedelta
    lookback: timedelta
    page_size: int


class Capped(Exception):
    """The peer gives no more than `size` rows at once."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Peer:
    """One peer.

    Cursor: that of `adapters.keyset`, and `ring`, the id of our registration at the peer's hub.
    """

    def __init__(
        self, http: HttpClient, *, api: Api, reading: Reading, identity: str, ringing: Ringing | None = None
    ) -> None:
        self._http = http
        self._api = api
        self._reading = reading
        self._identity = identity
        self._ringing = ringing
        self._origin = jmespath.compile(api.origin)
        self._size = reading.page_size

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        self._rows({"limit": "1", "offset": "0"})
        return Check(identity=self._identity, clock_skew=self._http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """What changed since the cursor, less what comes from ourselves."""
        position = dict(cursor)
        yield from self._changed(position) if self._reading.filters else self._all(position)

    def register(self, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have the peer's hub ring; `ring` in the cursor is the id of the registration."""
        if self._ringing is None:
            return cursor
        return {**cursor, "ring": self._ringing.keep(cursor.get("ring"))}

    @property
    def ring_secret(self) -> str | None:
        """The secret with which the peer's hub rings."""
        return None if self._ringing is None else self._ringing.secret

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """By the stamp, from the instant on; the registration stays, or it could not be taken back."""
        kept = {"ring": cursor["ring"]} if "ring" in cursor else {}
        return kept if since is None else {**kept, "since": since}

    def close(self) -> None:
        """Unregister, so that the peer does not ring where nobody listens."""
        if self._ringing is not None:
            self._ringing.end()

    def keys(self) -> Iterator[str]:
        """The keys of all resources of the peer."""
        for rows in self._walked({"fields": "id"}):
            yield from map(_id, rows)

    def ask(self, key: str) -> Record | None:
        """One resource as it is now."""
        try:
            row = self._http.get_json(f"{self._api.resource}/{quote(key, safe='')}")
        except NotThere:
            return None
        except Forbidden:
            # So is answered for a resource that our party may not see any more, too, if we are still known.
            self.check()
            return None
        return self._record(row)

    def _changed(self, position: dict[str, Any]) -> Iterator[Page]:
        """By the stamp of the change; from the same place again when the peer gives smaller pages than we ask for."""
        while True:
            try:
                for part in self._keyset().parts(position):
                    position |= part.cursor
                    yield self._page(part.rows, position)
                return
            except Capped as capped:
                self._size = capped.size

    def _keyset(self) -> Keyset[Row]:
        stamp = self._api.stamps[0]

        def fetch(since: datetime | None, size: int, offset: int) -> Sequence[Row]:
            asked = {} if since is None else {f"{stamp}.gte": rfc3339(since)}
            rows, total = self._rows({**asked, "sort": stamp, "limit": str(size), "offset": str(offset)})
            if rows and len(rows) < min(size, (total or 0) - offset):
                raise Capped(len(rows))
            return rows

        return Keyset(
            fetch=fetch,
            stamp_of=self._stamp,
            key_of=_id,
            page_size=self._size,
            now=self._http.now,
            lookback=self._reading.lookback,
            precision=self._reading.precision,
            hint=HINT,
        )

    def _all(self, position: Mapping[str, Any]) -> Iterator[Page]:
        for rows in self._walked({}):
            yield self._page(rows, position)

    def _walked(self, params: Mapping[str, str]) -> Iterator[Sequence[Row]]:
        """All pages, by offset, until one is empty or all is there.

        Without a total, a peer that passes over the offset gives the first page again. It is all there is, unless the
        peer has cut it where we wanted it cut: then the rest is out of reach. Raises FilterIgnored.
        """
        offset, total, before = 0, None, [""]
        while total is None or offset < total:
            rows, total = self._rows({**params, "limit": str(self._size), "offset": str(offset)})
            page = [_id(row) for row in rows]
            if page == before and len(rows) == self._size:
                raise FilterIgnored(
                    f"the offset was ignored: two pages have the same resources, from {page[0]} on"
                )
            if not rows or page == before:
                return
            yield rows
            offset, before = offset + len(rows), page

    def _rows(self, params: Mapping[str, str]) -> tuple[list[Row], int | None]:
        """The rows of a page, and how many there are in all, where the peer says so."""
        answer = self._http.get(self._api.resource, {**self._reading.query, **params})
        rows = answer.content
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise Unavailable(f"{self._api.resource}: the answer is no list of resources of TM Forum")
        total = answer.headers.get("X-Total-Count", "")
        return rows, int(total) if total.isdigit() else None

    def _page(self, rows: Sequence[Row], position: Mapping[str, Any]) -> Page:
        records = tuple(self._record(row) for row in rows if not self._is_ours(row))
        return Page(records=records, cursor=dict(position))

    def _is_ours(self, row: Row) -> bool:
        """Whether it comes from ourselves: taken again, it would go round between two hubs for ever."""
        found = self._origin.search(row)
        names = found if isinstance(found, list) else [found]
        return not self._reading.own_systems.isdisjoint(name for name in names if isinstance(name, str))

    def _record(self, row: Row) -> Record:
        return Record(key=_id(row), updated=self._stamp(row), data=row)

    def _stamp(self, row: Row) -> datetime:
        text = next((row[name] for name in self._api.stamps if row.get(name)), None)
        try:
            return datetime.fromisoformat(str(text)).astimezone(UTC)
        except ValueError as error:
            raise Unavailable(
                f"{self._api.resource} {_id(row)}: {' or '.join(self._api.stamps)} is {text!r}, and no moment"
            ) from error


def _id(row: Row) -> str:
    return str(row["id"])
