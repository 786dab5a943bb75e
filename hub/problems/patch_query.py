"""Paths with a query, as TMF630 part 5 writes them for `application/json-patch-query+json`.

A step is a member, an index, or a member with a condition on it, and a path leads to every place that fits:

- `/note/text?note.author=John`, where the names of the condition begin with those of the path;
- `/note?author=John/text`, where they begin at the elements of the list that the query stands at, or at the nearest
  object: `/note/0/text?author=John`, `/priority?status=held`;
- `/note[?(@.author=='John')]/text` or `$.note[?(@.author=='John')].text`, with a condition in JSONPath.

In a path with a condition, a list that is passed without one stands for all its elements. In a path without any, it
must have one element: nobody who writes `/note/text` means to rewrite every note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.problems.json_pointer import END, Tokens, is_index
from hub.problems.patch_names import check_names
from hub.problems.patch_path import Member, Step, Where, steps_of
from hub.query.vocabulary import ResourceVocabulary

MOST_LOOKED_AT = 100_000
"""Values that all the paths of one patch may look at together."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, the value, which is ABSENT where there is none yet, and the nearest object."""

    tokens: Tokens
    value: Any
    nearest: Any

    def child(self, token: str, value: Any) -> "Place":
        return Place((*self.tokens, token), value, value if isinstance(value, dict) else self.nearest)


ABSENT = object()


class Matching:
    """Finds places for the paths of one patch; without a `vocabulary` a condition may have any name and value."""

    def __init__(self, vocabulary: ResourceVocabulary | None = None) -> None:
        self._left = MOST_LOOKED_AT
        self._vocabulary = vocabulary

    def __call__(self, document: Any, path: str) -> Sequence[Tokens]:
        """The places that fit, the last one first. Raises ValueError, or LookupError for none."""
        places = [Place((), document, document)]
        steps = steps_of(path)
        if self._vocabulary is not None:
            check_names(steps, self._vocabulary, document)
        every = any(isinstance(step, Where) for step in steps)
        for step in steps:
            places = [found for place in places for found in self._counted(_found(place, step, every))]
        if not places:
            raise LookupError("fits no place of the report")
        return [place.tokens for place in reversed(places)]

    def _counted(self, found: Iterator[Place | None]) -> Iterator[Place]:
        for place in found:
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"the paths look at more than {MOST_LOOKED_AT} values")
            if place is not None:
                yield place


def _found(place: Place, step: Step, every: bool) -> Iterator[Place | None]:
    """Where a step leads from a place; None for each value that was looked at and does not fit.

    `every`: a list may be passed to all its elements. Raises LookupError.
    """
    match step, place.value:
        case Where(fits=fits), list() as elements:
            for number, element in enumerate(elements):
                fit = fits is None or (isinstance(element, dict) and fits(element))
                yield place.child(str(number), element) if fit else None
        case Where(fits=fits), node if fits is not None and node is not ABSENT:
            yield place if fits(place.nearest) else None
        case Member(name=name), dict() as members:
            yield place.child(name, members.get(name, ABSENT))
        case Member(name=name), list() as elements:
            yield from _in_list(place, elements, name, every)
        case Member(name=name), node if node is ABSENT and name == END:
            yield place.child(name, ABSENT)
        case _:
            yield None


def _in_list(place: Place, elements: list[Any], name: str, every: bool) -> Iterator[Place | None]:
    if name == END:
        yield place.child(name, ABSENT)
    elif is_index(name):
        index = int(name)
        yield place.child(name, elements[index] if index < len(elements) else ABSENT)
    elif len(elements) > 1 and not every:
        raise LookupError(f"does not say which of {len(elements)} elements is meant: give an index or a condition")
    else:
        for number, element in enumerate(elements):
            inside = isinstance(element, dict)
            yield place.child(str(number), element).child(name, element.get(name, ABSENT)) if inside else None
