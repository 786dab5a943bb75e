"""Tokens: which hold, whom they name, and how often the key set is read."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from hub.access.key_sets import OLDEST, KeySetUnreadable, KeySource, parse_key_set
from hub.access.keys import digest_of
from hub.access.tokens import KEPT_FOR, TokenRules, Tokens
from hub.errors import IdentityUnavailable, Unauthorized
from hub.model.caller import Caller
from tests.fakes.identity import AUDIENCE, ISSUER, KEYS, published, token

INTERVAL = 30.0


class Provider:
    """A key set that a test exchanges, on a clock that it turns."""

    def __init__(self) -> None:
        self.content: bytes | None = published(KEYS["RS256"], KEYS["ES256"], KEYS["EdDSA"])
        self.readings = 0
        self.steady, self.wall = 0.0, time.time()

    def read(self) -> bytes:
        self.readings += 1
        if self.content is None:
            raise KeySetUnreadable("down")
        return self.content

    def turn(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += seconds


def tokens_of(provider: Provider, **rules: Any) -> Tokens:
    usual: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": ("RS256", "ES256", "EdDSA"),
        "leeway": 30.0,
        "scope_claim": "scope",
        "party_claim": "",
        "name_claim": "sub",
    }
    source = KeySource(provider.read, interval=INTERVAL, monotonic=lambda: provider.steady)
    return Tokens(TokenRules(**{**usual, **rules}), source, now=lambda: provider.wall)


def verified(tokens: Tokens, text: str) -> Caller:
    return tokens.verify(text.encode(), digest_of(text.encode()))


def refusal(text: str, **rules: Any) -> str:
    with pytest.raises(Unauthorized) as caught:
        verified(tokens_of(Provider(), **rules), text)
    assert 'error="invalid_token"' in caught.value.headers["WWW-Authenticate"]
    return caught.value.message


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_that_holds_names_its_caller(algorithm: str) -> None:
    caller = verified(tokens_of(Provider()), token(algorithm, scope="openid hub:write"))
    assert caller == Caller(name="jwt:alice", scopes=frozenset({"openid", "hub:write"}))


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [("a b", {"a", "b"}), (["a", "b"], {"a", "b"}), ("", set()), ({"a": 1}, set()), ([1, "a"], {"a"}), (7, set())],
)
def test_scopes_are_read_in_their_forms(claim: Any, scopes: set[str]) -> None:
    assert verified(tokens_of(Provider(), scope_claim="scp"), token(scp=claim)).scopes == scopes


NOW = int(time.time())
TOMORROW = NOW + 86_400
"""Later than any run of the tests takes."""


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "does not hold"),
        ({"exp": "soon"}, "does not hold"),
        ({"exp": 10**400}, "does not hold"),
        ({"exp": True}, "does not hold"),
        ({"nbf": TOMORROW}, "does not hold"),
        ({"iat": 10**400}, "does not hold"),
        ({"iss": "https://elsewhere.example.com"}, "does not hold"),
        ({"iss": None}, "does not hold"),
        ({"iss": [ISSUER]}, "does not hold"),
        ({"aud": "another"}, "does not hold"),
        ({"aud": None}, "does not hold"),
        ({"aud": []}, "does not hold"),
        ({"sub": None}, "does not name"),
        ({"sub": ""}, "does not name"),
        ({"sub": "x" * 129}, "does not name"),
        ({"sub": "a\nb"}, "does not name"),
    ],
    ids=lambda value: str(value).replace(str(NOW - 60), "past").replace(str(TOMORROW), "tomorrow"),
)
def test_a_token_that_does_not_hold_is_refused(claims: dict[str, Any], why: str) -> None:
    assert why in refusal(token(**claims))


def test_a_token_holds_for_several_audiences_and_a_little_beyond_its_end() -> None:
    assert (
        verified(tokens_of(Provider()), token(aud=["other", AUDIENCE], exp=int(time.time()) - 5)).name
        == "jwt:alice"
    )


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", **header}, claims)]
    return b".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts), b""]).decode()


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("depth", [1200, 2000])
def test_a_token_whose_parts_are_nested_deeply_is_refused(depth: int) -> None:
    header = f'{{"alg": "ES256", "kid": "ec", "x": {nested(depth)}}}'
    assert "does not hold" in refusal(f"{encoded(header)}.{encoded('{}')}.")
    # Whoever signs it is the provider, and may be wrong as well.
    claims = f'{{"iss": {nested(depth)}, "aud": "{AUDIENCE}", "sub": "mallory", "exp": {TOMORROW}}}'
    assert "does not hold" in refusal(signed(claims))


@pytest.mark.parametrize("number", ["1e400", "NaN", "-Infinity"])
def test_a_token_whose_end_is_no_time_is_refused(number: str) -> None:
    assert "does not hold" in refusal(
        signed(f'{{"iss": "{ISSUER}", "aud": "{AUDIENCE}", "sub": "x", "exp": {number}}}')
    )


def signed(claims: str) -> str:
    """A token with the claims as they are written, which no library would write."""
    return jws.serialize_compact(
        {"alg": "ES256", "kid": "ec"}, claims.encode(), KEYS["ES256"], algorithms=["ES256"]
    )


def test_a_token_without_a_signature_is_refused() -> None:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "mallory", "exp": TOMORROW}
    assert "does not hold" in refusal(unsigned(claims))
    assert "does not hold" in refusal(unsigned(claims, alg="ES256", kid="ec"))


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """The classic confusion: HMAC with the public key's text as the secret."""
    public = KEYS["RS256"]
    assert isinstance(public, RSAKey)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "mallory", "exp": TOMORROW}
    signed = unsigned(claims, alg="HS256", kid="rsa").rstrip(".")
    mac = hmac.digest(public.as_pem(private=False), signed.encode(), "sha256")
    text = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert "does not hold" in refusal(text)
    assert "does not hold" in refusal(token("HS256"))


