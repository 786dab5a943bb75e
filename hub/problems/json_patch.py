"""JSON Patch (RFC 6902): a list of operations, applied in order to a document; all of them or none.

What no document could fit is InvalidInput (400); what does not fit the present one is PatchConflict (409). Both name
the operation and its part: `[2].path`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from hub.errors import HubError, InvalidInput, PatchConflict, TooLarge, Unsupported, Violation
from hub.problems.json_pointer import Tokens, added, pointer_of, removed, replaced, tokens_of, value_at

Operation = Mapping[str, Any]
"""As the contract has it: `op` is one of the six, `path` and `from` are texts."""

Resolve = Callable[[Any, str], Sequence[Tokens]]
"""The places of a document that a path means, the last one first. Raises ValueError, or LookupError for none."""

MOST_OPERATIONS = 1000
DEEPEST = 64
"""How many levels of arrays and objects a patched document may have: as many as a body."""


def pointed(document: Any, path: str) -> Sequence[Tokens]:
    """The one place that a JSON Pointer means."""
    return (tokens_of(path),)


def patched(document: Any, operations: Sequence[Operation], *, resolve: Resolve = pointed, room: int) -> Any:
    """The document after all operations; what it shares with the one before is not changed.

    `room` is how many bytes of JSON the operations may write together: copies of copies come to an end.
    Raises InvalidInput, PatchConflict, and TooLarge.
    """
    if len(operations) > MOST_OPERATIONS:
        message = f"has {len(operations)} operations, more than {MOST_OPERATIONS}"
        raise InvalidInput(violations=[Violation(field="body", value=len(operations), message=message)])
    for number, operation in enumerate(operations):
        step = _Step(number, operation, resolve, room)
        document, room = step.run(document), step.room
    return document


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: numbers by their value, true and false only to themselves."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


class _Step:
    """One operation on the document as the ones before it have left it; `room` is what is left of it."""

    def __init__(self, number: int, operation: Operation, resolve: Resolve, room: int) -> None:
        self._number = number
        self._operation = operation
        self._resolve = resolve
        self._member = "path"
        self.room = room

    def run(self, document: Any) -> Any:
        """The document after this operation; whatever fails names the member that was being read."""
        try:
            return STEPS[self._operation["op"]](self, document)
        except ValueError as error:
            raise self._failure(InvalidInput, str(error)) from error
        except LookupError as error:
            raise self._failure(PatchConflict, str(error.args[0])) from error
        except Unsupported as error:
            raise self._failure(Unsupported, error.message) from error

    def add(self, document: Any) -> Any:
        value = self._given("value")
        return self._put(document, value, self._places(document, "path"))

    def replace(self, document: Any) -> Any:
        value = self._given("value")
        for place in self._places(document, "path"):
            self._take_room(place, value)
            document = replaced(document, place, value)
        return document

    def remove(self, document: Any) -> Any:
        for place in self._places(document, "path"):
            document = removed(document, place)
        return document

    def copy(self, document: Any) -> Any:
        value = value_at(document, self._place(document, "from"))
        return self._put(document, value, self._places(document, "path"))

    def move(self, document: Any) -> Any:
        source = self._place(document, "from")
        value = value_at(document, source)
        target = self._place(document, "path")
        if target == source:
            return document
        if target[: len(source)] == source:
            raise ValueError(f"{pointer_of(target)} lies inside of what is moved")
        return self._put(removed(document, source), value, [target])

    def test(self, document: Any) -> Any:
        wanted = self._given("value")
        for place in self._places(document, "path"):
            if not same(value_at(document, place), wanted):
                self._member = "value"
                raise LookupError(f"{pointer_of(place) or 'the whole'} has another value")
        return document

    def _put(self, document: Any, value: Any, places: Sequence[Tokens]) -> Any:
        for place in places:
            self._take_room(place, value)
            document = added(document, place, value)
        return document

    def _given(self, member: str) -> Any:
        self._member = member
        if member not in self._operation:
            raise ValueError("is missing")
        return self._operation[member]

    def _places(self, document: Any, member: str) -> Sequence[Tokens]:
        return self._resolve(document, self._given(member))

    def _place(self, document: Any, member: str) -> Tokens:
        places = self._places(document, member)
        if len(places) > 1:
            raise LookupError(f"fits {len(places)} places, and may fit one only")
        return places[0]

    def _take_room(self, place: Tokens, value: Any) -> None:
        content = orjson.dumps(value)
        self.room -= len(content)
        if self.room < 0:
            raise self._failure(TooLarge, "the operations up to this one write more than the server takes")
        free = DEEPEST - len(place)
        if content.count(b"[") + content.count(b"{") > free and depth_of(value, free) > free:
            raise ValueError(f"the document would have more than {DEEPEST} levels of arrays and objects")

    def _failure(self, kind: type[HubError], message: str) -> HubError:
        field = f"[{self._number}].{self._member}"
        return kind(violations=[Violation(field=field, value=self._operation.get(self._member), message=message)])


STEPS: Mapping[str, Callable[[_Step, Any], Any]] = {
    "add": _Step.add,
    "remove": _Step.remove,
    "replace": _Step.replace,
    "move": _Step.move,
    "copy": _Step.copy,
    "test": _Step.test,
}


def depth_of(value: Any, most: int) -> int:
    """How many levels of arrays and objects a value has; it is not looked at below `most` + 1."""
    level, depth = [value], 0
    while level and depth <= most:
        level = [one for one in level if isinstance(one, dict | list)]
        depth += bool(level)
        level = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
    return depth
