"""Recoveries in turn: a batch of the oldest one of each registration, until none is left."""

from functools import partial

from hub.errors import StoreUnavailable
from hub.model.job import JobStatus
from hub.model.recovery import Recovery
from hub.model.times import Clock, to_micros
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger
from hub.upkeep.recovery import RecoveryStep

log = logger("hub.upkeep")


class RecoveryTask:
    name = "recoveries"

    def __init__(self, *, store: Store, step: RecoveryStep, clock: Clock) -> None:
        self._store = store
        self._step = step
        self._clock = clock

    def step(self) -> bool:
        """Raises StoreUnavailable."""
        tables = self._store.read
        strays = [self._park(subscription) for subscription in tables.lines.strays()]
        return any([*strays, *[self._take(seq) for seq in tables.recoveries.open()]])

    def _park(self, subscription: int) -> bool:
        """Whether there is more of it."""
        return self._store.write(partial(_park, subscription=subscription, limit=self._step.batch))

    def _take(self, seq: int) -> bool:
        """Whether there is more to do at once."""
        now = to_micros(self._clock())
        try:
            done = self._store.write(partial(self._step.take, seq=seq, now=now))
        except StoreUnavailable:
            raise
        except Exception as error:  # a fault of ours must not hold a listener for ever
            log.error("recovery.broke", recovery=seq, error=str(error), exc_info=error)
            self._store.write(partial(_fail, seq=seq, now=now))
            return True
        if done is not None and done.completed is not None:
            _tell(done)
        return done is not None and (done.completed is not None or done.looked > 0)


def _park(tables: Tables, *, subscription: int, limit: int) -> bool:
    """Asked again here: it may have been made active since."""
    return subscription in tables.lines.strays() and tables.lines.park(subscription, limit=limit) == limit


def _fail(tables: Tables, *, seq: int, now: int) -> None:
    tables.recoveries.finish(seq, JobStatus.FAILED, now=now, error="the hub failed; its log says why")


def _tell(done: Recovery) -> None:
    log.info(
        "recovery.ended",
        recovery=done.asked.id,
        kind=done.asked.kind,
        subscription=done.subscription_id,
        actor=done.asked.actor,
        status=done.status,
        looked=done.looked,
        changed=done.changed,
        error=done.error,
    )
