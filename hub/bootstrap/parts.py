"""What every door of one hub is built from."""

from dataclasses import dataclass
from pathlib import Path

from hub.api.extensions import Extensions
from hub.bootstrap.contracts import FACE_V5, Contracts
from hub.model.ids import NewId
from hub.model.times import Clock
from hub.problems.envelope import Letterhead
from hub.problems.ownership import Owners
from hub.settings import Settings
from hub.store.sqlite import Store
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy
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
        return AddressGuard(self.settings.delivery.allowed_networks)

    def policy(self) -> CallbackPolicy:
        return CallbackPolicy(self.guard(), schemes=self.settings.delivery.schemes)


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
