"""Trails: how a change is followed from the request or poll that it came from to the attempts that tell of it.

Where nobody follows, there is no trail, and looking for one is all that it costs.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol

Attributes = Mapping[str, str | int | float | bool]


class Change(Protocol):
    """One transaction that may append events."""

    def begin(self) -> None:
        """It is run, perhaps again: what was appended by a run before is taken back."""
        ...

    def event(self, event_id: str, kind: str) -> str | None:
        """An event is appended; gives the traceparent that it keeps."""
        ...

    def end(self, error: BaseException | None) -> None:
        """It was committed, or not."""
        ...


class Trail(Protocol):
    """What changes come from."""

    def change(self) -> Change: ...


class RequestTrail(Trail, Protocol):
    def end(self, operation: str | None, status: int) -> None:
        """The request was answered; without an operation it asked for nothing that is followed."""
        ...


class Attempts(Protocol):
    """The attempts at deliveries; `key` names one while it runs."""

    def begin(self, key: int, traceparent: str, attributes: Attributes) -> str:
        """An attempt at telling an event; gives the traceparent that goes with it."""
        ...

    def end(
        self,
        key: int,
        *,
        milliseconds: float,
        phases: Mapping[str, float],
        attributes: Attributes,
        failure: str | None,
    ) -> None:
        """It took so long, and reached each of its phases so many milliseconds after its start."""
        ...


class Tracing(Protocol):
    @property
    def attempts(self) -> Attempts | None:
        """None where attempts are not recorded; listeners get what the events keep all the same."""
        ...

    def request(self, traceparent: str | None, method: str, path: str) -> RequestTrail | None: ...

    def work(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        """Follow what is changed within, which nobody has asked for over HTTP."""
        ...

    def close(self) -> None:
        """Send what is still to be sent."""
        ...


_current: ContextVar[Trail | None] = ContextVar("qos_hub_trail", default=None)


def current_trail() -> Trail | None:
    return _current.get()


@contextmanager
def following(trail: Trail) -> Iterator[None]:
    """Whatever is changed within, on this thread or task, comes from there."""
    token = _current.set(trail)
    try:
        yield
    finally:
        _current.reset(token)


class Passed:
    """Carries on what came, and records nothing."""

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def change(self) -> "Passed":
        return self

    def begin(self) -> None: ...

    def event(self, event_id: str, kind: str) -> str | None:
        return self._traceparent

    def end(self, *_: object) -> None: ...


class NotFollowed:
    """The tracing of a hub that follows nothing."""

    attempts: Attempts | None = None

    def request(self, traceparent: str | None, method: str, path: str) -> RequestTrail | None:
        return None

    def work(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None: ...


class PassingOn(NotFollowed):
    """The tracing of a hub that records nothing: an event keeps the traceparent of its request."""

    def request(self, traceparent: str | None, method: str, path: str) -> RequestTrail | None:
        return None if traceparent is None else Passed(traceparent)
