"""What the body of a PATCH means, by its media type."""

from hub.api.messages import Request
from hub.problems.edits import Edit, Lists, bounded, json_patch_edit, merge_edit, no_lists
from hub.problems.patch_query import Matching


def edit_of(request: Request, *, largest: int, lists: Lists = no_lists) -> Edit:
    """The edit of a report that a request asks for; `largest` is the longest report in bytes that it may make."""
    match request.media_type:
        case "application/json-patch+json":
            edit = json_patch_edit(request.body, largest=largest, lists=lists)
        case "application/json-patch-query+json":
            edit = json_patch_edit(request.body, largest=largest, lists=lists, resolve=Matching())
        case _:
            edit = merge_edit(request.body)
    return bounded(edit, largest=largest)
