"""Which part of a content is asked for, and which part a body is."""

import pytest

from hub.api.downloads import range_of
from hub.api.uploads import Part, part_of
from hub.errors import InvalidInput, RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        ("", 10, None),
        ("bytes=0-0", 10, (0, 0)),
        ("bytes=3-", 10, (3, 9)),
        ("bytes=3-99", 10, (3, 9)),
        ("bytes=-4", 10, (6, 9)),
        ("bytes=-40", 10, (0, 9)),
        ("bytes= 1 - 2 ", 10, (1, 2)),
        ("bytes=2-1", 10, None),
        ("bytes=-", 10, None),
        ("bytes=1-2,4-5", 10, None),
        ("lines=1-2", 10, None),
        ("bytes=١-٢", 10, None),
    ],
)
def test_a_range_names_a_part(header: str, size: int, expected: tuple[int, int] | None) -> None:
    assert range_of(header, size) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=0-", 0), ("bytes=-0", 5)]
)
def test_a_part_that_is_not_there_is_refused(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        range_of(header, size)
    assert refused.value.headers == {"Content-Range": f"bytes */{size}"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Part()),
        (b"bytes 0-9/10", Part(first=0, length=10, total=10, whole=True)),
        (b"bytes 0-8/10", Part(first=0, length=9, total=10, whole=False)),
        (b"bytes 5-9/10", Part(first=5, length=5, total=10, whole=True)),
        (b"bytes 5-9/*", Part(first=5, length=5, whole=False)),
    ],
)
def test_a_body_is_a_part(header: bytes | None, expected: Part) -> None:
    assert part_of({} if header is None else {b"content-range": header}) == expected


@pytest.mark.parametrize(
    "header", [b"", b"bytes 5-4/10", b"bytes 0-10/10", b"bytes */10", b"bytes=0-9/10", b"0-9/10"]
)
def test_a_part_that_cannot_be_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidInput, match="Content-Range"):
        part_of({b"content-range": header})
