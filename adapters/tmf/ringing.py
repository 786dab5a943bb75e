"""Has a peer's hub ring at ours: each of its events is a wish for a poll, whatever it says."""

from datetime import datetime, timedelta
from urllib.parse import quote

from adapters.http import Clock, HttpClient, NotServed, system_clock
from hub.ports import Unavailable

HUB = "hub"
CONFLICT, GONE = 409, (404, 410)


def wake_address(url: str, name: str, secret: str) -> str:
    """Where a source of our hub is woken by who knows its secret."""
    return f"{url.rstrip('/')}/qos-hub/v1/sources/{quote(name, safe='')}/wake/{quote(secret, safe='')}"


class Ringing:
    """One registration at the peer's hub.

    The standard has no way to ask whether it is still there. So it is made anew from time to time: a peer that knows
    it refuses with 409; one that has lost it, or keeps both, gives a new one, and the old one is taken back.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        address: str,
        secret: str,
        query: str | None,
        renew: timedelta,
        clock: Clock = system_clock,
    ) -> None:
        self._http = http
        self.secret = secret
        """What the address carries."""
        self._body = {"callback": address} | ({"query": query} if query else {})
        self._renew = renew
        self._clock = clock
        self._made: datetime | None = None
        self._id: str | None = None

    def keep(self, known: str | None) -> str | None:
        """See to it that the peer rings; `known` is the id of the registration that an earlier process made.

        Returns the id as it is now, None for one that the peer does not tell. Raises AuthFailed, RateLimited and
        Unavailable.
        """
        now = self._clock()
        if self._made is None:
            self._id = known
        if self._made is None or now - self._made >= self._renew:
            self._register()
            self._made = now
        return self._id

    def end(self) -> None:
        """Take the registration back. Raises AuthFailed, RateLimited and Unavailable."""
        if self._id is not None and self._made is not None:
            self._take_back(self._id)
        self._made = self._id = None

    def _register(self) -> None:
        try:
            made = self._http.send("POST", HUB, body=self._body).content
        except NotServed as error:
            if error.status == CONFLICT:
                return
            raise Unavailable(f"the peer's hub does not register us: {error}") from error
        before, self._id = self._id, _id_of(made)
        if before is not None and before != self._id:
            self._take_back(before)

    def _take_back(self, registration: str) -> None:
        try:
            self._http.send("DELETE", f"{HUB}/{quote(registration, safe='')}")
        except NotServed as error:
            if error.status not in GONE:
                raise


def _id_of(made: object) -> str | None:
    found = made.get("id") if isinstance(made, dict) else None
    return None if found is None else str(found)
