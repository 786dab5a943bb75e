"""Holds each caller to its rate: the headers that tell it what is left, and the refusal of what is too much."""

import math

from starlette.types import Scope, Send

from hub.access.rates import Quota, RateLimit
from hub.api.whole import Adding
from hub.errors import TooManyRequests, Violation
from hub.model.caller import Caller


def headers_of(quota: Quota) -> dict[str, str]:
    """Names as TMF630 has them; `Reset` is in seconds from now."""
    return {
        "X-Rate-Limit-Limit": str(quota.limit),
        "X-Rate-Limit-Remaining": str(quota.remaining),
        "X-Rate-Limit-Reset": str(math.ceil(quota.reset)),
    }


class Quotas:
    """Those who are known are counted by name, failed attempts by the address that they come from."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit

    def count(self, caller: Caller) -> dict[str, str]:
        """The headers for the answer to this call. Raises TooManyRequests."""
        quota = self._limit.take(f"caller {caller.name}")
        headers = headers_of(quota)
        if quota.wait:
            raise _too_many("caller", caller.name, quota.wait, headers)
        return headers

    def admit(self, scope: Scope) -> None:
        """Let an unknown credential be looked at. Raises TooManyRequests after too many failures from there."""
        address = _address(scope)
        wait = self._limit.is_empty(f"address {address}")
        if wait:
            raise _too_many("address", address, wait, {})

    def count_failure(self, scope: Scope) -> None:
        self._limit.take(f"address {_address(scope)}")


def with_headers(send: Send, headers: dict[str, str]) -> Send:
    """`send` that adds headers to the answer."""
    return Adding(send, [(name.lower().encode(), value.encode()) for name, value in headers.items()])


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("unknown", 0))[0])


def _too_many(field: str, who: str, wait: float, headers: dict[str, str]) -> TooManyRequests:
    seconds = max(1, math.ceil(wait))
    message = f"{who} calls too often; the next call is answered in {seconds} s"
    violation = Violation(field=field, value=who, message=message)
    return TooManyRequests(violations=[violation], headers={"Retry-After": str(seconds), **headers})
