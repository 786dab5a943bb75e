"""What shows a listener that a request is the hub's: made once of its credentials, used by every attempt."""

from base64 import b64encode
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


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`headers` are those of authentication, but for a token that `oauth` gets; `hidden` is what is secret in them."""

    signers: tuple[Signer, ...] = ()
    headers: Headers = ()
    hidden: tuple[str, ...] = ()
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


def _hidden(auth: Auth | None) -> tuple[str, ...]:
    match auth:
        case BearerToken(token=token):
            return (token,)
        case BasicLogin(username=username, password=password):
            return (basic(username, password)[1].removeprefix("Basic "), password)
        case ApiKeyHeader(value=value):
            return (value,)
        case _:
            return ()
