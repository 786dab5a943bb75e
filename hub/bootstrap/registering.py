"""The rules of registrations: who may register, what each wants, and the lists that they come from."""

from collections.abc import Mapping
from functools import partial

from hub.api.render import Face
from hub.bootstrap.faces import query_reader
from hub.bootstrap.outgoing import make_consent, make_list_get
from hub.bootstrap.parts import Parts
from hub.query.attributes import ANYTHING, Attributes
from hub.subscriptions.changing import Changing
from hub.subscriptions.list_rules import ListRules
from hub.subscriptions.recovering import Recovering
from hub.subscriptions.registration import Registrations
from hub.subscriptions.wanting import MakeWanted, wanted_by
from hub.upkeep.list_place import ListPlace
from hub.upkeep.lists import Reconciler


def make_registrations(parts: Parts, attributes: Attributes, faces: Mapping[str, Face]) -> Registrations:
    return Registrations(
        clock=parts.clock,
        new_id=parts.new_id,
        parse_query=query_reader(attributes, faces),
        policy=parts.policy(),
        secrets=parts.secrets,
        consent=make_consent(parts),
    )


def make_changing(parts: Parts, recovering: Recovering) -> Changing:
    return Changing(clock=parts.clock, recovering=recovering, secrets=parts.secrets, policy=parts.policy())


def make_wanted(parts: Parts, faces: Mapping[str, Face]) -> MakeWanted:
    """Reads again what was accepted once, so nothing in it is refused."""
    return partial(
        wanted_by,
        parse_query=query_reader(ANYTHING, faces),
        party_paths=parts.settings.security.party_paths,
    )


def make_reconciler(parts: Parts, attributes: Attributes, faces: Mapping[str, Face]) -> Reconciler:
    return Reconciler(
        store=parts.store,
        rules=ListRules(
            registrations=make_registrations(parts, attributes, faces),
            recovering=Recovering(clock=parts.clock, new_id=parts.new_id),
            clock=parts.clock,
            secrets=parts.secrets,
        ),
        place=ListPlace(make_list_get(parts.settings, parts.clock)),
        clock=parts.clock,
    )
