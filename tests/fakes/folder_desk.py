"""A trouble system that is a folder, and the package of its adapter, for a hub that runs as a process of its own.

A line of `tickets.ndjson` is a change of a ticket. A page has ten; while the file `hold-N` is there, page N is not
given out. Each pull appends its cursor to `cursors.ndjson`. What is written to it is refused.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.intake_bench import MAPPING, WORDS

SOURCE = '''
"""Reads a folder."""

import json
import time
from datetime import datetime
from pathlib import Path

from hub.ports import Check, Page, Record, Refused

SIZE = 10


class Folder:
    def __init__(self, folder):
        self.folder = Path(folder)

    def check(self):
        return Check(identity="anyone", clock_skew=0.0)

    def pull(self, cursor):
        with (self.folder / "cursors.ndjson").open("a") as log:
            print(json.dumps(dict(cursor)), file=log)
        lines = (self.folder / "tickets.ndjson").read_text().splitlines()
        for start in range(cursor.get("line", 0), len(lines), SIZE):
            while (self.folder / f"hold-{start // SIZE + 1}").exists():
                time.sleep(0.01)
            part = [json.loads(line) for line in lines[start : start + SIZE]]
            records = tuple(
                Record(key=row["id"], updated=datetime.fromisoformat(row["changed"]), data=row) for row in part
            )
            yield Page(records=records, cursor={"line": start + len(part)})

    def write(self, change):
        raise Refused("the folder takes nothing")


def make(name, options):
    return Folder(options["folder"])
'''


class FolderDesk:
    """`site` is what has to stand in PYTHONPATH; `settings` the table of the source `desk`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "desk"
        self.site = folder / "site"
        self.mappings = folder / "mappings"
        info = self.site / "folder_desk-1.0.dist-info"
        for made in (self.folder, info, self.mappings):
            made.mkdir(parents=True)
        (self.site / "folder_desk.py").write_text(SOURCE)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: folder-desk\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[qos_hub.adapters]\nfolder = folder_desk:make\n")
        (self.mappings / "folder.yaml").write_text(yaml.safe_dump({**MAPPING, "system": "folder", "write": WORDS}))
        (self.folder / "tickets.ndjson").touch()
        self._lines = 0

    def put(self, key: str, **data: Any) -> None:
        minute, second = divmod(self._lines, 60)
        self._lines += 1
        row = {"id": key, "title": f"Ticket {key}", "changed": f"2026-11-22T17:{minute:02}:{second:02}Z", **data}
        with (self.folder / "tickets.ndjson").open("a") as file:
            file.write(json.dumps(row) + "\n")

    def hold(self, page: int) -> Path:
        held = self.folder / f"hold-{page}"
        held.touch()
        return held

    def cursors(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "cursors.ndjson").read_text().splitlines()]
