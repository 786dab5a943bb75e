"""The files adapter on rows without an end: a quote that is never closed, and a row that is too long."""

import os
import time

import pytest

from hub.ports import Unavailable
from tests.integration.test_files import HEADER, Folder, folder, row

__all__ = ["folder"]


def test_a_quote_that_is_never_closed_holds_nothing_back_in_silence(folder: Folder) -> None:
    folder.write(HEADER + row(1, text='5" pipe'))
    folder.write("".join(row(number, text="x" * 1000) for number in range(1100)))
    with pytest.raises(Unavailable, match="the row has more than 1048576 bytes"):
        folder.pull()
    assert len(folder.ids(quote="")) == 1101


@pytest.mark.parametrize("odd", ['5" pipe', '"open', '"open\n;;;'], ids=["inch", "open", "over lines"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_quote_that_is_open_at_the_end_waits_and_fails_when_nobody_writes_any_more(
    folder: Folder, odd: str, size: int
) -> None:
    begun = HEADER + row(1)
    file = folder.write(begun + row(2, text=odd) + row(3) + row(4).rstrip("\n"))
    assert folder.ids(page_size=size) == ["1"], "somebody may be writing the rest"
    folder.cursor = {}
    os.utime(file, (time.time() - 61, time.time() - 61))
    why = rf"log\.csv, at byte {len(begun)}: a quote \(\"\) opens in this row and is not closed"
    for _ in range(2):
        with pytest.raises(Unavailable, match=why):
            folder.ids(page_size=size)
        assert folder.cursor["files"]["log.csv"]["offset"] == len(begun), "what stands before it is taken"
    file.write_text(begun + row(2, text=odd.replace('"', "''")[:4]) + row(3) + row(4))
    assert folder.ids(page_size=size) == ["2", "3", "4"]


def test_a_quote_that_opens_in_the_first_row_fails_when_nobody_writes_any_more(folder: Folder) -> None:
    file = folder.write(HEADER.replace("text", '"text') + row(1))
    assert folder.ids() == []
    os.utime(file, (time.time() - 61, time.time() - 61))
    with pytest.raises(Unavailable, match=r"log\.csv, at byte 0: a quote"):
        folder.ids()


def test_a_row_that_is_too_long_loses_none_before_it(folder: Folder) -> None:
    folder.write(HEADER + row(1) + row(2, text="x" * 1024 * 1024))
    with pytest.raises(Unavailable, match="the row has more than 1048576 bytes"):
        folder.ids()
    assert folder.cursor["files"]["log.csv"]["offset"] == len(HEADER + row(1))
