"""Registrations of a notification list that no entry of it holds: they get one, so a reading keeps or ends them."""

from collections.abc import Sequence

from hub.model.listed import Present
from hub.store.lists import Unheld
from hub.subscriptions.list_file import Content

UNKNOWN = b""
"""The digest of what the list says of no known entry: it is never the same as before."""


def adopted_of(content: Content, present: Sequence[Present], unheld: Sequence[Unheld]) -> list[Present]:
    """An entry for each: that of the list which wants the same and has no registration, else one that is to go."""
    alive = {one.key for one in present if one.subscription is not None}
    free = {
        (entry.callback, entry.query or None, entry.party): entry.key
        for entry in reversed(content.entries)
        if entry.key not in alive
    }
    return [
        _held(one, free.pop((one.callback, one.query or None, one.party), one.subscription_id)) for one in unheld
    ]


def _held(one: Unheld, key: str) -> Present:
    return Present(
        seq=0,
        key=key,
        digest=UNKNOWN,
        callback=one.callback,
        query=one.query,
        contact=None,
        party=one.party,
        subscription=one.subscription,
        subscription_id=one.subscription_id,
        error=None,
    )
