"""What shows a listener that a request is the hub's: made once of its credentials, used by every attempt."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from hub.delivery.sign import Headers, Signer, signer_of
from hub.model.credentials import (
    ApiKeyHeader,
    Auth,
    BasicLogin,
    BearerToken,
    Credentials,
    OAuthClient,
    TlsIdentity,
)
from hub.redaction import Redaction

INSTEAD = "(not shown)"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`headers` are those of authentication, but for a token that `oauth` gets; `hidden` hides the secrets in them."""

    signers: tuple[Signer, ...] = ()
    headers: Headers = ()
    hidden: Redaction | None = None
    oauth: OAuthClient | None = None
    tls: TlsIdentity | None = None


NO_PROOF = Proof()


def proof_of(credentials: Credentials) -> Proof:
    auth = credentials.auth
    return Proof(
        signers=tuple(map(signer_of, credentials.keys)),
        headers=_headers(auth),
        hidden=_hidden(auth),
        oauth=auth if isinstance(auth, OAuthClient) else None,
        tls=credentials.tls,
    )


def hiding(secrets: Iterable[str], logins: Iterable[tuple[str, str]] = ()) -> Redaction:
    """For what listeners and token endpoints answer: a secret is hidden there however short it is."""
    return Redaction(secrets, logins, instead=INSTEAD, shortest=1)


def bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


def basic(username: str, password: str) -> tuple[str, str]:
    return "authorization", "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")


def _headers(auth: Auth | None) -> Headers:
    match auth:
        case BearerToken(token=token):
            return (bearer(token),)
        case BasicLogin(username=username, password=password):
            return (basic(username, password),)
        case ApiKeyHeader(header=name, value=value):
            return ((name, value),)
        case _:
            return ()


def _hidden(auth: Auth | None) -> Redaction | None:
    match auth:
        case BearerToken(token=token):
            return hiding([token])
        case BasicLogin(username=username, password=password):
            return hiding([], [(username, password)])
        case ApiKeyHeader(value=value):
            return hiding([value])
        case _:
            return None
