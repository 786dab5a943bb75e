"""What there is to set, section by section; the defaults stand in the shipped `config/qos-hub.toml` only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from hub.settings import rules
from hub.settings.rules import Network


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    host: str = rules.text(empty=False)
    port: int = rules.whole(0, 65535)
    roles: tuple[str, ...] = rules.some_of("api", "intake", "delivery", "jobs")
    public_url: str = rules.text()
    shutdown_grace: float = rules.duration()

    @property
    def base_url(self) -> str:
        """The address in links: the public one, or the one we listen at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def known_url(self) -> str:
        """The address in links of a process beside the one that serves, which may listen at another port: the public
        one, or nothing, so that a link has its path only."""
        return self.public_url.rstrip("/")


@dataclass(frozen=True, kw_only=True)
class SecuritySettings:
    api_keys: tuple[str, ...] = rules.api_keys()
    key_file: str = rules.text()
    keys: tuple[str, ...] = rules.fernet_keys()
    party_paths: tuple[str, ...] = rules.paths()
    rate_limit: float = rules.number(0, 1_000_000)
    rate_burst: int = rules.whole(1, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class JwtSettings:
    """Tokens of an identity provider; without an `issuer` none are taken."""

    issuer: str = rules.text()
    audience: str = rules.text()
    keys: str = rules.text()
    ca_file: str = rules.text()
    algorithms: tuple[str, ...] = rules.some_of(
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"
    )
    leeway: float = rules.duration()
    refresh: float = rules.duration(1)
    name_claim: str = rules.text(empty=False)
    scope_claim: str = rules.text(empty=False)
    party_claim: str = rules.text()


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    database: str = rules.text(empty=False)
    synchronous: str = rules.one_of("FULL", "NORMAL")
    group_commit: int = rules.whole(1, 10_000)
    busy_timeout: float = rules.duration()
    reader_threads: int = rules.whole(1, 64)
    query_time_limit: float = rules.duration(0.001)
    scans: int = rules.whole(1, 16)
    indexed_paths: tuple[str, ...] = rules.paths()


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    body_limit: int = rules.whole(1024, 1 << 30)
    body_timeout: float = rules.duration(0.1)
    answer_timeout: float = rules.duration(0.1)
    head_limit: int = rules.whole(1024, 1 << 20)
    head_timeout: float = rules.duration(0.1)
    keep_alive: float = rules.duration(1)
    cors_origins: tuple[str, ...] = rules.origins()
    page_maximum: int = rules.whole(1000, 100_000)
    partial_content: bool = rules.flag()
    originating_system: str = rules.text(empty=False)
    r18_names: bool = rules.flag()
    extension_schemas: str = rules.text()
    idempotency_lifetime: float = rules.duration(1)


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    transport: str = rules.one_of("direct", "pycurl", "requests")
    allowed_networks: tuple[Network, ...] = rules.networks()
    schemes: tuple[str, ...] = rules.some_of("https", "http")
    ports: tuple[int, ...] = rules.ports()
    handshake: str = rules.one_of("off", "optional", "required")
    deadline: float = rules.duration(0.1)
    lease: float = rules.duration(1)
    schedule: tuple[float, ...] = rules.durations()
    jitter: float = rules.number(0, 0.9)
    order_patience: float = rules.duration(0.001)
    in_flight_per_listener: int = rules.whole(1, 10_000)
    in_flight_total: int = rules.whole(1, 100_000)
    reserved_share: float = rules.number(0, 0.9)
    breaker_failures: int = rules.whole(0, 1_000_000)
    breaker_rate: float = rules.number(0, 1)
    breaker_pause: float = rules.duration(0.001)
    breaker_pause_maximum: float = rules.duration(0.001)
    disable_after: int = rules.whole(0, 1_000_000)
    disable_span: float = rules.duration()
    response_limit: int = rules.whole(0, 1 << 20)
    retry_after_maximum: float = rules.duration()
    ca_file: str = rules.text()
    name_ttl: float = rules.duration()


@dataclass(frozen=True, kw_only=True)
class IntakeSettings:
    interval: float = rules.duration(0.1)
    absent_polls: int = rules.whole(1, 1000)
    failure_wait_maximum: float = rules.duration(1)
    mappings: str = rules.text()


@dataclass(frozen=True, kw_only=True)
class JobsSettings:
    folder: str = rules.text()
    keep: float = rules.duration()
    content_limit: int = rules.whole(1024, 1 << 50)
    fetch_time: float = rules.duration(1)


@dataclass(frozen=True, kw_only=True)
class ConstraintSettings:
    """What the detectors take for too many; spans are seconds."""

    enabled: bool = rules.flag()
    windows: tuple[float, ...] = rules.durations()
    span: float = rules.duration(60)
    lateness: float = rules.duration()
    warm_up: float = rules.duration()
    least_customers: int = rules.whole(2, 10_000)
    suspect_at: float = rules.number(0, 0.05)
    confirm_at: float = rules.number(0, 0.05)
    dispersion: float = rules.number(1, 100)
    surge_at: float = rules.number(0, 0.05)
    least_demand: float = rules.number(0.1, 1_000_000)
    topology: str = rules.text()
    expected: str = rules.text()


@dataclass(frozen=True, kw_only=True)
class ReportingSettings:
    """A file of `folder` that is not there is the shipped one."""

    folder: str = rules.text()
    keep: float = rules.duration()
    link_lifetime: float = rules.duration(60)


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """The server that takes mails; without a `host` none are sent."""

    host: str = rules.text()
    port: int = rules.whole(1, 65535)
    protection: str = rules.one_of("starttls", "tls", "none")
    ca_file: str = rules.text()
    user: str = rules.text()
    password: str = rules.reference()
    sender: str = rules.mail_address()
    content: str = rules.one_of("link", "attachment")
    attachment_limit: int = rules.whole(1024, 1 << 30)
    timeout: float = rules.duration(0.1)


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """How long each class of what is at rest is kept, in seconds; 0 is for ever."""

    delivered: float = rules.keeping()
    dead: float = rules.keeping()
    responses: float = rules.keeping()
    ended: float = rules.keeping()
    tasks: float = rules.keeping()
    interval: float = rules.duration(0.1)


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: str = rules.one_of("debug", "info", "warning", "error")
    format: str = rules.one_of("json", "text")


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    listen: str = rules.address()
    per_listener: int = rules.whole(0, 10_000)


@dataclass(frozen=True, kw_only=True)
class TracingSettings:
    """Traces are recorded where there is an `endpoint` to send them to."""

    endpoint: str = rules.url()
    service_name: str = rules.text(empty=False)
    sample_ratio: float = rules.number(0, 1)
    pass_on: bool = rules.flag()


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """One trouble system. There is none by default, so the defaults of its keys stand here."""

    name: str
    adapter: str = rules.text(empty=False)
    mapping: str = rules.text(default="")
    interval: float | None = rules.duration(0.1, default=None)
    enabled: bool = rules.flag(default=True)
    backfill: str = rules.backfill(default="all")
    backfill_notify: bool = rules.flag(default=False)
    wake_secret: str = rules.reference(default="")
    wake_header: str = rules.text(default="X-Hub-Signature-256", empty=False)
    reconcile: float = rules.now_and_then(default=86400.0)
    write_back: tuple[str, ...] = rules.any_of("acknowledgement", "note", "status")
    options: Mapping[str, Any] = rules.table()

    @property
    def mapping_name(self) -> str:
        return self.mapping or self.adapter


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """One notification list that is managed elsewhere: a `file`, or the content of a `url`."""

    name: str
    file: str = rules.text(default="")
    url: str = rules.text(default="")
    format: str = rules.one_of("", "csv", "json", default="")
    interval: float = rules.duration(0.1, default=900.0)
    removal_limit: float = rules.number(0, 1, default=0.2)
    token: str = rules.reference(default="")
    token_header: str = rules.header(default="")
    allowed_networks: tuple[Network, ...] = rules.networks(default=())
    ca_file: str = rules.text(default="")
    enabled: bool = rules.flag(default=True)

    @property
    def place(self) -> str:
        """Where it is read from, as it is told: without the query of an address, which may hold a token."""
        return self.url.partition("#")[0].partition("?")[0] or self.file


@dataclass(frozen=True, kw_only=True)
class Settings:
    server: ServerSettings
    security: SecuritySettings
    jwt: JwtSettings
    store: StoreSettings
    api: ApiSettings
    delivery: DeliverySettings
    intake: IntakeSettings
    jobs: JobsSettings
    constraints: ConstraintSettings
    reporting: ReportingSettings
    mail: MailSettings
    retention: RetentionSettings
    log: LogSettings
    metrics: MetricsSettings
    tracing: TracingSettings
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    lists: Mapping[str, ListSettings] = field(default_factory=dict)

    @property
    def key_file(self) -> Path:
        """The file with the key that encrypts secrets."""
        return Path(self.security.key_file or f"{self.store.database}.key")

    @property
    def jobs_folder(self) -> Path:
        """The folder with the contents of bulk jobs."""
        return Path(self.jobs.folder or f"{self.store.database}.jobs")

    def interval_of(self, source: SourceSettings) -> float:
        return self.intake.interval if source.interval is None else source.interval


NAMED: Mapping[str, type[Any]] = MappingProxyType({"sources": SourceSettings, "lists": ListSettings})
"""The sections with tables that the operator names, by name: what one table holds."""

SECTIONS: Mapping[str, type[Any]] = MappingProxyType(
    {place.name: get_type_hints(Settings)[place.name] for place in fields(Settings) if place.name not in NAMED}
)
"""The sections with a fixed set of keys, by name."""
