"""The reports of a run, and databases that hold some of them before it begins."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from hub import shipped
from hub.api.attributes import attributes_of
from hub.api.schemas import load_contract
from hub.model.ids import Uuid7
from hub.model.problem import Document, Problem
from hub.model.times import system_clock
from hub.problems.edits import merge_edit
from hub.problems.envelope import Letterhead
from hub.problems.form import Form
from hub.problems.rules import problem_rules
from hub.query.hub_query import parse_hub_query
from hub.settings import Settings
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.registration import Registrations
from hub.subscriptions.secrets import SecretBox, load_key

AT_ONCE = 500
"""Changes in one commit while a database is filled."""

LATER = ({"status": "inProgress"}, {"status": "resolved"}, {"status": "closed"})
"""What happens to a report after it was made: with its creation, four events."""

EVENTS_PER_REPORT = 1 + len(LATER)


def report(number: int) -> Document:
    """A report as a supplier sends it; its event has about 1.3 kB."""
    return {
        "@type": "ServiceProblem",
        "category": "supplier.originated",
        "description": f"Packet loss of 4 % on access ring {number} since 09:10",
        "priority": 2,
        "reason": "Unknown",
        "originatorParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "supplier",
            "partyOrPartyRole": {"@type": "PartyRef", "id": "org-311", "name": "Elbe Carrier GmbH"},
        },
        "affectedNumberOfServices": 1,
        "affectedService": [
            {"@type": "ServiceRef", "id": f"svc-{number}", "name": "Ethernet line Dresden-Leipzig"}
        ],
    }


def fill(
    settings: Settings, *, reports: int, changes: Sequence[Document] = (), callbacks: Sequence[str] = ()
) -> None:
    """Make the database of `settings` with listeners first, then reports, then each change of every report."""
    store = Store(Path(settings.store.database), synchronous="NORMAL")
    new_id = Uuid7(system_clock)
    rules = problem_rules(
        clock=system_clock,
        new_id=new_id,
        form=Form(check=lambda _: [], complete=lambda document: document),
        letterhead=Letterhead(reporting_system="qos-hub", base_url=settings.server.base_url),
    ).clients
    store.write(partial(_register_all, callbacks=callbacks, registrations=_registrations(settings, new_id)))
    made = _in_commits(store, [partial(rules.create, given=report(number)) for number in range(reports)])
    for change in changes:
        _in_commits(store, [partial(rules.patch, problem_id=one.id, edit=merge_edit(change)) for one in made])
    store.close()


def _in_commits(store: Store, works: Sequence[Callable[[Tables], Problem]]) -> list[Problem]:
    done: list[Problem] = []
    for start in range(0, len(works), AT_ONCE):
        some = works[start : start + AT_ONCE]
        done += store.write(partial(_do_all, some))
    return done


def _do_all(works: Sequence[Callable[[Tables], Problem]], tables: Tables) -> list[Problem]:
    return [work(tables) for work in works]


def _registrations(settings: Settings, new_id: Uuid7) -> Registrations:
    contract = load_contract(shipped.openapi_dir() / "serviceProblem-v5.yaml")
    attributes = attributes_of(contract, "ServiceProblem")
    return Registrations(
        clock=system_clock,
        new_id=new_id,
        parse_query=lambda _, text: parse_hub_query(text, attributes=attributes),
        policy=CallbackPolicy(AddressGuard(settings.delivery.allowed_networks)),
        secrets=SecretBox(load_key(settings.key_file)),
    )


def _register_all(tables: Tables, callbacks: Sequence[str], registrations: Registrations) -> None:
    for callback in callbacks:
        registrations.register(tables, registrations.check({"callback": callback}))
