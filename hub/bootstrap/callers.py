"""Who may call: the keys of the settings and of the table, and the tokens of an identity provider."""

from functools import partial

from hub.access.callers import Callers
from hub.access.configured import check_jwt
from hub.access.key_ring import KeyRing
from hub.access.key_sets import KeySource, read_place
from hub.access.tokens import TokenRules, Tokens
from hub.settings import Settings
from hub.settings.sections import JwtSettings
from hub.store.sqlite import Store


def make_callers(settings: Settings, store: Store) -> Callers:
    """Raises InvalidSettings when the identity provider is described by halves."""
    check_jwt(settings.jwt)
    ring = KeyRing(settings.security.api_keys, table=lambda: store.read.api_keys)
    return Callers(ring, _tokens(settings.jwt) if settings.jwt.issuer else None)


def _tokens(jwt: JwtSettings) -> Tokens:
    source = KeySource(partial(read_place, jwt.keys, jwt.ca_file), interval=jwt.refresh)
    rules = TokenRules(
        issuer=jwt.issuer,
        audience=jwt.audience,
        algorithms=jwt.algorithms,
        leeway=jwt.leeway,
        scope_claim=jwt.scope_claim,
        party_claim=jwt.party_claim,
        name_claim=jwt.name_claim,
    )
    return Tokens(rules, source)
