"""Keys of idempotency on a store: how long an answer is kept, for whom, and what is written of it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from hub.api.messages import Request, Response, json_response
from hub.api.once import PURGED_AT_ONCE, REPLAYED, Once, key_of
from hub.errors import Conflict, InvalidInput, UnprocessableKey
from hub.model.caller import Caller
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.secrets import SecretBox
from tests.rooms import TurningClock, open_store

DAY = 86400.0


class Counter:
    """Work that must be done once: it counts in the database, so that what is taken back does not count."""

    def __init__(self, store: Store, clock: TurningClock) -> None:
        self.store = store
        self.once = Once(store=store, clock=clock, lifetime=DAY, secrets=SecretBox(Fernet.generate_key()))

    def _work(self, tables: Tables) -> int:
        count = tables.events.fanned_out() + 1
        tables.events.set_fanned_out(count)
        return count

    @property
    def done(self) -> int:
        return self.store.read.events.fanned_out()

    def send(self, request: Request, *, secret: bool = False) -> Response:
        def answer(count: int) -> Response:
            return json_response({"count": count}, status=201, headers=(("Location", f"/{count}"),))

        return asyncio.run(self.once.write(request, self._work, answer, secret=secret))

    def rows(self) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.store.database) as connection:
            return connection.execute("SELECT * FROM idempotency_key").fetchall()


@pytest.fixture
def clock() -> TurningClock:
    return TurningClock()


@pytest.fixture
def counter(tmp_path: Path, clock: TurningClock) -> Iterator[Counter]:
    store = open_store(tmp_path)
    yield Counter(store, clock)
    store.close()


def request(key: str | None = "abc", body: Any = None, **more: Any) -> Request:
    headers = {} if key is None else {b"idempotency-key": key.encode("latin-1")}
    asked = Request(path="/v5/things", path_params={}, query_string=b"", method="POST", headers=headers)
    return replace(asked, body=body or {"name": "x"}, media_type="application/json", **more)


def test_what_has_no_key_is_done_each_time(counter: Counter) -> None:
    assert [counter.send(request(None)).headers for _ in range(2)] == [
        (("Location", "/1"),),
        (("Location", "/2"),),
    ]
    assert counter.rows() == []


def test_what_is_sent_again_is_answered_again(counter: Counter) -> None:
    first = counter.send(request())
    again = counter.send(request('"abc"', body={"name": "x"}))
    assert again == replace(first, headers=(*first.headers, REPLAYED))
    assert counter.once.before(request()) == again
    assert counter.done == 1


def test_the_order_of_members_does_not_make_another_request(counter: Counter) -> None:
    counter.send(request(body={"a": 1, "b": 2}))
    assert REPLAYED in counter.send(request(body={"b": 2, "a": 1})).headers


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("/v5/problemGroup", "/v5/problemGroup/"),
        ("/v5/problemGroup", "/v5//ProblemGroup"),
        ("/v5/thing/4711", "/v5/thing/4711/"),
    ],
)
def test_another_spelling_of_the_address_is_the_same_request(counter: Counter, first: str, other: str) -> None:
    counter.send(request(path=first))
    assert REPLAYED in counter.send(request(path=other)).headers


def test_the_id_in_an_address_has_one_spelling(counter: Counter) -> None:
    counter.send(request(path="/v5/thing/problemGroup", path_params={"id": "problemGroup"}))
    with pytest.raises(UnprocessableKey):
        counter.send(request(path="/v5/thing/ProblemGroup", path_params={"id": "ProblemGroup"}))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (request(body={"name": "y"}), "abc was used for another request to the same operation"),
        (request(query_string=b"fields=none"), "abc was used for another request to the same operation"),
        (request(path="/v5/others"), "abc was used for POST /v5/things"),
        (request(method="PATCH"), "abc was used for POST /v5/things"),
    ],
)
def test_a_key_is_not_used_for_another_request(counter: Counter, other: Request, message: str) -> None:
    counter.send(request())
    with pytest.raises(UnprocessableKey, match=message) as refused:
        counter.send(other)
    assert [(one.field, one.value) for one in refused.value.violations] == [("Idempotency-Key", "abc")]
    with pytest.raises(UnprocessableKey):
        counter.once.before(other)
    assert counter.done == 1


def test_a_key_belongs_to_its_caller(counter: Counter) -> None:
    noc = Caller(name="noc", scopes=frozenset({"*"}))
    assert REPLAYED not in counter.send(request()).headers
    assert REPLAYED not in counter.send(request(caller=noc)).headers
    assert counter.done == 2


def test_callers_of_one_name_and_several_parties_are_several(counter: Counter) -> None:
    noc = Caller(name="jwt:service", scopes=frozenset({"*"}))
    callers = [noc, replace(noc, party="org-a"), replace(noc, party="org-b")]
    answers = [counter.send(request(caller=caller)) for caller in callers]
    assert [REPLAYED in answer.headers for answer in answers] == [False, False, False]
    assert [counter.once.before(request(caller=caller)) is not None for caller in callers] == [True, True, True]
    assert counter.done == 3


def test_an_answer_is_kept_for_its_lifetime(counter: Counter, clock: TurningClock) -> None:
    counter.send(request())
    clock.turn(seconds=DAY - 1)
    assert REPLAYED in counter.send(request()).headers
    clock.turn(seconds=1)
    assert counter.once.before(request()) is None
    assert counter.send(request(body={"name": "other"})).headers == (("Location", "/2"),)
    assert REPLAYED in counter.send(request(body={"name": "other"})).headers


def test_old_answers_are_forgotten_in_passing(counter: Counter, clock: TurningClock) -> None:
    for number in range(PURGED_AT_ONCE + 10):
        counter.send(request(f"key-{number}"))
    clock.turn(seconds=DAY)
    counter.send(request("new"))
    assert len(counter.rows()) == 11
    counter.send(request("newer"))
    assert len(counter.rows()) == 2


def test_what_failed_has_used_up_no_key(counter: Counter) -> None:
    def fail(tables: Tables) -> int:
        tables.events.set_fanned_out(99)
        raise Conflict("not now")

    with pytest.raises(Conflict):
        asyncio.run(counter.once.write(request(), fail, lambda _: Response()))
    assert (counter.done, counter.rows()) == (0, [])
    assert REPLAYED not in counter.send(request(body={"name": "right"})).headers


def test_an_answer_with_a_secret_is_kept_encrypted(counter: Counter) -> None:
    counter.send(request("plain"))
    first = counter.send(request("hidden"), secret=True)
    bodies = [row[7] for row in counter.rows()]
    assert b"count" in bodies[0]
    assert b"count" not in bodies[1]
    assert counter.send(request("hidden"), secret=True).body == first.body


def test_at_once_it_is_done_once(counter: Counter) -> None:
    def answer(count: int) -> Response:
        return json_response({"count": count})

    async def many() -> list[Response]:
        works = [counter.once.write(request(), counter._work, answer) for _ in range(50)]
        return await asyncio.gather(*works)

    answers = asyncio.run(many())
    assert {one.body for one in answers} == {b'{"count":1}'}
    assert [REPLAYED in one.headers for one in answers].count(False) == 1
    assert counter.done == 1


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('"a b"', "a b"),
        ("x" * 255, "x" * 255),
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
    ],
)
def test_a_key_is_read_with_and_without_quotes(given: str, key: str) -> None:
    assert key_of(request(given)) == key


@pytest.mark.parametrize("given", ["", " ", '""', '"abc', "a b", "x" * 256, "é", 'a"b', "a\tb"])
def test_a_malformed_key_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key: must be 1 to 255"):
        key_of(request(given))
