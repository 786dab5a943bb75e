"""What a listener of a soak does wrong, each under one word, and whether it takes what it was told all the same."""

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from random import Random
from time import time

from tests.fakes.listener import Answer, Line, answer, close_silently, garbage, reset, reset_midway, then_close

WELL, GONE = "well", "410"


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """One answer. A listener that breaks off may have kept the event before: then the hub has to repeat itself."""

    name: str
    answer: Answer
    keeps: bool


def hang(line: Line) -> None:
    while not line.gone(0.1):
        pass


def slow(seconds: float) -> Answer:
    def give(line: Line) -> None:
        if not line.gone(seconds):
            answer(204)(line)

    return give


def _busy(dice: Random) -> Answer:
    """429, with Retry-After in one of its two forms."""
    after = dice.choice(("1", formatdate(time() + 1, usegmt=True)))
    return answer(429, [("Retry-After", after)])


REFUSALS: dict[str, Callable[[Random], Answer]] = {
    "5xx": lambda dice: answer(dice.choice((500, 502, 503, 504))),
    "4xx": lambda dice: answer(dice.choice((400, 401, 404, 409))),
    "429": _busy,
}
BREAKS: dict[str, Callable[[Random], Answer]] = {
    "hang": lambda dice: hang,
    "reset": lambda dice: reset,
    "close": lambda dice: close_silently,
    "half": lambda dice: reset_midway,
    "garbage": lambda dice: garbage,
}
DELAYS: dict[str, Callable[[Random], Answer]] = {
    "slow": lambda dice: slow(dice.uniform(0.05, 1.0)),
    "then close": lambda dice: then_close(answer(204)),
}
KINDS = (*REFUSALS, *BREAKS, *DELAYS)


def well() -> Conduct:
    return Conduct(name=WELL, answer=answer(204), keeps=True)


def gone() -> Conduct:
    return Conduct(name=GONE, answer=answer(410), keeps=False)


def drawn(dice: Random) -> Conduct:
    """A fault by chance; of those that break off, one in two has kept the event."""
    name = dice.choice(KINDS)
    if name in REFUSALS:
        return Conduct(name=name, answer=REFUSALS[name](dice), keeps=False)
    if name in BREAKS:
        return Conduct(name=name, answer=BREAKS[name](dice), keeps=dice.random() < 0.5)
    return Conduct(name=name, answer=DELAYS[name](dice), keeps=True)
