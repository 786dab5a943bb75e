"""An edit: what a client wants to become of a report, as a function of the report that the client sees."""

from collections.abc import Callable, Sequence

import orjson

from hub.errors import InvalidInput, TooLarge, Violation
from hub.model.problem import Document
from hub.problems.json_patch import Operation, Resolve, patched, pointed
from hub.problems.json_pointer import END, is_index
from hub.problems.merge import merge

Edit = Callable[[Document], Document]
"""From the whole v5 report, `id` and `href` included, to the report as it should be.

It runs in the transaction that keeps its result, does not change its argument, and raises a HubError when it cannot
be done.
"""

Lists = Callable[[tuple[str, ...]], bool]
"""Whether a list stands where these names lead, the indexes between them left out."""

TIMES = 4
"""A JSON patch may write this many times the largest report, for a later operation may remove what one has written."""


def no_lists(names: tuple[str, ...]) -> bool:
    return False


def merge_edit(patch: Document) -> Edit:
    """A merge patch: null removes a member, a list replaces the whole list."""

    def edit(document: Document) -> Document:
        merged: Document = merge(document, patch)
        return merged

    return edit


def json_patch_edit(
    operations: Sequence[Operation] | Operation,
    *,
    largest: int,
    resolve: Resolve = pointed,
    lists: Lists = no_lists,
) -> Edit:
    """A JSON patch; one operation without its list is a list of one. `largest` is in bytes.

    An object that is added where one of the `lists` stands is added to that list, as TMF630 shows it.
    """
    given = [operations] if not isinstance(operations, Sequence) else operations
    steps = [_at_the_end(step) if _is_for_a_list(step, lists) else step for step in given]

    def edit(document: Document) -> Document:
        result = patched(document, steps, resolve=resolve, room=TIMES * largest)
        if not isinstance(result, dict):
            raise InvalidInput(violations=[Violation(field="", value=result, message="must stay an object")])
        return result

    return edit


def _is_for_a_list(step: Operation, lists: Lists) -> bool:
    return step["op"] == "add" and isinstance(step.get("value"), dict) and lists(_names(step.get("path", "")))


def _names(path: str) -> tuple[str, ...]:
    """The names of a pointer that ends with one; () for every other path."""
    *above, last = path.split("/")[1:] or [""]
    return (*(name for name in above if not is_index(name)), last)


def _at_the_end(step: Operation) -> Operation:
    return {**step, "path": f"{step['path']}/{END}"}


def bounded(edit: Edit, *, largest: int) -> Edit:
    """The edit, refused with TooLarge when it makes a report grow beyond `largest` bytes of JSON."""

    def grown(document: Document) -> Document:
        result = edit(document)
        size = len(orjson.dumps(result))
        if size > largest and size > len(orjson.dumps(document)):
            message = f"the report would have {size} bytes, the server keeps {largest}"
            raise TooLarge(violations=[Violation(field="body", value=size, message=message)])
        return result

    return grown
