"""What is begun where it is made: it ends there, or becomes a task that goes on with it."""

import asyncio

import pytest

from hub.api.at_once import Rest, begun, finish, in_a_task


async def put(said: list[str], *awaited: "asyncio.Future[str]") -> None:
    said.append("begun")
    for future in awaited:
        try:
            said.append(await future)
        except LookupError as error:
            said.append(f"caught {error}")
        except asyncio.CancelledError:
            said.append("cancelled")
            raise
    said.append("ended")


def test_what_need_not_wait_has_ended_where_it_was_made() -> None:
    said: list[str] = []
    assert begun(put(said)) is None
    assert said == ["begun", "ended"]


def test_what_raises_raises_where_it_was_made() -> None:
    async def fail() -> None:
        raise LookupError("x")

    with pytest.raises(LookupError, match="x"):
        begun(fail())


def waiting(said: list[str], *awaited: "asyncio.Future[str]") -> "asyncio.Task[None]":
    rest = begun(put(said, *awaited))
    assert isinstance(rest, Rest)
    return asyncio.get_running_loop().create_task(finish(rest))


def test_the_rest_is_told_what_it_waited_for() -> None:
    async def run() -> list[str]:
        said: list[str] = []
        one, two, three = (asyncio.get_running_loop().create_future() for _ in range(3))
        task = waiting(said, one, two, three)
        await asyncio.sleep(0)
        one.set_result("one")
        await asyncio.sleep(0)
        two.set_exception(LookupError("two"))
        three.set_result("three")
        await asyncio.wait_for(task, 10)
        return said

    assert asyncio.run(run()) == ["begun", "one", "caught two", "three", "ended"]


def test_what_is_ready_before_the_task_begins_is_not_waited_for() -> None:
    async def run() -> list[str]:
        said: list[str] = []
        one: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = waiting(said, one)
        one.set_result("one")
        await asyncio.wait_for(task, 10)
        return said

    assert asyncio.run(run()) == ["begun", "one", "ended"]


@pytest.mark.parametrize("begins", [False, True])
def test_a_cancelling_reaches_the_rest(begins: bool) -> None:
    async def run() -> list[str]:
        said: list[str] = []
        task = waiting(said, asyncio.get_running_loop().create_future())
        if begins:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return said

    assert asyncio.run(run()) == (["begun", "cancelled"] if begins else ["begun"])


def test_it_is_in_a_task_where_it_asks_for_one() -> None:
    async def run() -> list[bool]:
        had: list[bool] = []

        async def ask() -> None:
            had.append(asyncio.current_task() is not None)
            await in_a_task()
            had.append(asyncio.current_task() is not None)

        rests: list[Rest] = []

        def begin() -> None:  # a callback of the loop, which runs in no task
            rest = begun(ask())
            assert rest is not None
            rests.append(rest)

        asyncio.get_running_loop().call_soon(begin)
        await asyncio.sleep(0)
        await asyncio.get_running_loop().create_task(finish(rests[0]))
        return had

    assert asyncio.run(run()) == [False, True]
