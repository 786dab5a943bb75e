"""A child of the delivery benchmark: the hub's durable sender over a database whose outbox is filled.

It prints a line when it is built, starts at the first line it reads, stops at the second, and says what that cost.
"""

import json
import resource
import sys
from pathlib import Path
from time import monotonic, process_time

import click

from hub import memory
from hub.bootstrap import build
from hub.settings import Settings, load_settings
from hub.telemetry import configure


def settings_of(
    database: Path, *, synchronous: str = "FULL", level: str = "warning", ca_file: str = ""
) -> Settings:
    overrides = {
        "store.database": str(database),
        "store.synchronous": synchronous,
        "delivery.allowed_networks": ["127.0.0.0/8"],
        "delivery.ca_file": ca_file,
        "log.level": level,
        "constraints.enabled": False,
        "server.shutdown_grace": "500ms",
    }
    return load_settings(None, {}, overrides)


@click.command()
@click.argument("database", type=click.Path(path_type=Path))
@click.option("--synchronous", default="FULL")
@click.option("--level", default="warning")
def main(database: Path, synchronous: str, level: str) -> None:
    settings = settings_of(database, synchronous=synchronous, level=level)
    configure(settings.log.level, settings.log.format)
    hub = build(settings)
    print("built", flush=True)
    sys.stdin.readline()
    memory.settle()
    begin, cpu = monotonic(), process_time()
    hub.start()
    sys.stdin.readline()
    hub.stop()
    report = {
        "cpu": process_time() - cpu,
        "begin": begin,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
