"""What may be done to the deliveries of a registration: recover, replay, and what a change of its state brings."""

from dataclasses import dataclass

from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.model.caller import Caller
from hub.model.ids import NewId, first_id_at, made_at
from hub.model.recovery import NewRecovery, Recovery, RecoveryKind
from hub.model.times import Clock, micros_to_text, to_micros
from hub.store.subscriptions import Registered
from hub.store.tables import Tables


@dataclass(frozen=True, kw_only=True)
class Span:
    """From when until when, both included (microseconds); None without a bound."""

    since: int | None = None
    until: int | None = None


class Recovering:
    """Begins work on deliveries, in the transaction of whoever asks for it; `hub.upkeep` does it."""

    def __init__(self, *, clock: Clock, new_id: NewId) -> None:
        self._clock = clock
        self._new_id = new_id

    def recover(self, tables: Tables, subscription_id: str, *, span: Span, caller: Caller) -> Recovery:
        """Let what was given up in the span be sent again.

        Raises NotFound, or Conflict when it has ended or expired.
        """
        one = self._unexpired(open_registration(tables, subscription_id))
        since, until = self._bounds(span)
        expected = tables.lines.count_dead(one.seq, since, until)
        return self._begin(
            tables, RecoveryKind.RECOVER, one, caller, since=span.since, until=until, expected=expected
        )

    def replay(self, tables: Tables, subscription_id: str, *, span: Span, caller: Caller) -> Recovery:
        """Let what was recorded in the span, and is wanted, be told where it was not.

        Left out is what may have been told already, where deliveries that were received have been removed.

        Raises NotFound, or Conflict when it has ended or expired.
        """
        one = self._unexpired(open_registration(tables, subscription_id))
        since, until = self._bounds(span)
        before = tables.lines.event_before(first_id_at(since))
        last = min(tables.lines.event_before(first_id_at(until + 1000)), tables.events.fanned_out())
        skipped = tables.events.last_in(max(before + 1, one.removed.start), min(last, one.removed.stop - 1))
        if before + 1 in one.removed:
            before = one.removed.stop - 1
        return self._begin(
            tables,
            RecoveryKind.REPLAY,
            one,
            caller,
            since=span.since,
            until=until,
            place=before,
            last=last,
            expected=tables.lines.count_events(before, last),
            skipped_until=None if skipped is None else made_at(skipped.id),
        )

    def pause(self, tables: Tables, one: Registered, caller: Caller) -> None:
        expected = tables.lines.count_due(one.seq)
        if expected:
            self._begin(tables, RecoveryKind.PAUSE, one, caller, expected=expected)

    def resume(self, tables: Tables, one: Registered, caller: Caller) -> None:
        """Raises Conflict when it has expired: the next sweep would disable it again."""
        self._unexpired(one)
        expected = tables.lines.count_parked(one.seq)
        if expected or tables.lines.count_due(one.seq):
            self._begin(tables, RecoveryKind.RESUME, one, caller, expected=expected)

    def reorder(self, tables: Tables, one: Registered, caller: Caller) -> None:
        expected = tables.lines.count_open(one.seq)
        if expected:
            self._begin(tables, RecoveryKind.ORDER, one, caller, expected=expected)

    def _unexpired(self, one: Registered) -> Registered:
        """Raises Conflict for one whose time is over: nothing more is told to it, by nobody's hand."""
        end = one.subscription.options.expires_at
        if end is not None and end <= to_micros(self._clock()):
            message = f"subscription {one.subscription.id} has expired; change it first, or take it away with null"
            raise Conflict(
                violations=[Violation(field="delivery.expiresAt", value=micros_to_text(end), message=message)]
            )
        return one

    def _bounds(self, span: Span) -> tuple[int, int]:
        """Raises InvalidInput when the span ends before it begins."""
        now = to_micros(self._clock())
        since, until = span.since or 0, now if span.until is None else min(span.until, now)
        if since > until:
            message = "lies behind `until`" if span.until is not None and span.until <= now else "is yet to come"
            raise InvalidInput(violations=[Violation(field="since", value=micros_to_text(since), message=message)])
        return since, until

    def _begin(
        self,
        tables: Tables,
        kind: RecoveryKind,
        one: Registered,
        caller: Caller,
        *,
        since: int | None = None,
        until: int | None = None,
        place: int = 0,
        last: int = 0,
        expected: int,
        skipped_until: int | None = None,
    ) -> Recovery:
        new = NewRecovery(
            id=self._new_id(),
            kind=kind,
            subscription=one.seq,
            created=to_micros(self._clock()),
            actor=caller.name,
            since=since,
            until=until,
            place=place,
            last=last,
            expected=expected,
            skipped_until=skipped_until,
        )
        tables.recoveries.insert(new)
        made = tables.recoveries.get(new.id)
        assert made is not None
        return made


def open_registration(tables: Tables, subscription_id: str) -> Registered:
    """Raises NotFound, or Conflict when it has ended: nothing is sent to it any more."""
    one = known_registration(tables, subscription_id)
    if one.ended is not None:
        message = f"subscription {subscription_id} has ended"
        raise Conflict(violations=[Violation(field="id", value=subscription_id, message=message)])
    return one


def known_registration(tables: Tables, subscription_id: str) -> Registered:
    """Also one that has ended. Raises NotFound."""
    one = tables.subscriptions.get(subscription_id)
    if one is None:
        message = f"no subscription {subscription_id}"
        raise NotFound(violations=[Violation(field="id", value=subscription_id, message=message)])
    return one
