"""The door for what is done by itself: the keeper, and each kind of its work."""

from collections.abc import Mapping
from functools import partial

from hub.api.render import Face
from hub.bootstrap.faces import query_reader
from hub.bootstrap.parts import Parts
from hub.query.attributes import ANYTHING
from hub.subscriptions.wanting import MakeWanted, wanted_by
from hub.upkeep.keeper import Keeper
from hub.upkeep.recoveries import RecoveryTask
from hub.upkeep.recovery import RecoveryStep


def make_wanted(parts: Parts, faces: Mapping[str, Face]) -> MakeWanted:
    return partial(
        wanted_by,
        parse_query=query_reader(ANYTHING, faces),
        party_paths=parts.settings.security.party_paths,
    )


def make_keeper(parts: Parts, faces: Mapping[str, Face]) -> Keeper:
    patience = round(parts.settings.delivery.order_patience * 1e6)
    step = RecoveryStep(make_wanted=make_wanted(parts, faces), patience=patience)
    recoveries = RecoveryTask(store=parts.store, step=step, clock=parts.clock)
    return Keeper(store=parts.store, tasks=[recoveries])