def test_another_key_under_a_known_name_does_not_verify() -> None:
    assert "does not hold" in refusal(token(key=ECKey.generate_key("P-256", {"kid": "ec"})))


def test_an_algorithm_that_is_not_taken_is_refused() -> None:
    assert "does not hold" in refusal(token("RS256"), algorithms=("ES256",))


def test_a_critical_header_that_nobody_knows_is_refused() -> None:
    assert "does not hold" in refusal(token(header={"crit": ["b64x"], "b64x": True}))


@pytest.mark.parametrize("text", ["a.b.c", "..", "eyJ.eyJ.x", "é.b.c", "a." + "b" * 20000 + ".c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthorized):
        verified(tokens_of(Provider()), text)


def test_a_party_comes_from_its_claim() -> None:
    rules = {"party_claim": "org"}
    assert verified(tokens_of(Provider(), **rules), token(org="org-7")).party == "org-7"
    assert verified(tokens_of(Provider()), token(org="org-7")).party is None
    assert verified(tokens_of(Provider(), **rules), token(scope="*")).party is None
    assert "names no party" in refusal(token(scope="operations:read"), **rules)
    for strange in ("", 7, ["org-7"], "2026-03-01"):
        assert "no id of a party" in refusal(token(org=strange, scope="*"), **rules)


# -- the key set


def test_a_verified_token_is_known_and_costs_no_reading() -> None:
    provider = Provider()
    tokens = tokens_of(provider)
    text = token(exp=TOMORROW)
    digest = digest_of(text.encode())
    assert tokens.known(digest) is None
    caller = verified(tokens, text)
    assert tokens.known(digest) == caller
    provider.turn(KEPT_FOR)
    assert tokens.known(digest) is None
    assert provider.readings == 1


def test_a_known_token_ends_with_its_time() -> None:
    provider = Provider()
    tokens = tokens_of(provider)
    text = token(exp=int(provider.wall) + 100)
    verified(tokens, text)
    provider.turn(131)
    assert tokens.known(digest_of(text.encode())) is None
    with pytest.raises(Unauthorized, match="expired"):
        verified(tokens, text)


def test_a_new_key_is_found_and_strange_ones_do_not_make_us_ask_again_and_again() -> None:
    provider = Provider()
    tokens = tokens_of(provider)
    verified(tokens, token())
    fresh = ECKey.generate_key("P-256", {"kid": "fresh"})
    provider.content = published(KEYS["ES256"], fresh)
    for _ in range(100):
        with pytest.raises(Unauthorized, match="does not have"):
            verified(tokens, token(key=fresh))
    assert provider.readings == 1
    provider.turn(INTERVAL)
    assert verified(tokens, token(key=fresh)).name == "jwt:alice"
    assert provider.readings == 2


def test_the_keys_stay_while_the_provider_is_away() -> None:
    provider = Provider()
    tokens = tokens_of(provider)
    verified(tokens, token())
    provider.content = None
    provider.turn(OLDEST)
    assert verified(tokens, token(exp=int(provider.wall) + 60)).name == "jwt:alice"
    stranger = ECKey.generate_key("P-256", {"kid": "stranger"})
    with pytest.raises(IdentityUnavailable) as caught:
        verified(tokens, token(key=stranger))
    assert caught.value.headers == {"Retry-After": "30"}


def test_a_provider_that_was_never_reached_is_no_fault_of_the_caller() -> None:
    provider = Provider()
    provider.content = None
    tokens = tokens_of(provider)
    for _ in range(3):
        with pytest.raises(IdentityUnavailable):
            verified(tokens, token())
    assert provider.readings == 1


def test_a_key_that_was_withdrawn_goes() -> None:
    provider = Provider()
    tokens = tokens_of(provider)
    verified(tokens, token("RS256"))
    provider.content = published(KEYS["ES256"])
    provider.turn(OLDEST)
    with pytest.raises(Unauthorized, match="does not have"):
        verified(tokens, token("RS256", exp=int(provider.wall) + 60))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_that_names_no_key_is_verified_by_the_only_one_of_its_kind(algorithm: str) -> None:
    provider = Provider()
    large = ECKey.generate_key("P-521", {"kid": "large"})
    provider.content = published(KEYS["RS256"], KEYS["ES256"], KEYS["EdDSA"], large)
    assert verified(tokens_of(provider), token(algorithm, header={"kid": None})).name == "jwt:alice"


def test_a_token_that_names_no_key_of_several_is_refused() -> None:
    twice = Provider()
    twice.content = published(KEYS["ES256"], ECKey.generate_key("P-256", {"kid": "second"}))
    with pytest.raises(Unauthorized):
        verified(tokens_of(twice), token(header={"kid": None}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "s"}]}',
        b"<html>",
    ],
)
def test_what_is_no_key_set_is_said(content: bytes) -> None:
    with pytest.raises(KeySetUnreadable):
        parse_key_set(content)


def test_a_key_for_encryption_verifies_nothing() -> None:
    key = ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"})
    assert [one.kid for one in parse_key_set(published(key, KEYS["ES256"]))] == ["ec"]
