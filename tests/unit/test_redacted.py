"""What a listener sends back of the secrets that it was sent is not shown, in whatever writing."""

import json
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from hub.delivery.proof import INSTEAD, hiding
from hub.delivery.transport.port import SendResult
from hub.delivery.transport.redacted import redacted

SECRET = 'pa55 "w/rd" <ü>&+'
LOGIN = b64encode(f"hub:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        escape(SECRET),
        escape(SECRET, quote=False),
        json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
        quote(quote(SECRET)),
        repr(SECRET.encode())[2:-1],
        LOGIN,
        LOGIN.rstrip("="),
        urlsafe_b64encode(f"hub:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_every_writing(written: str) -> None:
    told = f"it was {written}."
    headers = (("X-Echo", told), (f"X-{written.lower()}", "1"))
    result = SendResult(key=None, started=0, body=told.encode(), headers=headers, error_text=told)
    shown = redacted(result, hiding([], [("hub", SECRET)]))
    hidden = f"it was {INSTEAD}."
    assert (shown.body.decode(), shown.error_text) == (hidden, hidden)
    assert shown.headers == (("X-Echo", hidden), (f"X-{INSTEAD}", "1"))


@pytest.mark.parametrize("length", [4, 9, SECRET.encode().index("ü".encode()) + 1, len(SECRET.encode()) - 1])
def test_a_secret_that_the_limit_cuts_off_is_hidden(length: int) -> None:
    body = b"it was " + SECRET.encode()[:length]
    shown = redacted(SendResult(key=None, started=0, body=body), hiding([SECRET]))
    assert shown.body == b"it was " + INSTEAD.encode()


def test_octets_of_no_letter_stay_as_they_are() -> None:
    result = SendResult(key=None, started=0, body=b"\xff\xc3 pa55% \x00")
    assert redacted(result, hiding([SECRET])) == result


def test_a_short_secret_is_hidden_also_within_a_word() -> None:
    shown = redacted(SendResult(key=None, started=0, body=b"keyed"), hiding(["ey"]))
    assert shown.body.decode() == f"k{INSTEAD}ed"


def test_what_is_no_secret_stays() -> None:
    result = SendResult(key=None, started=0, body=b"pa5", headers=(("a", "b"),), error_text="broken")
    assert redacted(result, hiding([SECRET, ""])) == result
