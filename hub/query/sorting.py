"""The order that a client asks for: `sort=status,-priority`."""

import re

from hub.query.attributes import Holds
from hub.query.ordering import Sort, SortKey
from hub.query.vocabulary import ResourceVocabulary

KEYS_MAXIMUM = 8

_KEY = re.compile(r"([+ -]?)(@?[\w-]+(?:\.@?[\w-]+)*)")


def read_sort(text: str, *, vocabulary: ResourceVocabulary) -> Sort:
    """The keys between commas: `-` before a path turns its direction, `+` does not, and a lost `+` is a space.

    Raises ValueError naming a key that cannot be read, is not known, or has no one value for each document.
    """
    keys = [_key(part, vocabulary) for part in text.split(",") if part.strip()]
    if len(keys) > KEYS_MAXIMUM:
        raise ValueError(f"has {len(keys)} keys, more than {KEYS_MAXIMUM}")
    if len({key.path for key in keys}) < len(keys):
        raise ValueError("names an attribute twice")
    return tuple(keys)


def _key(part: str, vocabulary: ResourceVocabulary) -> SortKey:
    found = _KEY.fullmatch(part.strip())
    if found is None:
        raise ValueError(f"{part.strip()!r} is not an attribute with + or - before it")
    given = tuple(found[2].split("."))
    path, attribute = vocabulary.find(given)
    if vocabulary.leads_through_list(given):
        raise ValueError(f"{found[2]!r} is or leads through a list, whose elements have no order among documents")
    if attribute.holds is Holds.OBJECT:
        raise ValueError(f"{found[2]!r} holds an object; sort by one of its attributes")
    return SortKey(path=path, descending=found[1] == "-", instants=attribute.holds is Holds.INSTANT)
