"""JWT of an identity provider as credentials: verified once, then known until they end."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError, SecurityWarning
from joserfc.jwk import GuestProtocol, Key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from hub.access.key_sets import KeySource
from hub.access.keys import is_party
from hub.access.refusals import not_valid
from hub.access.scopes import ALL
from hub.model.caller import Caller

# Of the name only, which RFC 9864 replaced by Ed25519; identity providers still write it.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

PREFIX = "jwt:"
"""Begins the names of callers with a token, so that none can pass for the holder of a key."""

MISMADE = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
"""What the libraries raise for a text that anybody may send: parts of other kinds, deeply nested, with huge numbers."""

LONGEST, HEADER_LONGEST, NAME_LONGEST = 16384, 4096, 128
KEPT, KEPT_FOR = 10_000, 300.0
"""How many verified tokens are known, and for how many seconds at most: a key that was withdrawn ends with them."""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """`leeway` is in seconds. `party_claim` is empty where every token is an operator's."""

    issuer: str
    audience: str
    algorithms: Sequence[str]
    leeway: float
    scope_claim: str
    party_claim: str
    name_claim: str


class Tokens:
    """`now` gives seconds since 1970. `known` costs no verification; `verify` does it, and may wait for the keys."""

    def __init__(self, rules: TokenRules, source: KeySource, *, now: Callable[[], float] = time.time) -> None:
        self._rules = rules
        self._source = source
        self._now = now
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._lock = Lock()
        self._registry = JWSRegistry(algorithms=rules.algorithms, strict_check_header=False)
        self._registry.max_header_length = HEADER_LONGEST

    def known(self, digest: bytes) -> Caller | None:
        found = self._known.get(digest)
        return found[1] if found is not None and found[0] > self._now() else None

    def verify(self, token: bytes, digest: bytes) -> Caller:
        """Who the token says calls.

        Raises Unauthorized when it does not hold, or IdentityUnavailable when that cannot be told.
        """
        if len(token) > LONGEST:
            raise not_valid("the token is too long")
        try:
            claims = jwt.decode(token, self._key_of, registry=self._registry).claims
            self._check(claims)
            until = float(claims["exp"]) + self._rules.leeway
        except ExpiredTokenError as error:
            raise not_valid("the token has expired") from error
        except MISMADE as error:
            raise not_valid(
                "the token does not hold: signature, issuer, audience or time are not right"
            ) from error
        caller = self._caller(claims)
        self._keep(digest, caller, until=until)
        return caller

    def _key_of(self, token: GuestProtocol) -> Key:
        header = token.headers()
        key_id, algorithm = header.get("kid"), header["alg"]
        self._registry.get_alg(algorithm)  # before the provider is asked for a key that could not be used
        key = self._source.find(key_id, algorithm)
        if key is None:
            raise not_valid("the token is signed with a key that the identity provider does not have")
        return key

    def _check(self, claims: dict[str, Any]) -> None:
        rules = self._rules
        JWTClaimsRegistry(
            now=int(self._now()),
            leeway=round(rules.leeway),
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": True, "value": rules.audience},
            exp={"essential": True},
        ).validate(claims)

    def _caller(self, claims: dict[str, Any]) -> Caller:
        rules = self._rules
        name = claims.get(rules.name_claim)
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LONGEST or not name.isprintable():
            raise not_valid(f"the token does not name its holder in {rules.name_claim}")
        scopes = _scopes(claims.get(rules.scope_claim))
        party = claims.get(rules.party_claim) if rules.party_claim else None
        if party is None and rules.party_claim and ALL not in scopes:
            # A provider that forgets the claim must not make an operator of a customer.
            raise not_valid(f"the token names no party in {rules.party_claim}, and its scopes are not *")
        if party is not None and not (isinstance(party, str) and is_party(party)):
            raise not_valid(f"the token has no id of a party in {rules.party_claim}")
        return Caller(name=f"{PREFIX}{name}", scopes=scopes, party=party)

    def _keep(self, digest: bytes, caller: Caller, *, until: float) -> None:
        with self._lock:
            while len(self._known) >= KEPT:
                del self._known[next(iter(self._known))]
            self._known[digest] = (min(until, self._now() + KEPT_FOR), caller)


def _scopes(claim: Any) -> frozenset[str]:
    """A text with spaces (RFC 8693) or a list of texts; anything else is no scope at all."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    return frozenset(one for one in claim if isinstance(one, str)) if isinstance(claim, list) else frozenset()
