"""Fetches the content of an import from its URL: only from addresses that the settings allow.

What broke off is gone on with where the other side can give the rest of the same content.
"""

import os
import time
from collections.abc import Callable
from typing import BinaryIO

import certifi
import urllib3
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from urllib3.exceptions import HTTPError

from hub.jobs.hold import LEASE, Gone, Hold, JobFailed
from hub.store.job_files import JobFiles
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import BadCallback, Lookup, Target, system_lookup, target_of

PIECE = 1 << 20
CONNECT_TIME, READ_TIME = 10.0, 30.0
TRIES = 5
"""How often in a row a fetch may bring nothing."""


class BrokeOff(Exception):
    """The other side failed in a way that may pass."""


class Fetcher:
    """`limit` is the most bytes of a content, `time_limit` the seconds that one run may take to fetch it."""

    def __init__(
        self,
        *,
        files: JobFiles,
        guard: AddressGuard,
        limit: int,
        time_limit: float,
        ca_file: str | None = None,
        lookup: Lookup = system_lookup,
        longest_wait: float = 20.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._guard = guard
        self._limit = limit
        self._time_limit = time_limit
        self._ca_file = ca_file or certifi.where()
        self._lookup = lookup
        self._longest_wait = longest_wait
        self._monotonic = monotonic

    def run(self, hold: Hold) -> None:
        """Bring the whole content here. Raises Gone, Stopped or JobFailed."""
        asked = hold.job.asked
        fetch = _Fetch(hold, self._monotonic() + self._time_limit, self._limit, self._monotonic)
        retrying = Retrying(
            retry=retry_if_exception_type(BrokeOff),
            stop=lambda _: fetch.idle >= TRIES,
            wait=wait_random_exponential(max=self._longest_wait),
            reraise=True,
        )
        try:
            self._files.make_folder()
            with self._files.content(asked.id).open("a+b") as file:
                retrying(self._attempt, fetch, file)
        except BrokeOff as error:
            raise JobFailed(f"cannot fetch {asked.url}: {error}") from error
        except OSError as error:
            raise JobFailed(f"cannot keep the content: {error.strerror or error}") from error

    def _attempt(self, fetch: "_Fetch", file: BinaryIO) -> None:
        fetch.check(0)
        try:
            target = target_of(fetch.hold.job.asked.url or "")
        except BadCallback as error:
            raise JobFailed(f"the url {error}") from error
        pool = self._pool(target, self._address(target))
        with pool:
            try:
                fetch.attempt(pool, target, file)
            except HTTPError as error:
                raise BrokeOff(str(error)) from error

    def _address(self, target: Target) -> str:
        """An address that may be connected to; each of the name is asked for."""
        if target.literal:
            addresses = [target.host]
        else:
            try:
                addresses = list(self._lookup(target.host))
            except (OSError, UnicodeError) as error:
                raise BrokeOff(f"{target.host}: {error}") from error
        why = self._guard.refusal_of_any(addresses)
        if why or not addresses:
            raise JobFailed(f"cannot fetch {target.url}: {why or 'the name has no address'}")
        return addresses[0]

    def _pool(self, target: Target, address: str) -> urllib3.HTTPConnectionPool:
        """Connections to the address that was vetted, under the name that was asked for."""
        timeout = urllib3.Timeout(connect=CONNECT_TIME, read=READ_TIME)
        if target.scheme == "http":
            return urllib3.HTTPConnectionPool(address, target.port, timeout=timeout, retries=False)
        return urllib3.HTTPSConnectionPool(
            address,
            target.port,
            timeout=timeout,
            retries=False,
            ca_certs=self._ca_file,
            cert_reqs="CERT_REQUIRED",
            server_hostname=target.host,
            assert_hostname=target.host,
        )


class _Fetch:
    """One content on its way, over as many attempts as it takes."""

    def __init__(self, hold: Hold, end: float, limit: int, monotonic: Callable[[], float]) -> None:
        self.hold = hold
        self._end = end
        self._limit = limit
        self._monotonic = monotonic
        self._etag = hold.job.etag
        self._next_keep = 0.0
        self.idle = 0
        """How many attempts in a row have brought nothing."""

    def attempt(self, pool: urllib3.HTTPConnectionPool, target: Target, file: BinaryIO) -> None:
        """Raises BrokeOff, or an HTTPError of urllib3, for what may pass."""
        self.idle += 1
        held = file.seek(0, os.SEEK_END)
        headers = {"Host": target.place, "Accept-Encoding": "identity"}
        if held and self._etag:
            headers |= {"Range": f"bytes={held}-", "If-Range": self._etag}
        path = target.url.partition("://")[2]
        path = path[path.index("/") :]
        response = pool.urlopen("GET", path, headers=headers, redirect=False, preload_content=False)
        try:
            self._receive(response, file, held)
        finally:
            response.close()

    def _receive(self, response: urllib3.BaseHTTPResponse, file: BinaryIO, held: int) -> None:
        if response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
            size = held
        elif response.status == 200:
            self._refuse_encoded(response.headers.get("Content-Encoding", "identity"))
            file.truncate(0)
            size = 0
        elif response.status >= 500 or response.status == 429:
            raise BrokeOff(f"the answer is {response.status}")
        else:
            raise JobFailed(f"cannot fetch {self.hold.job.asked.url}: the answer is {response.status}, not 200")
        etag = response.headers.get("ETag", "")
        self._etag = etag if etag.startswith('"') else None
        self._keep(None)
        for piece in response.stream(PIECE, decode_content=False):
            self.idle = 0
            size += len(piece)
            self.check(size)
            file.write(piece)
            file.flush()
        os.fsync(file.fileno())
        self._keep(size)

    def _refuse_encoded(self, encoding: str) -> None:
        if encoding != "identity":
            raise JobFailed(f"the content came as {encoding}, although it was asked for as it is")

    def check(self, size: int) -> None:
        """Raises Gone, Stopped or JobFailed when the fetch is not to go on."""
        self.hold.check()
        if self._monotonic() > self._next_keep:
            self._keep(None)
        if size > self._limit:
            raise JobFailed(f"the content has more than {self._limit} bytes")
        if self._monotonic() > self._end:
            raise JobFailed("the content was not here in time")

    def _keep(self, total: int | None) -> None:
        hold, until = self.hold, self.hold.lease_until()
        self._next_keep = self._monotonic() + LEASE / 4
        kept = hold.write(
            lambda tables: tables.jobs.note_fetched(
                hold.job.seq, hold.token, etag=self._etag, total=total, lease_until=until
            )
        )
        if not kept:
            raise Gone
