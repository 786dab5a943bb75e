"""The links between reports: a child names its parents (`parentProblem`), a parent its children (`underlyingProblem`).

Between two reports of this hub a link always stands on both sides, and nobody is below himself. A reference to an id
that the hub does not know, or that the caller may not know of, is a word about something elsewhere: it is kept as it
is, and no link.
"""

from collections.abc import Collection, Iterable, Mapping

from hub.errors import Conflict, Violation
from hub.model.problem import Document, Problem
from hub.problems.ownership import OF_ALL, Ownership
from hub.store.problems import Stored
from hub.store.tables import Tables

PARENTS, CHILDREN = "parentProblem", "underlyingProblem"
OTHER_SIDE = {PARENTS: CHILDREN, CHILDREN: PARENTS}

Ends = list[tuple[Stored, Document]]
"""Reports at the other ends of links, each with the document that it is to have."""


def reference(id: str, href: str) -> Document:
    return {"@type": "ServiceProblemRef", "id": id, "href": href}


def ids_in(document: Document, side: str) -> list[str]:
    """The ids that a report names on one side, in their order."""
    return [one["id"] for one in document.get(side) or ()]


def repeated(document: Document, before: Document | None = None) -> list[Violation]:
    """What a report as it was sent names twice on one side; a side that is as it was `before` is not looked at."""
    violations = []
    for side in OTHER_SIDE:
        stated = document.get(side)
        if not isinstance(stated, list) or (before and stated == before.get(side)):
            continue
        first: dict[str, int] = {}
        for place, one in enumerate(stated):
            found = one.get("id") if isinstance(one, dict) else None
            if isinstance(found, str) and first.setdefault(found, place) != place:
                message = f"names the same report as {side}[{first[found]}]"
                violations.append(Violation(field=f"{side}[{place}].id", value=found, message=message))
    return violations


def with_references(document: Document, side: str, references: Iterable[Document]) -> Document:
    """The document with the references that it has not yet; the very same document when it has all of them."""
    known = set(ids_in(document, side))
    new = [one for one in references if one["id"] not in known]
    return {**document, side: [*(document.get(side) or ()), *new]} if new else document


def without_references(document: Document, side: str, ids: Collection[str]) -> Document:
    """The document without references to `ids`; the very same document when it has none."""
    present = document.get(side) or ()
    left = [one for one in present if one["id"] not in ids]
    if len(left) == len(present):
        return document
    return {**document, side: left} if left else {name: document[name] for name in document if name != side}


def unlinked(document: Document) -> Document:
    """The document as if it had neither parents nor children."""
    return {name: value for name, value in document.items() if name not in OTHER_SIDE}


def above(
    tables: Tables,
    ids: Iterable[str],
    *,
    without: tuple[str, Collection[str]] = ("", ()),
    linked: bool = False,
) -> dict[str, str]:
    """{id: which of `ids` leads to it} of these reports and all that are above them.

    `without` is (parent, children): links that are about to go, and are not followed.
    Of the references that stand on one side alone none is followed where `linked` is asked for.
    """
    going, orphans = without
    found: dict[str, str] = {}
    waiting = [(one, one) for one in ids]
    while waiting:
        one, first = waiting.pop()
        if one in found:
            continue
        found[one] = first
        stored = tables.problems.get(one)
        parents = ids_in(stored.problem.document, PARENTS) if stored else []
        if linked:
            parents = [parent for parent in parents if are_linked(tables, one, PARENTS, parent)]
        waiting += [(parent, first) for parent in parents if not (parent == going and one in orphans)]
    return found


def are_linked(tables: Tables, problem_id: str, side: str, other_id: str) -> bool:
    """Whether the reference of a report to another on one side is a link: the other refers to it, too."""
    stored = tables.problems.get(other_id)
    return stored is not None and problem_id in ids_in(stored.problem.document, OTHER_SIDE[side])


def are_the_same(before: Document, after: Document) -> bool:
    """Whether two documents name the same parents and children in the same words."""
    return before.get(PARENTS) == after.get(PARENTS) and before.get(CHILDREN) == after.get(CHILDREN)


