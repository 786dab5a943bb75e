"""How the hub shows a listener who it is: signing keys, authentication, and its side of TLS."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar


class SignatureKind(StrEnum):
    """HMAC-SHA256 with a shared secret, or Ed25519 with a key pair."""

    V1 = "v1"
    V1A = "v1a"


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """`key` is the shared secret or the seed of the private key; with `until` (microseconds) it is a retired one."""

    kind: SignatureKind
    key: bytes = field(repr=False)
    until: int | None = None


@dataclass(frozen=True, kw_only=True)
class BearerToken:
    type: ClassVar[str] = "bearer"
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class BasicLogin:
    type: ClassVar[str] = "basic"
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ApiKeyHeader:
    type: ClassVar[str] = "apiKey"
    header: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OAuthClient:
    """A client that gets its tokens by its own credentials; `client_auth` says how it sends them: basic, or post."""

    type: ClassVar[str] = "oauth2"
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    audience: str | None = None
    client_auth: str = "basic"


Auth = BearerToken | BasicLogin | ApiKeyHeader | OAuthClient
AUTH_TYPES: dict[str, type[Auth]] = {
    kind.type: kind for kind in (BearerToken, BasicLogin, ApiKeyHeader, OAuthClient)
}


@dataclass(frozen=True, kw_only=True)
class TlsIdentity:
    """Texts in PEM form: our certificate with its chain and its key, and whom to trust in place of the usual ones."""

    certificate: str | None = None
    key: str | None = field(default=None, repr=False)
    authority: str | None = None

    def members(self) -> tuple[str, ...]:
        """The names of what is set, without what is secret."""
        return tuple(name for name in ("certificate", "authority") if getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """All of one registration; of the signing keys those in force come first."""

    keys: tuple[SigningKey, ...] = ()
    auth: Auth | None = None
    tls: TlsIdentity | None = None
