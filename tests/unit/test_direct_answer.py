"""How an answer is read from a plain connection: the same however it is cut, and never more of it than the limits."""

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.delivery.transport.direct_answer import Answer, BadAnswer, Known
from hub.delivery.transport.port import HEAD_LIMIT, Headers

LIMIT = 20


@dataclass(frozen=True)
class Read:
    """What came of an answer; `flaw` is why it is none."""

    status: int
    headers: Headers
    body: bytes
    flaw: str | None = None


def read(pieces: list[bytes], answer: Answer | None = None) -> Read:
    """As a sender reads it: until it is complete, or the connection is closed after the last piece."""
    answer = answer or Answer(LIMIT)
    flaw = None
    try:
        if not any(answer.feed(piece) for piece in pieces if piece):
            answer.end()
    except BadAnswer as bad:
        flaw = str(bad)
    return Read(answer.status, answer.headers(), answer.body(), flaw)


def cut(text: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(text)) for place in places} | {len(text)})
    return [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


ANSWERS = {
    "no content": b"HTTP/1.1 204 No Content\r\nServer: one\r\n\r\n",
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a body of the limit": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + b"x" * 20,
    "a body beyond the limit": b"HTTP/1.1 500 Oh\r\nContent-Length: 99\r\n\r\n" + b"x" * 99,
    "chunks": b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n"
    b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n",
    "until the end": b"HTTP/1.0 200 OK\r\n\r\nto the end",
    "hints first": b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Soon\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 202 OK\r\nContent-Length: 1\r\n\r\na",
    "more than asked for": b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "closed in its header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "closed in its body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
    "closed in its chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    "another version": b"HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/0.9": b"just a text\n",
    "a protocol to switch to": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: else\r\n\r\nabc",
    "two framings": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no content", Read(204, (("Server", "one"),), b"")),
        ("a length", Read(200, (("Content-Length", "5"),), b"hello")),
        ("a body of the limit", Read(200, (("Content-Length", "20"),), b"x" * 20)),
        ("a body beyond the limit", Read(500, (("Content-Length", "99"),), b"x" * 20)),
        ("chunks", Read(503, (("Transfer-Encoding", "chunked"), ("Retry-After", "7")), b"abcde")),
        ("until the end", Read(200, (), b"to the end")),
        ("hints first", Read(202, (("Content-Length", "1"),), b"a")),
        ("more than asked for", Read(204, (), b"")),
        ("bare line feeds", Read(200, (("Content-Length", "2"),), b"ok")),
    ],
)
def test_an_answer_is_read(name: str, expected: Read) -> None:
    assert read([ANSWERS[name]]) == expected


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("closed in its header", "closed in the header of the answer"),
        ("closed in its body", "closed before the end of the answer"),
        ("closed in its chunks", "closed before the end of the answer"),
        ("another version", "in HTTP/2.0"),
        ("HTTP/0.9", "not HTTP/1.1"),
        ("a protocol to switch to", "answered 101, which nobody asked for"),
        ("two framings", "not HTTP/1.1"),
        ("nothing", "closed before an answer"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_flaw(name: str, flaw: str) -> None:
    assert flaw in (read([ANSWERS[name]]).flaw or "")


@given(name=st.sampled_from(sorted(ANSWERS)), places=st.lists(st.integers(1, 160), max_size=8))
def test_an_answer_cut_into_any_pieces_is_the_same_answer(name: str, places: list[int]) -> None:
    text = ANSWERS[name]
    whole = read([text])
    assert read(cut(text, places)) == whole
    assert read([text[place : place + 1] for place in range(len(text))]) == whole


@given(st.binary(max_size=300), st.lists(st.integers(1, 300), max_size=5))
@example(b"HTTP/1.1 204 No\r\n\r\n\x00", [19])
def test_any_bytes_are_an_answer_or_a_flaw_and_the_same_in_any_pieces(text: bytes, places: list[int]) -> None:
    begun = b"HTTP/1.1 200 OK\r\n" + text
    for each in (text, begun):
        whole = read([each])
        assert whole.flaw is None or whole.flaw
        assert read(cut(each, places)) == whole


@given(st.integers(-3, 3), st.lists(st.integers(1, HEAD_LIMIT + 100), max_size=6))
def test_a_header_is_held_to_its_limit_wherever_it_is_cut(beyond: int, places: list[int]) -> None:
    begin, end = b"HTTP/1.1 503 Busy\r\nX: ", b"\r\nContent-Length: 2\r\n\r\n"
    filler = b"y" * (HEAD_LIMIT + beyond - len(begin) - len(end))
    found = read(cut(begin + filler + end + b"no", places))
    if beyond > 0:
        flaw = f"the header of the answer is longer than {HEAD_LIMIT} bytes"
        assert (found.status, found.body, found.flaw) == (0, b"", flaw)
    else:
        assert (found.status, found.body, found.flaw) == (503, b"no", None)


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"", b"HTTP/1.1 100 Go\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["interim answers", "chunk extension", "trailers"],
)
def test_no_framing_goes_on_for_ever(begin: bytes, again: bytes) -> None:
    found = read([begin, again * (3 * HEAD_LIMIT // len(again))])
    assert f"longer than {HEAD_LIMIT} bytes" in (found.flaw or "")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"HTTP/1.1 204 No\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", True),
        (b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", False),
        (b"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b"x" * 99, False),
    ],
)
def test_a_connection_is_kept_only_where_the_next_answer_cannot_be_mistaken(text: bytes, kept: bool) -> None:
    answer = Answer(LIMIT)
    assert answer.feed(text)
    assert answer.kept is kept


def test_one_reader_reads_one_answer_after_the_other_and_what_it_knows_the_same() -> None:
    answer = Answer(LIMIT, Known())
    names = ["no content", "no content", "a length", "no content", "a body of the limit", "no content", "a length"]
    for name in names:
        assert read([ANSWERS[name]], answer).body == read([ANSWERS[name]]).body
        assert (answer.complete, answer.kept) == (True, True)
        answer.renew()


def test_what_is_known_is_bounded() -> None:
    known = Known()
    answer = Answer(LIMIT, known)
    for number in range(1000):
        assert answer.feed(b"HTTP/1.1 204 No\r\nX: %d\r\n\r\n" % number)
        answer.renew()
    assert answer.feed(b"HTTP/1.1 204 No\r\nX: " + b"y" * 1000 + b"\r\n\r\n")
    assert 0 < len(known) <= 256
    assert max(map(len, known)) <= 512
