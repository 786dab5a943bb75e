"""What a trouble system sends back of a login is not shown, in whatever writing."""

import json
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from hub.redaction import Redaction

SECRET = 'pä"ss<wo>r\\d &+1'
LOGIN = b64encode(f"hub:{SECRET}".encode()).decode()


def numbered(secret: str) -> str:
    return "".join(f"&#{ord(char)};" for char in secret)


def php(secret: str) -> str:
    return json.dumps(secret)[1:-1].replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        php(SECRET),
        json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        quote(SECRET, encoding="latin-1"),
        quote(quote(SECRET)),
        escape(SECRET),
        escape(escape(SECRET, quote=False)),
        numbered(SECRET),
        repr(SECRET)[1:-1],
        repr(SECRET.encode())[2:-1],
        repr(json.dumps(SECRET).encode())[3:-2],
        LOGIN,
        urlsafe_b64encode(f"hub:{SECRET}".encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_hidden_in_every_writing(written: str) -> None:
    redacted = Redaction([], [("hub", SECRET)])
    assert redacted(f"it was {written}, twice {written}.").rstrip("=.") == "it was ***, twice ***"


@pytest.mark.parametrize("length", [8, 11, len(LOGIN) - 5])
def test_a_beginning_of_what_basic_sends_is_hidden_wherever_it_ends(length: int) -> None:
    assert Redaction([], [("hub", SECRET)])(f"Basic {LOGIN[:length]}… no") == "Basic ***… no"


@pytest.mark.parametrize("secret", ["s3cret-of-desk", "~~>>??", "äöü", SECRET])
@pytest.mark.parametrize("is_login", [True, False])
def test_the_base64_of_a_secret_alone_is_hidden_in_both_alphabets(secret: str, is_login: bool) -> None:
    redacted = Redaction([], [("hub", secret)]) if is_login else Redaction([secret])
    for code in (b64encode(secret.encode()).decode(), urlsafe_b64encode(secret.encode()).decode()):
        for written in (code, code.rstrip("="), quote(code, safe=""), code.replace("/", "\\/"), code[:6]):
            assert redacted(f'"b64": "{written}"') == '"b64": "***"'
        assert redacted(f"it was {code}"[: len("it was ") + 6], cut=True) == "it was ***"


def test_the_base64_of_a_short_secret_is_hidden_where_it_stands_by_itself() -> None:
    redacted = Redaction(["a"])
    assert redacted("YQ==, YQ, YQB, EYQ") == "***, ***, YQB, EYQ"


@pytest.mark.parametrize("written", [SECRET, json.dumps(SECRET)[1:-1], quote(SECRET), escape(SECRET)])
def test_a_secret_that_is_cut_off_is_hidden(written: str) -> None:
    redacted = Redaction([SECRET])
    for length in range(len(json.dumps(SECRET[:4])), len(written)):
        shown = redacted(f"it was {written[:length]}", cut=True)
        assert shown == "it was ***", written[:length]
    assert redacted("it was pä", cut=True) == "it was pä"


@pytest.mark.parametrize(
    "secret",
    ["%25x%41", "&amp;more", "a\\\\\\\\u00e4", "++++", "кошка", "🔑 key", "a\\ä", "a +b", "a %20b", "a  &b"],
)
def test_a_secret_that_looks_like_an_escape_is_hidden(secret: str) -> None:
    redacted = Redaction([secret])
    for written in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret), escape(secret)):
        assert redacted(f"<{written}>") == "<***>", written
        assert redacted(f"<\\{written}>").replace("\\", "") == "<***>", written


def test_a_short_secret_is_hidden_where_it_stands_by_itself() -> None:
    redacted = Redaction(["e"])
    assert redacted('the event e was "e", hub:e') == 'the event *** was "***", hub:***'
    assert redacted("Basic b", cut=True) == "Basic b"


def test_a_text_that_nearly_is_a_secret_at_very_many_places_is_hidden_whole() -> None:
    assert Redaction(["a" * 4095 + "b"])("a" * 8192) == "***"


def test_what_is_no_secret_stays() -> None:
    assert Redaction([""], [("hub", "")])("bad login: hub") == "bad login: hub"
    assert Redaction(["passage"])("cGFzc the cGFz") == "cGFzc the cGFz"
    assert Redaction(["passage"])("the pass", cut=False) == "the pass"
