"""Which resource stands behind which: a file of the operator's, read once."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import InvalidSettings, Violation

FIELD = "[constraints] topology"
COLUMNS = ("resource", "parent")


@dataclass(frozen=True, kw_only=True)
class Topology:
    """{id of a resource: id of the one that it hangs on}; one step is followed and no more, for chains join all."""

    parents: Mapping[str, str] = field(default_factory=dict)

    def parent(self, resource: str) -> str | None:
        return self.parents.get(resource)


NONE = Topology()


def read_topology(path: str) -> Topology:
    """A CSV file with the columns resource and parent; "" is none. Raises InvalidSettings."""
    if not path:
        return NONE
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read: {error}"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)]) from error
    wrong = [number for number, row in enumerate(rows, 2) if not all(row.get(name) for name in COLUMNS)]
    if wrong:
        message = f"{path} line {wrong[0]} needs a resource and a parent"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)])
    return Topology(parents={row["resource"]: row["parent"] for row in rows})
