"""Keys: how one is made, which are in force, and what a name and a party may be."""

from typing import Any

import pytest

from hub.access.key_ring import REFRESH, KeyRing
from hub.access.keys import base62, digest_of, is_party, new_key
from hub.model.api_key import ApiKey

NOW = 1_000_000


class Table:
    """A table of keys whose readings are counted."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys = list(keys)
        self.number = 1
        self.readings = 0
        self.looks = 0

    def version(self) -> int:
        self.looks += 1
        return self.number

    def all(self) -> list[ApiKey]:
        self.readings += 1
        return self.keys


class Time:
    def __init__(self) -> None:
        self.wall, self.steady = NOW, 100.0

    def turn(self, seconds: float) -> None:
        self.wall += round(seconds * 1e6)
        self.steady += seconds


def kept(key: bytes, **more: Any) -> ApiKey:
    values: dict[str, Any] = {"id": "k1", "name": "noc", "scopes": frozenset({"hub:write"}), "created": 0}
    return ApiKey(digest=digest_of(key), **{**values, **more})


def ring_of(table: Table, time: Time, *fixed: str) -> KeyRing:
    return KeyRing(fixed, table=lambda: table, now=lambda: time.wall, monotonic=lambda: time.steady)


def test_a_key_names_its_id_and_no_two_are_alike() -> None:
    made = [new_key() for _ in range(100)]
    assert all(key.startswith(f"qos_{key_id}_") for key_id, key in made)
    assert len({key for _, key in made}) == len({key_id for key_id, _ in made}) == 100


def test_a_key_keeps_all_of_its_random_bytes() -> None:
    _, key = new_key(lambda count: b"\xff" * count)
    assert key.rpartition("_")[2] == base62(2**256 - 1)
    assert base62(0) == "0"
    assert base62(61) == "z"
    assert base62(62) == "10"


def test_a_key_of_the_settings_may_do_everything() -> None:
    ring = KeyRing((f"noc:{digest_of(b'k').hex()}",))
    caller = ring.caller_of(digest_of(b"k"))
    assert caller is not None
    assert (caller.name, caller.scopes, caller.party) == ("noc", frozenset({"*"}), None)
    assert ring.caller_of(digest_of(b"other")) is None
    assert not ring.is_empty()
    assert KeyRing().is_empty()


def test_a_key_of_the_table_has_its_scopes_and_its_party() -> None:
    ring = ring_of(Table(kept(b"k", party="org-1")), Time())
    caller = ring.caller_of(digest_of(b"k"))
    assert caller is not None
    assert (caller.name, caller.scopes, caller.party) == ("noc", frozenset({"hub:write"}), "org-1")


def test_a_change_is_seen_at_the_next_look_and_no_call_in_between_looks() -> None:
    table, time = Table(), Time()
    ring = ring_of(table, time)
    assert ring.is_empty()
    table.keys, table.number = [kept(b"k")], 2
    for _ in range(1000):
        assert ring.caller_of(digest_of(b"k")) is None
    assert (table.looks, table.readings) == (1, 1)
    time.turn(REFRESH)
    assert ring.caller_of(digest_of(b"k")) is not None
    assert not ring.is_empty()
    time.turn(REFRESH)
    assert ring.caller_of(digest_of(b"k")) is not None
    assert (table.looks, table.readings) == (3, 2)


def test_a_key_ends_by_itself() -> None:
    time = Time()
    ring = ring_of(Table(kept(b"k", expires=NOW + 10_000_000)), time)
    assert ring.caller_of(digest_of(b"k")) is not None
    assert ring.ended(digest_of(b"k")) is None
    time.turn(10)
    assert ring.caller_of(digest_of(b"k")) is None
    assert ring.ended(digest_of(b"k")) == "expired"


def test_a_revoked_key_lets_nobody_in_and_still_counts() -> None:
    ring = ring_of(Table(kept(b"k", revoked=NOW)), Time())
    assert ring.caller_of(digest_of(b"k")) is None
    assert ring.ended(digest_of(b"k")) == "revoked"
    assert ring.ended(digest_of(b"another")) is None
    assert not ring.is_empty()


@pytest.mark.parametrize("text", ["org-311", "7", "ü", "a b", "x" * 256])
def test_what_can_be_a_party(text: str) -> None:
    assert is_party(text)


@pytest.mark.parametrize("text", ["", "x" * 257, "a\nb", "2026-03-01", "2026-03-01T12:00:00Z"])
def test_what_cannot_be_a_party(text: str) -> None:
    assert not is_party(text)
