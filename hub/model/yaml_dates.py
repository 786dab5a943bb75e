"""Loads YAML that people write: what looks like a date and is none stays a text, for its schema to refuse by name."""

from datetime import date

import yaml

TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(yaml.CSafeLoader):
    pass


def _date(loader: Loader, node: yaml.ScalarNode) -> date | str:
    try:
        found: date = loader.construct_yaml_timestamp(node)
    except ValueError:
        return str(node.value)
    return found


Loader.add_constructor(TIMESTAMP, _date)
