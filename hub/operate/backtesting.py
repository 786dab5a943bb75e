"""What the detectors, as they are set, find in a stream of reports: of a database, or of a file that needs none."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from hub.bootstrap import constraint_rules
from hub.constraints.backtest_account import account_of
from hub.constraints.expected import read_expectations
from hub.constraints.logs import read_log
from hub.constraints.sightings import Sighting
from hub.constraints.topology import Topology, read_topology
from hub.model.problem import Document
from hub.settings.sections import ConstraintSettings


def replayed(
    settings: ConstraintSettings, stream: Callable[[Topology], list[Sighting]], *, count: int, seed: int
) -> Document:
    """With `count` bursts and surges put in, drawn from `seed`. Raises InvalidInput and InvalidSettings."""
    reports = stream(read_topology(settings.topology))
    expected = read_expectations(settings.expected)
    return account_of(reports, constraint_rules(settings), expected, count=count, seed=seed)


def replayed_file(settings: ConstraintSettings, log: Path, *, count: int, seed: int) -> Document:
    """Raises InvalidInput for a log that cannot be read, and InvalidSettings."""
    return replayed(settings, partial(read_log, log), count=count, seed=seed)
