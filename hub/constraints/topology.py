"""Which resource stands behind which, and which ones belong together: a file of the operator's, read once."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import InvalidSettings, Violation

FIELD = "[constraints] topology"
SAID = ("parent", "group")
"""What a row says of its resource: one of these at least."""


@dataclass(frozen=True, kw_only=True)
class Topology:
    """{id of a resource: id of the one that it hangs on}; one step is followed and no more, for chains join all.

    `groups` is {id of a resource: name of the group whose capacity it shares}.
    """

    parents: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def parent(self, resource: str) -> str | None:
        return self.parents.get(resource)

    def group(self, resource: str) -> str | None:
        return self.groups.get(resource)


NONE = Topology()


def read_topology(path: str) -> Topology:
    """A CSV file with the columns resource, parent and group; "" is none. Raises InvalidSettings."""
    if not path:
        return NONE
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read: {error}"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)]) from error
    wrong = [
        number
        for number, row in enumerate(rows, 2)
        if not row.get("resource") or not any(row.get(name) for name in SAID)
    ]
    if wrong:
        message = f"{path} line {wrong[0]} needs a resource, and a parent or a group"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)])
    parents, groups = ({row["resource"]: row[name] for row in rows if row.get(name)} for name in SAID)
    return Topology(parents=parents, groups=groups)
