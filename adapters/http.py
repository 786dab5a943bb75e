"""Reads and writes JSON of a trouble system: patient with passing failures, exact about who must mend the others."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import requests
from requests.auth import HTTPBasicAuth
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from adapters.bodies import body_of
from adapters.patience import asked_wait, failure_of, http_date, wait_before_next
from hub.ports import AuthFailed, RateLimited, Redaction, Refused, Unavailable, pause, words_of

ATTEMPTS = 4
SIZE_LIMIT = 64 * 1024 * 1024
ANSWER_TIME = 300.0
"""Seconds within which an answer has to be whole."""
HEARD, SAID = 8192, 200
"""Bytes that are read of an answer which is not served, and letters of them that are told."""
AT_ONCE = timedelta(seconds=1)
"""An answer within this tells what time it is."""
Clock = Callable[[], datetime]


class NotServed(Unavailable):
    """The system answers that it does not serve this request; `status` is its word for why."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


NEVER = frozenset({400, 404, 405, 410, 413, 422})
"""Answers to a change that is not taken now and will not be."""


class Passing(Unavailable):
    """A failure that the next attempt may not meet."""


class NotThere(NotServed):
    """There is nothing at this path, or no longer: 404, 410."""


class Forbidden(AuthFailed):
    """403: the system knows who we are, and refuses us this."""


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a system said: its JSON, None where it said nothing, and the header fields around it."""

    content: Any
    status: int
    headers: Mapping[str, str]


class HttpClient:
    """Speaks JSON below one base address: GET, and by `send` what a subscription needs. A login goes as UTF-8.

    `max_wait` bounds the seconds that one call waits between attempts; what asks for more is raised. `hidden` are
    secrets in the headers: like the password, they are shown in no message. `sleep` says whether it is time to end.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        hidden: Sequence[str] = (),
        verify: bool | str = True,
        proxy: str | None = None,
        timeout: tuple[float, float] = (5.0, 30.0),
        max_wait: float = 60.0,
        size_limit: int = SIZE_LIMIT,
        answer_time: float = ANSWER_TIME,
        sleep: Callable[[float], bool | None] = pause,
        clock: Clock = system_clock,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._auth = HTTPBasicAuth(auth[0].encode(), auth[1].encode()) if auth else None
        self._verify = verify
        self._timeout = timeout
        self._max_wait = max_wait
        self._size_limit = size_limit
        self._answer_time = answer_time
        self._sleep = sleep
        self._clock = clock
        self._refused = False
        self._session = requests.Session()
        # Proxies, netrc and certificate bundles of the environment are not ours.
        self._session.trust_env = False
        self._session.proxies = {} if proxy is None else {"http": proxy, "https": proxy}
        self._session.headers.update({"Accept": "application/json", **(headers or {})})
        self._hidden, self._logins = tuple(hidden), [auth] if auth else []
        self.redacted = Redaction(self._hidden, self._logins)
        self.last_date: datetime | None = None
        """The system's own time at its last answer."""
        self.last_headers: Mapping[str, str] = {}
        """The header lines of its last answer."""
        self.clock_skew: float | None = None
        """Seconds that the system's clock is ahead of ours, to half a second, at its last answer that came at once."""

    @classmethod
    def from_options(
        cls, options: Mapping[str, Any], *, headers: Mapping[str, str] | None = None, hidden: Sequence[str] = ()
    ) -> "HttpClient":
        """A client as `adapters.options.HttpOptions` describes it; `hidden` are secrets in the headers."""
        username, password = options["username"], options["password"]
        return cls(
            options["url"],
            auth=(username, password or "") if username else None,
            headers=headers,
            hidden=hidden,
            verify=options["ca_file"] or options["verify"],
            proxy=options["proxy"],
            timeout=(options["connect_timeout"], options["read_timeout"]),
            max_wait=options["max_wait"],
        )

    def hide(self, session: str) -> None:
        """Show the token of the present session in no message."""
        self.redacted = Redaction((*self._hidden, session), self._logins)

    def now(self) -> datetime:
        """The system's own time at its last answer; ours where it does not tell."""
        return self.last_date or self._clock()

    def get_json(
        self,
        path: str,
        params: Mapping[str, str | list[str]] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON at a path. Raises AuthFailed at once; RateLimited and Unavailable when waiting did not help.

        A question with a `body` goes as POST that X-HTTP-Method-Override makes a GET: the system only answers it.
        """
        if body is None:
            return self.get(path, params).content
        return self.send("POST", path, params, body=body, headers={"X-HTTP-Method-Override": "GET"}).content

    def get(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Answer:
        """The whole answer at a path, which may have a query of its own. Raises as `get_json` does."""
        return self.send("GET", path, params)

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | list[str]] | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What the system answers to any method. Raises as `get_json` does."""
        attempts = Retrying(
            retry=retry_if_exception_type((Passing, RateLimited)),
            stop=self._gives_up,
            wait=wait_before_next,
            sleep=lambda seconds: self._rest(seconds, path),
            reraise=True,
        )
        return attempts(self._once, method, path, params, body, headers)

    def inside(self, url: str, asked: str = "") -> str:
        """The path, with its query, of an address that the system gave; a relative one begins at the path `asked`.

        Raises Unavailable for an address of another system. Our credentials go along: they are for the base address
        alone.
        """
        there = urljoin(f"{self.base_url}/{asked.lstrip('/')}", url)
        if not there.startswith(f"{self.base_url}/"):
            raise Unavailable(self.redacted(f"{url}: the system sends us out of {self.base_url}"))
        return there.removeprefix(f"{self.base_url}/")

    def send_json(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        """Change something there, at one attempt: who asks has to look first whether an earlier one came through.

        Raises Refused for what the system will never take, and else what `get_json` raises.
        """
        return self._once(method, path, None, body, headers, changes=True).content

    def _rest(self, seconds: float, path: str) -> None:
        if self._sleep(seconds):
            raise Unavailable(f"{self.redacted(path)}: the hub ends, and does not wait for what the system asks")

    def _gives_up(self, state: RetryCallState) -> bool:
        too_long = state.idle_for + state.upcoming_sleep > self._max_wait
        return too_long or (state.attempt_number >= ATTEMPTS and not isinstance(failure_of(state), RateLimited))

    def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | list[str]] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        *,
        changes: bool = False,
    ) -> Answer:
        url, shown = f"{self.base_url}/{path.lstrip('/')}", self.redacted(path)
        try:
            with self._session.request(
                method,
                url,
                params=params,
                json=body,
                headers=headers,
                auth=self._auth,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._note_time(answer)
                if changes and answer.status_code in NEVER:
                    raise Refused(f"{shown}: {answer.status_code}: {self._explained(answer)}")
                if changes and answer.status_code == 403:
                    why = f"our user has no right to this change: {self._explained(answer)}"
                    raise Unavailable(f"{shown}: 403: {why}")
                self._judge(answer, shown)
                content = body_of(answer, shown, limit=self._size_limit, seconds=self._answer_time)
                is_silent = not content and (method == "DELETE" or answer.status_code == 204)
                read = None if is_silent else self._json(content, shown)
                return Answer(content=read, status=answer.status_code, headers=answer.headers)
        except (OSError, UnicodeError) as error:
            # RequestException is an OSError; a bundle that has gone is one, too, and a header may be no Latin-1.
            raise Passing(self.redacted(f"{path}: {words_of(error)}")) from error

    def _judge(self, answer: requests.Response, shown: str) -> None:
        """Raises what an answer other than 200 means; `shown` is the path as it may be told."""
        status = answer.status_code
        if status in (401, 403) or (status == 429 and self._refused):
            # After a refusal, "too many requests" speaks of our bad logins: asking again would lock the account.
            self._refused = True
            refusal = Forbidden if status == 403 else AuthFailed
            raise refusal(f"{shown}: {status}: the system refuses us: {self._explained(answer)}")
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            asked = asked_wait(answer.headers.get("Retry-After", ""), self.now())
            raise RateLimited(f"{shown}: {status}: the system asks us to wait", after=asked)
        if status >= 500:
            raise Passing(f"{shown}: {status}: the system failed")
        if status >= 300:
            kind = NotThere if status in (404, 410) else NotServed
            raise kind(f"{shown}: {status}: {self._explained(answer)}", status=status)
        self._refused = False

    def _json(self, body: bytes, shown: str) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            said = self.redacted(repr(body[:HEARD])[:-1], cut=True)[:SAID]
            raise Unavailable(f"{shown}: the answer is not JSON: {said}") from error

    def _note_time(self, answer: requests.Response) -> None:
        self.last_headers = answer.headers
        self.last_date = http_date(answer.headers.get("Date", ""))
        # An answer that took long may bear the time at which it was begun.
        if self.last_date is not None and (self.clock_skew is None or answer.elapsed < AT_ONCE):
            # The header has whole seconds, cut off: the middle of the second is the best guess.
            self.clock_skew = (self.last_date - self._clock()).total_seconds() + 0.5

    def _explained(self, answer: requests.Response) -> str:
        """What the system says of a request that it does not serve, in one line, without following it anywhere."""
        if answer.is_redirect:
            return "the system sends us elsewhere; is the url of this source right?"
        begun = next(answer.iter_content(HEARD), b"")
        text = " ".join(begun.decode("utf-8", "replace").rstrip("\ufffd").split())
        return self.redacted(text, cut=True)[:SAID]
