"""One batch of a recovery: the change of the deliveries and how far it has come are one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import HubError
from hub.model.delivery import UNREGISTERED, DeliveryState
from hub.model.job import JobStatus
from hub.model.recovery import Progress, Recovery, RecoveryKind
from hub.model.subscription import Order, SubscriptionState
from hub.store.events import Queued
from hub.store.lines import BATCH, Wait
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from hub.subscriptions.wanting import Interests, MakeWanted


@dataclass(frozen=True, kw_only=True)
class RecoveryStep:
    """`patience` is how long (microseconds) what stands in a line waits for what is before it.

    `batch` is how many deliveries or events are looked at in one transaction.
    """

    make_wanted: MakeWanted
    patience: int
    batch: int = BATCH

    def take(self, tables: Tables, seq: int, *, now: int) -> Recovery | None:
        """Do the next batch, in a transaction; gives how the work stands then, or None when it is gone.

        A step that fails ends its work as failed: what was done stays, and the registration is sent to again.
        """
        recovery = tables.recoveries.by_seq(seq)
        if recovery is None or recovery.completed is not None:
            return None
        one = tables.subscriptions.get(recovery.subscription_id)
        kind = recovery.asked.kind
        if one is None or (one.ended is not None and kind is not RecoveryKind.UNREGISTER):
            tables.recoveries.finish(seq, JobStatus.FAILED, now=now, error="the subscription has ended")
            return tables.recoveries.by_seq(seq)
        wait = Wait(now=now, patience=self.patience)
        if recovery.started is None:
            tables.recoveries.expect(seq, _expected(tables, recovery, one))
        try:
            progress = self._work(kind)(tables, recovery, one, wait)
        except HubError as error:
            tables.recoveries.finish(seq, JobStatus.FAILED, now=now, error=error.message)
            return tables.recoveries.by_seq(seq)
        tables.recoveries.advance(seq, progress, now=now)
        if progress.ended:
            tables.lines.end(one.seq, wait, started=recovery.started or now)
            tables.recoveries.finish(seq, JobStatus.SUCCEEDED, now=now)
        return tables.recoveries.by_seq(seq)

    def _work(self, kind: RecoveryKind) -> Callable[[Tables, Recovery, Registered, Wait], Progress]:
        match kind:
            case RecoveryKind.PAUSE:
                return self._pause
            case RecoveryKind.RESUME:
                return self._resume
            case RecoveryKind.ORDER:
                return self._order
            case RecoveryKind.RECOVER:
                return self._recover
            case RecoveryKind.REPLAY:
                return self._replay
            case RecoveryKind.UNREGISTER:
                return self._abandon

    def _pause(self, tables: Tables, _: Recovery, one: Registered, wait: Wait) -> Progress:
        return self._progress(tables.lines.park(one.seq, limit=self.batch))

    def _abandon(self, tables: Tables, _: Recovery, one: Registered, wait: Wait) -> Progress:
        return self._progress(tables.lines.abandon(one.seq, now=wait.now, outcome=UNREGISTERED, limit=self.batch))

    def _resume(self, tables: Tables, _: Recovery, one: Registered, wait: Wait) -> Progress:
        return self._progress(tables.lines.unpark(one.seq, wait, limit=self.batch))

    def _order(self, tables: Tables, _: Recovery, one: Registered, wait: Wait) -> Progress:
        """What is in flight is waited for: its sender promotes the next one of the line that it knows."""
        if tables.lines.is_in_flight(one.seq):
            return Progress(place=0, looked=0, changed=0, ended=False)
        return self._progress(tables.lines.place(one.seq, one.subscription.order, wait, limit=self.batch))

    def _recover(self, tables: Tables, recovery: Recovery, one: Registered, wait: Wait) -> Progress:
        asked = recovery.asked
        done = tables.lines.revive(
            one.seq, asked.since or 0, asked.until or wait.now, _state(one), wait, limit=self.batch
        )
        return self._progress(done)

    def _progress(self, done: int) -> Progress:
        return Progress(place=0, looked=done, changed=done, ended=done < self.batch)

    def _replay(self, tables: Tables, recovery: Recovery, one: Registered, wait: Wait) -> Progress:
        last = recovery.asked.last
        queued = [each for each in tables.events.after(recovery.place, limit=self.batch) if each.seq <= last]
        made = self._tell(tables, queued, one, wait)
        tables.lines.line_up(one.seq, made, wait)
        reached = queued[-1].seq if queued else last
        ended = not queued or reached >= last
        return Progress(place=reached, looked=len(queued), changed=len(made), ended=ended)

    def _tell(self, tables: Tables, queued: Sequence[Queued], one: Registered, wait: Wait) -> list[int]:
        """The ids of the deliveries that were made: of what is wanted and has none."""
        interests = Interests(self.make_wanted)
        interests.add(one)
        made = (
            tables.lines.insert_missing(one.seq, each.seq, _key(one, each), _state(one), now=wait.now)
            for each in queued
            if each.seq not in one.removed and interests.of(each.event)
        )
        return [delivery for delivery in made if delivery is not None]


def _expected(tables: Tables, recovery: Recovery, one: Registered) -> int:
    """How many deliveries, or events, there are to look at when the work begins."""
    asked, lines = recovery.asked, tables.lines
    match asked.kind:
        case RecoveryKind.PAUSE:
            return lines.count_due(one.seq)
        case RecoveryKind.RESUME:
            return lines.count_parked(one.seq)
        case RecoveryKind.ORDER:
            return lines.count_misplaced(one.seq, one.subscription.order)
        case RecoveryKind.RECOVER:
            return lines.count_dead(one.seq, asked.since or 0, asked.until or asked.created)
        case RecoveryKind.REPLAY:
            return lines.count_events(recovery.place, asked.last)
        case RecoveryKind.UNREGISTER:
            return lines.count_open(one.seq)


def _state(one: Registered) -> DeliveryState:
    return DeliveryState.DUE if one.subscription.state is SubscriptionState.ACTIVE else DeliveryState.PARKED


def _key(one: Registered, queued: Queued) -> int | None:
    return {Order.REPORT: queued.problem, Order.SUBSCRIPTION: 0, Order.NONE: None}[one.subscription.order]
