"""Asks for the erasure of one party's data; `hub.upkeep` does it."""

from collections.abc import Collection

from hub.errors import Conflict, InvalidInput, Violation
from hub.model.caller import Caller
from hub.model.erasure import Erasure
from hub.model.ids import NewId
from hub.model.times import Clock, to_micros
from hub.store.tables import Tables

LONGEST = 1000
"""The most characters of a party's id."""


class Erasing:
    """`lists` are the notification lists of the settings: who stands in one would be registered again."""

    def __init__(self, *, clock: Clock, new_id: NewId, lists: Collection[str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._lists = lists

    def erase(self, tables: Tables, party: str, caller: Caller) -> Erasure:
        """Begin, or give the erasure of this party that has begun. Raises InvalidInput or Conflict."""
        if not party or len(party) > LONGEST or party.startswith("erased-"):
            message = f"must be the id of a party, 1 to {LONGEST} characters"
            raise InvalidInput(violations=[Violation(field="party", message=message)])
        standing = sorted(set(tables.erasures.lists_of(party)) & set(self._lists))
        if standing:
            message = f"stands in the list {', '.join(standing)}; it has to leave it first, or it would come again"
            raise Conflict(violations=[Violation(field="party", message=message)])
        erasure_id = tables.erasures.open_of(party)
        if erasure_id is None:
            erasure_id = self._new_id()
            # Random, not made of the party's id, which could be found by trying.
            pseudonym = f"erased-{erasure_id.replace('-', '')[-16:]}"
            tables.erasures.insert(
                erasure_id,
                party=party,
                pseudonym=pseudonym,
                now=to_micros(self._clock()),
                actor=caller.name,
            )
        found = tables.erasures.get(erasure_id)
        assert found is not None
        return found
