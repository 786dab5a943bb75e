"""The operator's operations at `/qos-hub/v1`: health, registrations, deliveries, recoveries, sources."""

from hub.api.coverage import CoverageOperations
from hub.api.deliveries import DeliveryListing
from hub.api.erasures import ErasureOperations
from hub.api.handlers import (
    COVERAGE,
    DELIVERIES,
    ERASURES,
    LISTS,
    OPERATIONS,
    RECOVERIES,
    SUBSCRIPTIONS,
    WAKES,
    WRITE_BACKS,
    Handler,
    bound,
)
from hub.api.lists import ListOperations
from hub.api.once import Once
from hub.api.operations import Operations, Want
from hub.api.recoveries import RecoveryOperations
from hub.api.subscriptions import SubscriptionOperations
from hub.api.wakes import WakeOperations
from hub.api.write_backs import WriteBackOperations
from hub.bootstrap.parts import Parts
from hub.bootstrap.registering import make_changing
from hub.bootstrap.waking import wake_keys
from hub.subscriptions.coverage import Coverage
from hub.subscriptions.erasing import Erasing
from hub.subscriptions.recovering import Recovering
from hub.subscriptions.wanting import MakeWanted


def operator_handlers(
    parts: Parts, once: Once, wanted: MakeWanted, *, base_url: str, face_url: str, want: Want = lambda: None
) -> dict[str, Handler]:
    maximum = parts.settings.api.page_maximum
    operations = Operations(store=parts.store, clock=parts.clock, base_url=base_url, face_url=face_url, want=want)
    recovering = Recovering(clock=parts.clock, new_id=parts.new_id)
    subscriptions = SubscriptionOperations(
        store=parts.store,
        changing=make_changing(parts, recovering),
        recovering=recovering,
        once=once,
        base_url=base_url,
        face_url=face_url,
        page_maximum=maximum,
    )
    recoveries = RecoveryOperations(store=parts.store, base_url=base_url, page_maximum=maximum)
    words = parts.contracts.operations["components"]["schemas"]["LastOutcome"]["enum"]
    deliveries = DeliveryListing(
        store=parts.store,
        base_url=base_url,
        face_url=face_url,
        page_maximum=maximum,
        outcomes=[word for word in words if word],
    )
    lists = ListOperations(store=parts.store, lists=parts.settings.lists, base_url=base_url, page_maximum=maximum)
    coverage = CoverageOperations(
        store=parts.store, coverage=Coverage(wanted), base_url=base_url, page_maximum=maximum
    )
    erasing = Erasing(clock=parts.clock, new_id=parts.new_id, lists=frozenset(parts.settings.lists))
    erasures = ErasureOperations(
        store=parts.store, erasing=erasing, once=once, base_url=base_url, page_maximum=maximum
    )
    wakes = WakeOperations(
        store=parts.store,
        clock=parts.clock,
        keys=wake_keys(parts.settings),
        body_limit=parts.settings.api.body_limit,
    )
    write_backs = WriteBackOperations(
        store=parts.store, clock=parts.clock, base_url=base_url, face_url=face_url, page_maximum=maximum
    )
    return (
        bound(OPERATIONS, operations)
        | bound(DELIVERIES, deliveries)
        | bound(SUBSCRIPTIONS, subscriptions)
        | bound(RECOVERIES, recoveries)
        | bound(LISTS, lists)
        | bound(COVERAGE, coverage)
        | bound(ERASURES, erasures)
        | bound(WAKES, wakes)
        | bound(WRITE_BACKS, write_backs)
    )
