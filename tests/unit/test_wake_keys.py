"""Whose signature wakes a source: vectors that openssl has made (`openssl dgst -sha256 -hmac SECRET`)."""

import base64

import pytest

from hub.api.wakes import WakeKey

BODY = '{"issue":{"key":"NOC-1","summary":"Störung"}}'.encode()
OURS = "2481965fe55a5793fe49d362f75f2e7cefb0ef99024a511dfcb6c61b256fb6ca"
OTHER = "ce353354b81f73eb243a4c5694d75a243ea17cf5b1de4a00f868053264fc25c0"
KEY = WakeKey(secret="the-secret-of-both", header="x-hub-signature")


@pytest.mark.parametrize(
    ("header", "is_ours"),
    [
        (f"sha256={OURS}", True),
        (f"sha256={OURS.upper()}", True),
        (f"v1={OTHER},v1={OURS}", True),
        (f"v1={OTHER}, v1={OURS}", True),
        (base64.b64encode(bytes.fromhex(OURS)).decode(), True),
        (f"sha256={OTHER}", False),
        (f"v1={OTHER}", False),
        (f"sha1={OURS}", False),
        (f"sha256={OURS[:-2]}", False),
        ("", False),
    ],
)
def test_a_signature_in_the_form_of_jira_or_pagerduty(header: str, is_ours: bool) -> None:
    assert KEY.is_signed(BODY, header) is is_ours
    assert not KEY.is_signed(BODY + b" ", header)
