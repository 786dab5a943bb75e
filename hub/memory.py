"""How the garbage collector is set for a process that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""New objects after which the youngest are looked through. Of Python's own 700, a request makes a hundred; a page of
500 tickets makes as many as these, which all live until it is written."""


def settle() -> None:
    """What is built by now stays until the end: the collector need not look at it at every round."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


@contextmanager
def without_collector() -> Iterator[None]:
    """For work that makes very many small values and few circles: looking for circles takes a quarter of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
