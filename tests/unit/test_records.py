"""How a content is cut into records, and that each knows its lines and where the next one begins."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.jobs.records import Record, records


def cut(content: bytes, *, quoted: bool = False, longest: int = 20, line: int = 1, at: int = 0) -> list[Record]:
    file = io.BytesIO(content)
    file.seek(at)
    return list(records(file, line=line, longest=longest, quoted=quoted))


@pytest.mark.parametrize(
    ("content", "quoted", "expected"),
    [
        (b"", False, []),
        (b"a\nb\n", False, [(1, b"a\n"), (2, b"b\n")]),
        (b"a\n\n \r\nb", False, [(1, b"a\n"), (4, b"b")]),
        (b'"a\nb"\n', False, [(1, b'"a\n'), (2, b'b"\n')]),
        (b'"a\nb",1\nc\n', True, [(1, b'"a\nb",1\n'), (3, b"c\n")]),
        (b'"a""\n""b"\nc', True, [(1, b'"a""\n""b"\n'), (3, b"c")]),
        (b'"a\nb\n', True, [(1, None), (2, b"b\n")]),
        (b"x" * 21 + b"\nb\n", False, [(1, None), (2, b"b\n")]),
        (b"x" * 20 + b"\nb\n", False, [(1, b"x" * 20 + b"\n"), (2, b"b\n")]),
        (b"x" * 200, False, [(1, None)]),
        (b'"' + b"x\n" * 30 + b"b\n", True, [(1, None), *((line, b"x\n") for line in range(2, 31)), (31, b"b\n")]),
    ],
)
def test_a_content_is_cut_into_records(content: bytes, quoted: bool, expected: list[tuple[int, bytes]]) -> None:
    found = cut(content, quoted=quoted)
    assert [(one.line, one.content) for one in found] == expected
    assert all(one.trouble for one in found if one.content is None)


@given(st.text('ab"\n\r,', max_size=60), st.booleans())
def test_reading_goes_on_behind_any_record(text: str, quoted: bool) -> None:
    content = text.encode()
    found = cut(content, quoted=quoted)
    for place, one in enumerate(found):
        assert cut(content, quoted=quoted, line=one.next_line, at=one.after) == found[place + 1 :]
