"""Answers at once what need not wait: a coroutine is begun where it is made, and becomes a task when it has to wait.

Most readings of one report or of a short list never wait. A task of its own, with its turn in the event loop, would be
a quarter of what they cost.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, cast


class Rest:
    """A coroutine that has begun and waits; to await it is to go on with it."""

    __slots__ = ("_awaited", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        """Hands on what the coroutine waits for, and to the coroutine what comes of it."""
        awaited = self._awaited
        try:
            while True:
                try:
                    came = yield awaited
                except GeneratorExit:
                    self._coroutine.close()
                    raise
                except BaseException as error:  # the coroutine's to catch, a cancelling too
                    awaited = self._coroutine.throw(error)
                else:
                    awaited = self._coroutine.send(came)
        except StopIteration:
            return


def begun(made: Awaitable[None]) -> Rest | None:
    """Run a coroutine until it ends or has to wait; gives the rest of it, None when it has ended."""
    coroutine = cast(Coroutine[Any, Any, None], made)
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return Rest(coroutine, awaited)


async def finish(rest: Rest) -> None:
    """The rest as a coroutine, for a task."""
    await rest


async def in_a_task(loop: asyncio.AbstractEventLoop | None = None) -> None:
    """Go on in a task: what was begun outside of one has one afterwards.

    `loop` is the running one; to look for it costs Python 3.11 a system call.
    """
    if asyncio.current_task(loop) is None:
        await asyncio.sleep(0)
