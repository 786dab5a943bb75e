"""Whole numbers that would come back as others are refused by their place."""

import pytest

from hub.api.big_numbers import LEAST, MOST, has_long_number, refuse_inexact
from hub.errors import InvalidInput


@pytest.mark.parametrize("number", [MOST + 1, LEAST - 1, 10**30, -(10**30)])
def test_a_number_beyond_64_bits_is_refused_by_its_place(number: int) -> None:
    digits = str(number)
    content = b'{"a": [{"b": %s}, {"b": 1}]}' % digits.encode()
    assert has_long_number(content)
    with pytest.raises(InvalidInput) as raised:
        refuse_inexact(content)
    assert [(one.field, one.value) for one in raised.value.violations] == [("a[0].b", digits)]


def test_a_number_of_very_many_digits_is_not_even_read() -> None:
    with pytest.raises(InvalidInput):
        refuse_inexact(b"[%s]" % (b"9" * 100_000))


@pytest.mark.parametrize(
    "content", [str(MOST), str(LEAST), '"12345678901234567890123"', "0.12345678901234567890123"]
)
def test_what_is_kept_as_it_is_passes(content: str) -> None:
    assert has_long_number(content.encode())
    refuse_inexact(content.encode())
