"""One reading at a time of a notification list: who reads holds it until the reading ends or its holder is gone."""

from itertools import count

from hub.errors import Conflict
from hub.model.listed import ListRun
from hub.model.times import micros_to_text
from hub.store.leases import Holder
from hub.store.tables import Tables
from hub.subscriptions.list_file import Unreadable

LEASE = 300_000_000
"""Microseconds for which a list is held without a sign of life: more than its fetching may take."""
HOLDER = Holder.this()
TURNS = count(1)
BROKEN_OFF = "it broke off, and another reading took its place"


def begin(tables: Tables, name: str, run: ListRun) -> int:
    """Hold the list with a new reading; gives its row. Raises Conflict while another reading is alive."""
    now = run.started
    for other in tables.lists.open_runs(name):
        alive = other.lease_until is not None and other.started <= now < other.lease_until
        if other.token is not None and alive and not HOLDER.abandoned(other.token):
            raise Conflict(f"the list is being read since {micros_to_text(other.started)}")
        tables.lists.break_off(other.seq, BROKEN_OFF, now=now)
    token = HOLDER.token(next(TURNS))
    return tables.lists.begin_run(
        name, origin=run.origin, actor=run.actor, now=now, token=token, lease_until=now + LEASE
    )


def hold(tables: Tables, run: int, now: int) -> None:
    """Before each write. Raises Unreadable where another reading has taken the place of this one."""
    if not tables.lists.renew(run, now + LEASE):
        raise Unreadable(BROKEN_OFF)
