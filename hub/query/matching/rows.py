"""Sets of row numbers as the bits of an integer, so that thousands are joined or cut in a microsecond."""

from itertools import compress

_FEW = 16
"""Up to how many members a set keeps them apart: a set of one in ten thousand rows takes no thousand bytes."""

_AS_NUMBERS = bytes.maketrans(b"01", b"\x00\x01")


class Rows:
    """A set of row numbers, kept as what is smaller: its members or its mask."""

    __slots__ = ("_few", "_mask")

    def __init__(self) -> None:
        self._few: set[int] | None = set()
        self._mask = 0

    def __bool__(self) -> bool:
        return bool(self._few or self._mask)

    @property
    def mask(self) -> int:
        mask = self._mask
        for row in self._few or ():
            mask |= 1 << row
        return mask

    def add(self, row: int) -> None:
        if self._few is None:
            self._mask |= 1 << row
            return
        self._few.add(row)
        if len(self._few) > _FEW:
            self._mask, self._few = self.mask, None

    def discard(self, row: int) -> None:
        if self._few is None:
            self._mask &= ~(1 << row)
        else:
            self._few.discard(row)


def numbers_in(mask: int) -> list[int]:
    """The numbers of the bits that are set, in ascending order."""
    if not mask:
        return []
    digits = bin(mask)[:1:-1]
    if mask.bit_count() * 8 > len(digits):
        return list(compress(range(len(digits)), digits.encode().translate(_AS_NUMBERS)))
    numbers, at = [], digits.find("1")
    while at >= 0:
        numbers.append(at)
        at = digits.find("1", at + 1)
    return numbers
