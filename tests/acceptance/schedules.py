"""Schedules of management reports in the database of a hub that is not running yet."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.bootstrap.reporting import make_press
from hub.model.ids import Uuid7
from hub.model.times import system_clock
from hub.reporting.audiences.definition import definition_from
from hub.reporting.scheduling import ScheduleTask
from hub.settings import load_settings
from hub.store.sqlite import Store
from tests.rooms import TurningClock


def seen_to_until(ago: timedelta, folder: Path, definition: Mapping[str, Any]) -> None:
    """The schedule of a definition as a hub leaves it that saw to it until so long ago, and was switched off then."""
    press = make_press(load_settings(None, {}, {}))
    clock = TurningClock(system_clock() - ago)
    store = Store(folder / "qos-hub.db")
    document = definition_from(definition, press.audiences).document()
    store.write(lambda tables: tables.report_definitions.insert(document, actor="me", now=1))
    ScheduleTask(store=store, press=press, clock=clock, new_id=Uuid7(clock)).step()
    store.close()
