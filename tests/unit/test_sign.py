"""Signatures, held against the library that receivers use."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.delivery.sign import headers, signature, signer_of
from hub.model.credentials import SignatureKind, SigningKey
from hub.model.times import to_micros
from hub.subscriptions.secrets import parse_secret
from hub.subscriptions.signing_keys import new_private_key, parse_private_key, public_key

SECRET = b"0123456789abcdef0123456789abcdef"
SIGNER = signer_of(SigningKey(kind=SignatureKind.V1, key=SECRET))
SECOND = 1_000_000
RECEIVER = Webhook("whsec_" + base64.b64encode(SECRET).decode())


def test_a_signature_is_that_of_the_standard() -> None:
    # Worked out by hand with: printf 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -hmac KEY -binary | base64
    assert (
        signature(SECRET, "msg_1", 1_700_000_000, b'{"a":1}') == "v1,rkwp5YuvdrMkcu0ZhuMsXoTg44mHAr1Q0+FFgFpXsjY="
    )


@given(event_id=st.uuids(), number=st.integers(), text=st.text())
def test_the_receivers_library_accepts_every_signed_body(event_id: object, number: int, text: str) -> None:
    body = b'{"n":%d,"t":"%b"}' % (number, text.encode("utf-8", "ignore").hex().encode())
    now = to_micros(datetime.now(UTC))
    assert RECEIVER.verify(body, dict(headers((SIGNER,), str(event_id), now, body)))["n"] == number


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_receivers_library_refuses_a_changed_header(changed: str) -> None:
    now = to_micros(datetime.now(UTC))
    signed = dict(headers((SIGNER,), "msg_1", now, b"{}"))
    other = dict(headers((SIGNER,), "msg_2", now - SECOND, b"{ }"))
    assert RECEIVER.verify(b"{}", signed) == {}
    with pytest.raises(WebhookVerificationError):
        RECEIVER.verify(b"{}", {**signed, changed: other[changed]})


def test_the_receivers_library_refuses_a_changed_body() -> None:
    now = to_micros(datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        RECEIVER.verify(b"{ }", dict(headers((SIGNER,), "msg_1", now, b"{}")))


# What the maintainers of the standard publish with their libraries and with their server.
VECTOR_ID, VECTOR_TIME, VECTOR_BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
VECTOR_PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
VECTOR_SEED = base64.b64decode(VECTOR_PRIVATE[5:])[:32]
VECTOR_PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
VECTOR_V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def of_v1(key: bytes, until: int | None = None) -> SigningKey:
    return SigningKey(kind=SignatureKind.V1, key=key, until=until)


def of_v1a(seed: bytes, until: int | None = None) -> SigningKey:
    return SigningKey(kind=SignatureKind.V1A, key=seed, until=until)


def signatures(*keys: SigningKey, time: int, body: bytes = VECTOR_BODY) -> list[str]:
    """At a time in seconds."""
    return dict(headers(map(signer_of, keys), VECTOR_ID, time * SECOND, body))["webhook-signature"].split(" ")


def verifies(public: str, signed: str, content: bytes) -> bool:
    """As a receiver does it, who has the standard's text and a library for Ed25519."""
    version, _, encoded = signed.partition(",")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    try:
        key.verify(base64.b64decode(encoded), content)
    except InvalidSignature:
        return False
    return version == "v1a"


def test_both_versions_give_the_signatures_that_the_standards_own_libraries_give() -> None:
    assert signature(parse_secret(VECTOR_SECRET), VECTOR_ID, VECTOR_TIME, VECTOR_BODY) == VECTOR_V1
    assert public_key(parse_private_key(VECTOR_PRIVATE)) == VECTOR_PUBLIC
    keys = of_v1(parse_secret(VECTOR_SECRET)), of_v1a(parse_private_key(VECTOR_PRIVATE))
    assert signatures(*keys, time=VECTOR_TIME) == [VECTOR_V1, VECTOR_V1A]


@given(body=st.binary(), time=st.integers(0, 1 << 40))
def test_a_receiver_verifies_version_1a_with_the_public_key_alone(body: bytes, time: int) -> None:
    seed = new_private_key()
    content = f"{VECTOR_ID}.{time}.".encode() + body
    [signed] = signatures(of_v1a(seed), time=time, body=body)
    assert verifies(public_key(seed), signed, content)
    assert not verifies(public_key(seed), signed, content + b" ")
    assert not verifies(public_key(new_private_key()), signed, content)


def test_a_receiver_of_version_1_takes_a_signature_among_others() -> None:
    now = to_micros(datetime.now(UTC))
    keys = map(signer_of, (of_v1a(new_private_key()), of_v1(b"k" * 32), of_v1(SECRET)))
    assert RECEIVER.verify(b"{}", dict(headers(keys, "msg_1", now, b"{}"))) == {}


@pytest.mark.parametrize("until", [1000 * 1_000_000, 1000 * 1_000_000 + 1, 1001 * 1_000_000 - 1])
def test_a_retired_key_signs_until_its_time_is_over_to_the_microsecond(until: int) -> None:
    keys = of_v1(SECRET), of_v1(b"o" * 32, until=until), of_v1a(VECTOR_SEED, until=until)

    def signed(now: int) -> list[str]:
        told = dict(headers(map(signer_of, keys), VECTOR_ID, now, VECTOR_BODY))
        assert told["webhook-timestamp"] == str(now // SECOND)
        return [one.partition(",")[0] for one in told["webhook-signature"].split(" ")]

    assert signed(until - 1) == ["v1", "v1", "v1a"]
    assert signed(until) == ["v1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("whsec_" + "A" * 43 + "=", "begins with whsk_"),
        ("whsk_no base64", "followed by base64"),
        ("whsk_" + base64.b64encode(b"k" * 31).decode(), "this one holds 31"),
        ("whsk_" + base64.b64encode(b"k" * 64).decode(), "not its own"),
    ],
)
def test_a_bad_private_key_is_refused_without_being_repeated(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_private_key(text)
    assert text not in str(caught.value)


def test_a_private_key_may_come_without_its_public_key() -> None:
    assert parse_private_key("whsk_" + base64.b64encode(VECTOR_SEED).decode()) == VECTOR_SEED
