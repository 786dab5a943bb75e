"""What the body of a PATCH means, by its media type."""

from hub.api.messages import Request
from hub.problems.edits import Edit, Lists, bounded, json_patch_edit, merge_edit, no_lists
from hub.problems.patch_query import Matching
from hub.query.vocabulary import ResourceVocabulary


def edit_of(
    request: Request, *, largest: int, lists: Lists = no_lists, vocabulary: ResourceVocabulary | None = None
) -> Edit:
    """The edit of a report that a request asks for; `largest` is the longest report in bytes that it may make.

    The conditions in the paths of a patch are in the words of the `vocabulary`.
    """
    match request.media_type:
        case "application/json-patch+json":
            edit = json_patch_edit(request.body, largest=largest, lists=lists)
        case "application/json-patch-query+json":
            edit = json_patch_edit(request.body, largest=largest, lists=lists, resolve=Matching(vocabulary))
        case _:
            edit = merge_edit(request.body)
    return bounded(edit, largest=largest)
