"""Reads a stream of reports from a file: CSV or NDJSON, flat or as TMF656 documents."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from hub.constraints.sightings import CUSTOMER, Key, Kind, Sighting, resources_of, sighting_of
from hub.constraints.topology import Topology
from hub.errors import InvalidInput, Violation
from hub.model.times import from_text, to_micros

TIME, NAME = "time", "id"


def read_log(path: Path, topology: Topology) -> list[Sighting]:
    """The reports of a file by their times; `.csv` is CSV, anything else a JSON object a line. Raises InvalidInput."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows: Iterator[Mapping[str, Any]] = (
                csv.DictReader(file) if path.suffix == ".csv" else map(orjson.loads, file)
            )
            found = [_sighting(number, row, topology) for number, row in enumerate(rows, 1)]
    except (OSError, UnicodeDecodeError, csv.Error, orjson.JSONDecodeError) as error:
        raise InvalidInput(violations=[Violation(field="file", value=str(path), message=f"{error}")]) from error
    return sorted(found, key=lambda one: (one.at, one.problem_id))


def _sighting(number: int, row: Mapping[str, Any], topology: Topology) -> Sighting:
    document = row if "creationDate" in row else None
    try:
        at = to_micros(from_text(row["creationDate"] if document else row[TIME]))
    except (KeyError, TypeError, ValueError) as error:
        message = f'row {number} needs a time with its zone, such as "2026-03-01T12:00:00Z"'
        raise InvalidInput(violations=[Violation(field=TIME, message=message)]) from error
    name = str(row.get(NAME) or number)
    if document:
        return sighting_of(name, dict(document), topology, at=at, recorded=at)
    keys = resources_of([row[Kind.RESOURCE]] if row.get(Kind.RESOURCE) else [], topology)
    keys += [Key(kind, row[kind]) for kind in (Kind.SERVICE, Kind.REGION) if row.get(kind)]
    return Sighting(problem_id=name, at=at, recorded=at, keys=tuple(keys), party=row.get(CUSTOMER) or name)
