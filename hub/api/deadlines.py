"""How long a request may take: one timer looks over all that run, so that a request that is quick pays for none."""

import asyncio
from typing import Any

from starlette.types import Scope

from hub.api.at_once import Rest, in_a_task
from hub.api.messages import STARTED
from hub.errors import AnswerTimeout, Violation

Task = asyncio.Task[Any]

DEADLINE = "qos_hub.deadline"
"""Where the watch over the answer stands in the ASGI scope."""

UNHURRIED = "qos_hub.unhurried"
"""Stands in the ASGI scope of what takes as long as it takes: a body that streams in, or an answer that streams out."""


class Watch:
    """Cancels each task that is in it for longer than `seconds`, give or take a quarter of it or a second."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._tick = min(1.0, seconds / 4)
        self._since: dict[Task, float] = {}
        self._late: set[Task] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """The one that all tasks run on, once there was one."""

    def begin(self) -> Task:
        """Watch the present task; all that are watched run on one loop."""
        # Python 3.11 asks the system for the process at each look for the running loop, so one look is enough.
        loop = self.loop = self.loop or asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._since[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._tick, self._look, loop)
        return task

    def end(self, task: Task) -> None:
        self._since.pop(task, None)

    def has_cancelled(self, task: Task) -> bool:
        """Whether the cancelling was ours; it is taken back then, so that the task can answer."""
        if task not in self._late:
            return False
        self._late.discard(task)
        task.uncancel()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        oldest = loop.time() - self.seconds
        while self._since:
            task, began = next(iter(self._since.items()))  # they stand in the order of their beginning
            if began > oldest:
                self._timer = loop.call_later(self._tick, self._look, loop)
                return
            del self._since[task]
            self._late.add(task)
            task.cancel()


class AnswerDeadline:
    """Ends what has no answer after `seconds`.

    An answer that has begun to leave, and is not taken by the caller, is broken off.
    """

    def __init__(self, seconds: float) -> None:
        self._watch = Watch(seconds)

    async def keep(self, answer: Rest, scope: Scope) -> None:
        """Go on with an answer that has to wait: only such a one can be late. Raises AnswerTimeout."""
        await in_a_task(self._watch.loop)
        if UNHURRIED in scope:
            await answer
            return
        task = self._watch.begin()
        scope[DEADLINE] = self._watch
        try:
            await answer
        except asyncio.CancelledError:
            if scope.get(STARTED) or not self._watch.has_cancelled(task):
                raise
            raise _late(scope, self._watch.seconds) from None
        finally:
            self._watch.end(task)


def unhurried(scope: Scope) -> None:
    """Lift the deadline from the present request, whose answer streams out for as long as it takes."""
    scope[UNHURRIED] = True
    watch, task = scope.get(DEADLINE), asyncio.current_task()
    if isinstance(watch, Watch) and task is not None:
        watch.end(task)


def _late(scope: Scope, seconds: float) -> AnswerTimeout:
    fate = (
        "nothing was changed"
        if scope["method"] in ("GET", "HEAD")
        else "whether the change was made is not known: read before you send it again"
    )
    message = f"no answer within {seconds:g} s; {fate}"
    return AnswerTimeout(violations=[Violation(field="path", value=scope["path"], message=message)])
