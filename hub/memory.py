"""How the garbage collector is set for a process that stays."""

import gc

YOUNG = 10_000
"""New objects after which the youngest are looked through. Of Python's own 700, a request makes a hundred."""


def settle() -> None:
    """What is built by now stays until the end: the collector need not look at it at every round."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
