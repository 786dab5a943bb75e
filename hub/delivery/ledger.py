"""What the attempts of one turn say of their listeners: failures in a row, holds, notices, and who is disabled."""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

from hub.delivery.failures import DISABLED_AT, FailureRules, failed, share_of_limit, succeeded, warning_of
from hub.delivery.listeners import Listeners
from hub.delivery.notices import ORDER_KEY, Condition, Desk
from hub.delivery.outcome import DELIVERED, GONE
from hub.model.delivery import DeliveryState
from hub.model.event import NOTICES, Event, EventType
from hub.model.standing import Standing
from hub.model.times import micros_to_text
from hub.store.deliveries import Settlement
from hub.store.tables import Tables

SAID_GONE = "the listener answered 410 Gone"


@dataclass(kw_only=True)
class Ledger:
    """Kept in memory for one turn; `close` writes what has changed, in the same transaction as the attempts.

    Without a `desk` nobody is given notice. Of the `calm` listeners it is known that nothing is to be forgotten when
    they succeed.
    """

    tables: Tables
    listeners: Listeners
    now: int
    rules: FailureRules
    desk: Desk | None
    calm: set[int] = field(default_factory=set)
    disabled: dict[int, None] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    _standings: dict[int, Standing] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    def note(self, settlement: Settlement) -> None:
        """An attempt was recorded."""
        subscription = settlement.claim.subscription
        if settlement.attempt.outcome == DELIVERED:
            self._note_success(subscription, settlement)
            return
        if settlement.held_until is not None:
            self._hold(subscription, settlement.held_until, settlement.probed)
        if settlement.state is DeliveryState.DEAD:
            self._tell_of_dead(settlement)
        if settlement.attempt.outcome == GONE:
            self._disable(subscription, SAID_GONE, settlement)
        elif settlement.counts and self._is_active(subscription):
            self._note_failure(subscription, settlement)

    def held(self) -> list[Standing]:
        """The listeners that the attempts of this turn hold from now on."""
        return [
            one
            for one in self._standings.values()
            if one.subscription in self._changed and one.held_until > self.now
        ]

    def close(self) -> None:
        for subscription in sorted(self._changed):
            self.tables.standings.put(self._standings[subscription])

    def _is_active(self, subscription: int) -> bool:
        """Whether it is so for all this turn knows: who was just enabled begins without the failures of before."""
        listener = self.listeners.by_seq.get(subscription)
        return listener is not None and listener.active and subscription not in self.disabled

    def _standing(self, subscription: int) -> Standing:
        standing = self._standings.get(subscription)
        if standing is None:
            standing = self._standings[subscription] = self.tables.standings.get(subscription)
        return standing

    def _put(self, standing: Standing) -> None:
        self.calm.discard(standing.subscription)
        self._standings[standing.subscription] = standing
        self._changed.add(standing.subscription)

    def _note_success(self, subscription: int, settlement: Settlement) -> None:
        if subscription in self.calm:
            return
        standing = self._standing(subscription)
        if not standing.failures and not standing.warned and not standing.held_until:
            self.calm.add(subscription)
            return
        if standing.warned:
            self._tell_of_listener(subscription, Condition.RECOVERED, "it answered a success", 0, settlement)
            standing = self._standing(subscription)
        self._put(succeeded(standing, settlement.attempt.started))

    def _note_failure(self, subscription: int, settlement: Settlement) -> None:
        standing = failed(self._standing(subscription), self.now)
        self._put(standing)
        share = share_of_limit(standing, self.now, self.rules)
        warning = warning_of(standing, share)
        if warning is None:
            return
        self._put(replace(standing, warned=warning))
        since = micros_to_text(standing.failing_since or self.now)
        reason = f"{standing.failures} attempts in a row have failed since {since}"
        if warning >= DISABLED_AT:
            self._disable(subscription, reason, settlement)
        else:
            self._tell_of_listener(subscription, Condition.FAILING, reason, share, settlement)

    def _disable(self, subscription: int, reason: str, settlement: Settlement) -> None:
        """Nothing more is sent to it; what it has not been told is parked, not dropped."""
        if subscription in self.disabled:
            return
        self.disabled[subscription] = None
        wanted = self._is_wanted(EventType.LISTENER_STATE_CHANGE)
        if self.tables.subscriptions.disable(subscription, reason, now=self.now) and wanted:
            share = share_of_limit(self._standing(subscription), self.now, self.rules)
            self._tell_of_listener(subscription, Condition.DISABLED, reason, share, settlement)

    def _hold(self, subscription: int, until: int, probed: bool) -> None:
        standing = self._standing(subscription)
        if until > standing.held_until:
            self._put(replace(standing, held_from=self.now, held_until=until, probed=probed))

    def _tell_of_listener(
        self, subscription: int, condition: Condition, reason: str, share: int, settlement: Settlement
    ) -> None:
        listener = self.listeners.by_seq.get(subscription)
        if self.desk is None or listener is None or not self._is_wanted(EventType.LISTENER_STATE_CHANGE):
            return
        self.told[condition.value] += 1
        self._append(
            self.desk.about_listener(
                listener,
                self._numbered(subscription),
                condition,
                now=self.now,
                reason=reason,
                share=share,
                attempt=settlement.attempt,
            ),
            subscription,
        )

    def _tell_of_dead(self, settlement: Settlement) -> None:
        """Of a notice that could not be told none is given: two listeners that fail would have no end of them."""
        subscription = settlement.claim.subscription
        listener = self.listeners.by_seq.get(subscription)
        if self.desk is None or listener is None or not self._is_wanted(EventType.DELIVERY_STATE_CHANGE):
            return
        told = self.tables.events.heading(settlement.claim.event)
        if told.type in NOTICES:
            return
        heading = {
            "id": told.id,
            "eventType": told.type,
            "sequence": told.sequence,
            "correlationId": told.problem_id,
        }
        standing = self._numbered(subscription)
        self.told["dead"] += 1
        self._append(self.desk.about_delivery(listener, standing, settlement, heading, now=self.now), subscription)

    def _is_wanted(self, kind: EventType) -> bool:
        """Whether anybody is told of it; who has registered since the listeners were read may be."""
        return self.listeners.wants(kind) or self._is_behind

    @cached_property
    def _is_behind(self) -> bool:
        """Whether there are registrations that this turn does not know; asked before it changes any itself."""
        return self.tables.subscriptions.version() != self.listeners.version

    def _numbered(self, subscription: int) -> Standing:
        standing = self._standing(subscription)
        standing = replace(standing, notices=standing.notices + 1)
        self._put(standing)
        return standing

    def _append(self, event: Event, subscription: int) -> None:
        self.tables.events.append(event, problem=ORDER_KEY - subscription)