def other_ends(
    tables: Tables, before: Document, after: Problem, reference: Document, owner: Ownership = OF_ALL
) -> Ends:
    """What the reports have to say to which `after` has gained or lost a link since its document was `before`.

    `reference` is the one to `after`. The owner gains links to reports that it sees only.
    Raises Conflict when a report would come to be below itself, were what the owner says of others a link, too.
    """
    named = {side: _found(tables, ids_in(after.document, side), ids_in(before, side)) for side in OTHER_SIDE}
    gained = {side: [one for one in ends if owner.sees(one.problem.document)] for side, ends in named.items()}
    words = {side: {one.problem.id for one in named[side]} - _ids_of(gained[side]) for side in OTHER_SIDE}
    lost = {side: _found(tables, ids_in(before, side), ids_in(after.document, side)) for side in OTHER_SIDE}
    _refuse_circles(tables, before, after, gained, words)
    ends: dict[str, tuple[Stored, Document]] = {}
    for side, other in OTHER_SIDE.items():
        for one in gained[side]:
            stored, document = ends.get(one.problem.id, (one, one.problem.document))
            ends[one.problem.id] = stored, with_references(document, other, [reference])
        for one in lost[side]:
            stored, document = ends.get(one.problem.id, (one, one.problem.document))
            ends[one.problem.id] = stored, without_references(document, other, {after.id})
    return [(stored, document) for stored, document in ends.values() if stored.problem.id != after.id]


def _found(tables: Tables, ids: Iterable[str], known: Iterable[str]) -> list[Stored]:
    """The reports of the hub among `ids` that are not among `known`."""
    others = dict.fromkeys(ids).keys() - set(known)
    return [stored for one in others if (stored := tables.problems.get(one))]


def _ids_of(ends: Iterable[Stored]) -> set[str]:
    return {one.problem.id for one in ends}


def _refuse_circles(
    tables: Tables,
    before: Document,
    after: Problem,
    gained: Mapping[str, list[Stored]],
    words: Mapping[str, set[str]],
) -> None:
    """`words` are the ids on each side of reports that the owner does not see."""
    parents = _linked(tables, PARENTS, before, after, gained)
    children = set(_linked(tables, CHILDREN, before, after, gained))
    without = (after.id, set(ids_in(before, CHILDREN)) - children)
    found = above(tables, parents, without=without)
    new = _ids_of(gained[CHILDREN])
    circles = {
        (CHILDREN, one) if one in new else (PARENTS, found[one]) for one in (after.id, *children) if one in found
    }
    circles |= _circles_of_words(tables, words, parents, {after.id, *children}, without)
    if after.id in ids_in(after.document, CHILDREN):
        circles.add((CHILDREN, after.id))
    violations = [
        Violation(field=f"{side}[{place}].id", value=one, message="would make a report a parent of itself")
        for side in OTHER_SIDE
        for place, one in enumerate(ids_in(after.document, side))
        if (side, one) in circles
    ]
    if violations:
        raise Conflict(violations=violations)


def _circles_of_words(
    tables: Tables,
    words: Mapping[str, set[str]],
    parents: Iterable[str],
    own: Collection[str],
    without: tuple[str, Collection[str]],
) -> set[tuple[str, str]]:
    """(side, id) of each word that the links contradict: those of the report itself and of its children, `own`.

    Only what is linked to these is looked at: whether two others are linked is nothing that an answer may tell.
    """
    over = above(tables, parents, without=without, linked=True) if words[CHILDREN] else {}
    circles = {(CHILDREN, one) for one in words[CHILDREN] if one in over}
    for one in words[PARENTS]:
        if not above(tables, [one], without=without, linked=True).keys().isdisjoint(own):
            circles.add((PARENTS, one))
    return circles


def _linked(
    tables: Tables, side: str, before: Document, after: Problem, gained: Mapping[str, list[Stored]]
) -> list[str]:
    """The ids on one side that are links: those that were links before, and those gained."""
    known = {one for one in ids_in(before, side) if are_linked(tables, after.id, side, one)}
    links = known | {one.problem.id for one in gained[side]}
    return [one for one in ids_in(after.document, side) if one in links or one == after.id]
