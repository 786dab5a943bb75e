"""What every door of one hub is built from."""

from dataclasses import dataclass
from pathlib import Path

from hub.api.extensions import Extensions, load_extensions
from hub.bootstrap.contracts import FACE_V5, Contracts
from hub.model.ids import NewId, Uuid7
from hub.model.times import Clock
from hub.problems.envelope import Letterhead
from hub.problems.ownership import Owners
from hub.settings import Settings
from hub.store.sqlite import Store
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy
from hub.subscriptions.key_file import KeyFile
from hub.subscriptions.secrets import SecretBox
from hub.telemetry.trails import Tracing


@dataclass(frozen=True, kw_only=True)
class Parts:
    settings: Settings
    contracts: Contracts
    extensions: Extensions
    secrets: SecretBox
    store: Store
    clock: Clock
    new_id: NewId
    tracing: Tracing | None = None

    def letterhead(self) -> Letterhead:
        return Letterhead(
            reporting_system=self.settings.api.originating_system,
            base_url=self.settings.server.base_url + FACE_V5,
        )

    def owners(self) -> Owners:
        return Owners(self.settings.security.party_paths)

    def guard(self) -> AddressGuard:
        return make_guard(self.settings)

    def policy(self) -> CallbackPolicy:
        return CallbackPolicy(self.guard())


def make_guard(settings: Settings) -> AddressGuard:
    """What may be connected to on behalf of others, by every door."""
    delivery = settings.delivery
    return AddressGuard(delivery.allowed_networks, schemes=delivery.schemes, ports=delivery.ports or None)


def make_box(settings: Settings) -> SecretBox:
    """Raises InvalidSettings when the file with the keys cannot be used."""
    keys = tuple(key.encode() for key in settings.security.keys)
    return SecretBox((lambda: keys) if keys else KeyFile(settings.key_file))


def make_store(settings: Settings) -> Store:
    """Raises StoreUnavailable when the database cannot be used."""
    return Store(
        Path(settings.store.database),
        synchronous=settings.store.synchronous,
        group_commit=settings.store.group_commit,
        busy_timeout=settings.store.busy_timeout,
        query_time_limit=settings.store.query_time_limit,
        scans=settings.store.scans,
        indexed_paths=settings.store.indexed_paths,
    )


def make_parts(settings: Settings, clock: Clock) -> Parts:
    """Raises InvalidSettings, or StoreUnavailable when the database cannot be used."""
    return Parts(
        settings=settings,
        contracts=Contracts.shipped(),
        extensions=load_extensions(settings.api.extension_schemas),
        secrets=make_box(settings),
        clock=clock,
        new_id=Uuid7(clock),
        store=make_store(settings),
    )
