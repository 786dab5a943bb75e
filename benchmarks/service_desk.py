"""The audit log of a real service desk as the history of a store: replayed by the adapter of files."""

import zipfile
from pathlib import Path
from shutil import copyfileobj

import adapters.files
from hub.intake.mapping_file import load_mapping
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.shipped import config_dir
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock

MONTH_OF_DESK = "2016-04"
"""The fullest month of the log that is public."""

OPTIONS = {
    "format": "csv",
    "key": ["number"],
    "stamp": "sys_updated_at",
    "stamp_format": "%d/%m/%Y %H:%M",
    "times": ["opened_at"],
}


def unpack(log: Path, folder: Path) -> Path:
    """The one CSV file of a zip as `log.csv` in the folder."""
    with zipfile.ZipFile(log) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".csv")]
        with archive.open(name) as content, (folder / "log.csv").open("wb") as file:
            copyfileobj(content, file)
    return folder / "log.csv"


def replay(log: Path, folder: Path) -> int:
    """Fill `hub.db` in the folder; gives how many changes of the log were read. `log` is a zip with one CSV file."""
    unpack(log, folder)
    store, clock = Store(folder / "hub.db", synchronous="NORMAL"), ManualClock()
    poll = SourcePoll(
        source=adapters.files.make("desk", OPTIONS | {"folder": str(folder)}),
        reader=Reader(source="desk", mapping=load_mapping(config_dir() / "sources" / "files.yaml")),
        store=store,
        rules=make_rules(clock).sources,
        clock=clock,
        absent_polls=2,
        backfill_notify=False,
    )
    store.write(lambda tables: tables.sources.ensure("desk", "files"))
    row = store.read.sources.get("desk")
    assert row is not None
    poll.run(row, lambda: False)
    store.close()
    return poll.progress.records
