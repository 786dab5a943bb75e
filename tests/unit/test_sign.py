"""Signatures, held against the library that receivers use."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.delivery.sign import headers, signature

SECRET = b"0123456789abcdef0123456789abcdef"
RECEIVER = Webhook("whsec_" + base64.b64encode(SECRET).decode())


def test_a_signature_is_that_of_the_standard() -> None:
    # Worked out by hand with: printf 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -hmac KEY -binary | base64
    assert (
        signature(SECRET, "msg_1", 1_700_000_000, b'{"a":1}') == "v1,rkwp5YuvdrMkcu0ZhuMsXoTg44mHAr1Q0+FFgFpXsjY="
    )


@given(event_id=st.uuids(), number=st.integers(), text=st.text())
def test_the_receivers_library_accepts_every_signed_body(event_id: object, number: int, text: str) -> None:
    body = b'{"n":%d,"t":"%b"}' % (number, text.encode("utf-8", "ignore").hex().encode())
    now = int(datetime.now(UTC).timestamp())
    assert RECEIVER.verify(body, dict(headers(SECRET, str(event_id), now, body)))["n"] == number


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_receivers_library_refuses_a_changed_header(changed: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    signed = dict(headers(SECRET, "msg_1", now, b"{}"))
    other = dict(headers(SECRET, "msg_2", now - 1, b"{ }"))
    assert RECEIVER.verify(b"{}", signed) == {}
    with pytest.raises(WebhookVerificationError):
        RECEIVER.verify(b"{}", {**signed, changed: other[changed]})


def test_the_receivers_library_refuses_a_changed_body() -> None:
    now = int(datetime.now(UTC).timestamp())
    with pytest.raises(WebhookVerificationError):
        RECEIVER.verify(b"{ }", dict(headers(SECRET, "msg_1", now, b"{}")))
