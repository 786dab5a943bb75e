"""What a listener sends back of the secrets that it was sent is not shown, in whatever writing."""

import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from hub.delivery.transport.port import SendResult
from hub.delivery.transport.redacted import INSTEAD, redacted

SECRET = 'pa55 "w/rd" <ü>&+'


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
    ],
)
def test_a_secret_is_hidden_in_every_writing(written: str) -> None:
    told = f"it was {written}."
    headers = (("X-Echo", told), (f"X-{written.lower()}", "1"))
    result = SendResult(key=None, started=0, body=told.encode(), headers=headers, error_text=told)
    shown = redacted(result, [SECRET])
    hidden = f"it was {INSTEAD}."
    assert (shown.body.decode(), shown.error_text) == (hidden, hidden)
    assert shown.headers == (("X-Echo", hidden), (f"X-{INSTEAD}", "1"))


@pytest.mark.parametrize("length", [4, 9, len(SECRET.encode()) - 1])
def test_a_secret_that_the_limit_cuts_off_is_hidden(length: int) -> None:
    body = b"it was " + SECRET.encode()[:length]
    shown = redacted(SendResult(key=None, started=0, body=body), [SECRET])
    assert shown.body == b"it was " + INSTEAD.encode()


def test_what_is_no_secret_stays() -> None:
    result = SendResult(key=None, started=0, body=b"pa5", headers=(("a", "b"),), error_text="broken")
    assert redacted(result, [SECRET, ""]) == result
