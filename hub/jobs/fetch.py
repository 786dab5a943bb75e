"""Fetches the content of an import from its URL: only from addresses that the settings allow.

What broke off is gone on with where the other side can give the rest of the same content.
"""

import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import BinaryIO

import certifi
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from hub.jobs.hold import Gone, Hold, JobFailed
from hub.jobs.watch import Watch
from hub.store.job_files import JobFiles
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import BadCallback, Lookup, Target, system_lookup, target_of

PIECE = 1 << 20
CONNECT_TIME, READ_TIME = 10.0, 30.0
KEEP = 1.0
"""Seconds between two looks whether the job is still there and ours, which renew the lease on it."""

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
        try:
            self._files.make_folder()
            with self._files.content(asked.id).open("a+b") as file, fetch.watch:
                self._retrying(fetch)(self._attempt, fetch, file)
        except BrokeOff as error:
            raise JobFailed(f"cannot fetch {asked.url}: {error}") from error
        except OSError as error:
            raise JobFailed(f"cannot keep the content: {error.strerror or error}") from error

    def _retrying(self, fetch: "_Fetch") -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(BrokeOff),
            stop=lambda _: fetch.idle >= TRIES,
            wait=wait_random_exponential(max=self._longest_wait),
            sleep=fetch.watch.pause,
            reraise=True,
        )

    def _attempt(self, fetch: "_Fetch", file: BinaryIO) -> None:
        fetch.check(0)
        fetch.idle += 1
        try:
            target = target_of(fetch.hold.job.asked.url or "")
        except BadCallback as error:
            raise JobFailed(f"the url {error}") from error
        connection = self._connection(target, self._address(target))
        with fetch.watch.over(connection):
            try:
                fetch.attempt(connection, target, file)
            except BrokeOff:
                fetch.watch.check()  # it was cut off
                raise

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

    def _connection(self, target: Target, address: str) -> HTTPConnection:
        """One to the address that was vetted, under the name that was asked for."""
        if target.scheme == "http":
            return HTTPConnection(address, target.port, timeout=CONNECT_TIME)
        return HTTPSConnection(
            address,
            target.port,
            timeout=CONNECT_TIME,
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
        self.watch = Watch(self._look)
        self.idle = 0
        """How many attempts in a row have brought nothing."""

    def attempt(self, connection: HTTPConnection, target: Target, file: BinaryIO) -> None:
        """Raises BrokeOff for what may pass."""
        held = file.seek(0, os.SEEK_END)
        headers = {"Host": target.place, "Accept-Encoding": "identity"}
        if held and self._etag:
            headers |= {"Range": f"bytes={held}-", "If-Range": self._etag}
        path = target.url.partition("://")[2]
        path = path[path.index("/") :]
        response = self._answer(connection, path, headers)
        try:
            self._receive(response, file, held)
        finally:
            response.close()

    def _answer(self, connection: HTTPConnection, path: str, headers: dict[str, str]) -> BaseHTTPResponse:
        try:
            connection.connect()
            self.watch.check()  # until now there was nothing that it could have cut off
            connection.timeout = READ_TIME
            connection.request("GET", path, headers=headers, preload_content=False)
            return connection.getresponse()
        except (HTTPError, HTTPException, OSError) as error:
            raise BrokeOff(str(error)) from error

    def _receive(self, response: BaseHTTPResponse, file: BinaryIO, held: int) -> None:
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
        for piece in _pieces(response):
            self.idle = 0
            size += len(piece)
            self.check(size)
            file.write(piece)
            file.flush()
        self.watch.check()  # an end that is no end of the content
        os.fsync(file.fileno())
        self._keep(size)

    def _refuse_encoded(self, encoding: str) -> None:
        if encoding != "identity":
            raise JobFailed(f"the content came as {encoding}, although it was asked for as it is")

    def check(self, size: int) -> None:
        """Raises Gone, Stopped or JobFailed when the fetch is not to go on."""
        self.hold.check()
        self.watch.check()
        if size > self._limit:
            raise JobFailed(f"the content has more than {self._limit} bytes")
        self._refuse_late()

    def _look(self) -> None:
        """The same while nothing comes."""
        self.hold.check()
        self._refuse_late()
        if self._monotonic() > self._next_keep:
            self._keep(None)

    def _refuse_late(self) -> None:
        if self._monotonic() > self._end:
            raise JobFailed("the content was not here in time")

    def _keep(self, total: int | None) -> None:
        hold, until = self.hold, self.hold.lease_until()
        self._next_keep = self._monotonic() + KEEP
        kept = hold.write(
            lambda tables: tables.jobs.note_fetched(
                hold.job.seq, hold.token, etag=self._etag, total=total, lease_until=until
            )
        )
        if not kept:
            raise Gone


def _pieces(response: BaseHTTPResponse) -> Iterator[bytes]:
    """What has come, as it comes. Raises BrokeOff."""
    while True:
        try:
            piece = response.read1(PIECE, decode_content=False)
        except HTTPError as error:
            raise BrokeOff(str(error)) from error
        if not piece:
            return
        yield piece
