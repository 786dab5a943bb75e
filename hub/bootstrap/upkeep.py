"""The door for what is done by itself: the housekeepers, and each kind of its work."""

from collections.abc import Mapping

from hub.api.render import Face
from hub.bootstrap.parts import Parts
from hub.bootstrap.registering import make_reconciler, make_wanted
from hub.query.attributes import Attributes
from hub.upkeep.erasure import ErasureTask
from hub.upkeep.housekeeper import Housekeeper
from hub.upkeep.lists import ListTask
from hub.upkeep.recoveries import RecoveryTask
from hub.upkeep.recovery import RecoveryStep
from hub.upkeep.retention import RetentionTask


def make_housekeepers(parts: Parts, attributes: Attributes, faces: Mapping[str, Face]) -> tuple[Housekeeper, ...]:
    """Lists have one of their own: a slow address must not hold up what operators wait for."""
    store, clock = parts.store, parts.clock
    patience = round(parts.settings.delivery.order_patience * 1e6)
    step = RecoveryStep(make_wanted=make_wanted(parts, faces), patience=patience)
    lists = ListTask(
        store=store,
        reconciler=make_reconciler(parts, attributes, faces),
        lists=parts.settings.lists,
        clock=clock,
    )
    house = (
        RecoveryTask(store=store, step=step, clock=clock),
        ErasureTask(store=store, clock=clock),
        RetentionTask(store=store, settings=parts.settings.retention, clock=clock),
    )
    return Housekeeper(store=store, tasks=house), Housekeeper(store=store, tasks=(lists,))
