"""What the demonstration shows in the terminal: one line for each thing that happens, as it happens."""

import threading
import time
from collections.abc import Callable

import click

COLOURS = {"ticket": "yellow", "report": "cyan", "notified": "green", "outage": "red", "retry": "magenta"}
WIDTH = 9


class Screen:
    """Lines with the seconds since the start; safe to use from the listener's threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._begin = monotonic()
        self._lock = threading.Lock()

    def say(self, what: str, text: str) -> None:
        label = click.style(f"{what:<{WIDTH}}", fg=COLOURS.get(what), bold=what in COLOURS)
        with self._lock:
            click.echo(f"{self._monotonic() - self._begin:7.2f} s  {label} {text}")

    def plain(self, text: str = "") -> None:
        with self._lock:
            click.echo(text)
