"""Loads YAML that people write: what looks like a date and is none stays a text, for its schema to refuse by name."""

from datetime import date
from typing import Any

import yaml

TIMESTAMP = "tag:yaml.org,2002:timestamp"
MERGE = "tag:yaml.org,2002:merge"
"""The tag of `<<`: what is merged in may be said otherwise beside it."""


class Loader(yaml.CSafeLoader):
    pass


def _date(loader: Loader, node: yaml.ScalarNode) -> date | str:
    try:
        found: date = loader.construct_yaml_timestamp(node)
    except ValueError:
        return str(node.value)
    return found


Loader.add_constructor(TIMESTAMP, _date)


class OnceLoader(Loader):
    """Refuses a key that stands twice in one mapping: the second would win, and nobody be told."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        said: list[Any] = []
        for key in (key for key, _ in node.value if key.tag != MERGE):
            name = self.construct_object(key, deep=True)
            if name in said:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} stands here twice", key.start_mark)
            said.append(name)
        return super().construct_mapping(node, deep)
