"""The key of a row: its values with a bar between them, and no two rows with other values share one."""

from itertools import product

import pytest

from adapters.rows import RowReader, TimeForm

VALUES = ["".join(letters) for size in (1, 2, 3) for letters in product("a|\\", repeat=size)]


def key_of(*values: object) -> str:
    names = tuple(f"part{place}" for place in range(len(values)))
    reader = RowReader(key=names, stamp="at", form=TimeForm("iso"))
    return reader.key_of(dict(zip(names, values, strict=True)))


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (("A|B",), "A|B"),
        (("A\\B",), "A\\B"),
        (("A", 7), "A|7"),
        (("A|B", "C"), "A\\|B|C"),
        (("A", "B|C"), "A|B\\|C"),
        (("A\\", "B"), "A\\\\|B"),
    ],
)
def test_the_values_stand_in_a_key_with_a_bar_between_them(values: tuple[object, ...], key: str) -> None:
    assert key_of(*values) == key


def test_other_values_are_another_key() -> None:
    assert len({key_of(*values) for values in product(VALUES, VALUES)}) == len(VALUES) ** 2
