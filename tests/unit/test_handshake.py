"""The consent of a listener: what is asked, and what follows from each answer."""

from collections.abc import Mapping

import pytest

from hub.errors import InvalidInput
from hub.model.credentials import TlsIdentity
from hub.subscriptions.handshake import FASTEST, Answered, Consent, Handshake

URL, ORIGIN = "https://listener.example.com/in", "qos.example.com"


class Listener:
    """Answers with what the test says, and keeps what it was asked."""

    def __init__(self, status: int | None = 200, why: str | None = None, **headers: str) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self._answer = Answered(
            status=status, headers={f"webhook-allowed-{name}": value for name, value in headers.items()}, why=why
        )

    def __call__(self, url: str, headers: Mapping[str, str], tls: TlsIdentity | None) -> Answered:
        self.asked.append((url, headers))
        return self._answer


def rate(listener: Listener, mode: Handshake) -> float | None:
    return Consent(ask=listener, mode=mode, origin=ORIGIN).rate(URL, None)


def test_nobody_is_asked_unless_the_settings_say_so() -> None:
    listener = Listener()
    assert rate(listener, Handshake.OFF) is None
    assert listener.asked == []


@pytest.mark.parametrize("mode", [Handshake.OPTIONAL, Handshake.REQUIRED])
@pytest.mark.parametrize("origin", ["*", ORIGIN, "QoS.Example.com", f" {ORIGIN} "])
def test_a_listener_consents_by_naming_our_origin_or_any(mode: Handshake, origin: str) -> None:
    listener = Listener(origin=origin, rate="120")
    assert rate(listener, mode) == 2.0
    assert listener.asked == [(URL, {"webhook-request-origin": ORIGIN})]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("*", None),
        ("60", 1.0),
        (" 90 ", 1.5),
        ("1", 1 / 60),
        ("007", 7 / 60),
        ("6000001", FASTEST),
        (str(10**30), FASTEST),
        ("9" * 5000, FASTEST),
        ("0" * 5000 + "60", 1.0),
    ],
)
@pytest.mark.parametrize("mode", [Handshake.OPTIONAL, Handshake.REQUIRED])
def test_the_rate_is_told_by_the_minute_and_no_faster_than_a_registration_may_have(
    told: str, expected: float | None, mode: Handshake
) -> None:
    assert rate(Listener(origin="*", rate=told), mode) == expected


NO_RATES = ["0", "000", "-5", "+5", "1.5", "1e3", "many", "", " ", "5, 7", "٣", "**", "NaN", "inf", "0x10"]


UNWILLING = [
    (Listener(), "without WebHook-Allowed-Origin"),
    (Listener(status=405, origin="*"), "answered OPTIONS with 405"),
    (Listener(status=302, origin="*"), "answered OPTIONS with 302"),
    (Listener(origin="other.example.com"), "allows another origin than qos.example.com"),
    (Listener(origin=f"{ORIGIN}, other.example.com"), "allows another origin than qos.example.com"),
    (Listener(origin="x" * 100_000), "allows another origin than qos.example.com"),
    (Listener(origin=" "), "without WebHook-Allowed-Origin"),
    (Listener(status=None, why="timeout: it did not answer in time"), "did not answer in time"),
    *((Listener(origin="*", rate=told), "WebHook-Allowed-Rate is neither") for told in NO_RATES),
]


@pytest.mark.parametrize(("listener", "words"), UNWILLING)
def test_who_does_not_consent_is_refused_where_consent_is_required(listener: Listener, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        rate(listener, Handshake.REQUIRED)
    [violation] = caught.value.violations
    assert (violation.field, violation.value) == ("callback", URL)


@pytest.mark.parametrize(("listener", "words"), UNWILLING)
def test_who_does_not_consent_is_registered_where_it_is_optional(listener: Listener, words: str) -> None:
    assert rate(listener, Handshake.OPTIONAL) is None
