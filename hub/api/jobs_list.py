"""The list of the bulk jobs of one kind: there are few at a time, so what is asked is asked of how they look."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from hub.api.jobs_known import KnownJobs
from hub.api.listing import NO_QUERY, Collection, Lists, read_query
from hub.api.messages import Request, Response, json_response
from hub.api.paging import check_offset, page_headers
from hub.errors import InvalidInput, Violation
from hub.model.job import JobKind
from hub.model.problem import Document
from hub.query.attributes import Attributes
from hub.query.list_query import ListQuery, split_query_string
from hub.query.ordering import Sort, SortKey
from hub.query.predicate import predicate
from hub.query.selection import select
from hub.store.sqlite import Store
from hub.store.tables import Tables

ALL = -1
"""The limit of a page that has everything."""


class JobList:
    def __init__(
        self, *, store: Store, known: KnownJobs, attributes: Mapping[JobKind, Attributes], lists: Lists
    ) -> None:
        """`attributes` has the kinds that are listed here."""
        self._store = store
        self._known = known
        self._lists = lists
        self._collections = {
            kind: Collection(url=known.url(kind), attributes=own.without("href"))
            for kind, own in attributes.items()
        }

    def answer(self, kind: JobKind, request: Request) -> Response:
        """The page that a query string asks for. Raises InvalidInput, OutOfRange or Unsupported."""
        collection, party = self._collections[kind], request.caller.party
        query = read_query(request.query_string, collection) if request.query_string else NO_QUERY
        if query.cursor is not None:
            message = "is no parameter of jobs; turn their pages with offset and limit"
            raise InvalidInput(violations=[Violation(field="after or before", message=message)])
        views, total = self._page(self._store.read, kind, party, query)
        check_offset(query.offset, total)
        headers = page_headers(
            collection.url,
            split_query_string(request.query_string),
            offset=query.offset,
            limit=self._lists.limit(query),
            returned=len(views),
            total=total,
        )
        return json_response([select(view, query.fields) for view in views], headers=headers)

    def whole(self, tables: Tables, kind: JobKind, party: str | None) -> bytes:
        """The answer to who asks without a query."""
        return orjson.dumps(self._page(tables, kind, party, NO_QUERY)[0])

    def _page(
        self, tables: Tables, kind: JobKind, party: str | None, query: ListQuery
    ) -> tuple[list[Document], int]:
        """The jobs of a page, and how many there are in all."""
        offset, limit = query.offset, self._lists.limit(query)
        if query.condition is None and not query.sort:
            jobs = tables.jobs.page(kind, party, offset=offset, limit=limit)
            return [self._known.view(tables, job) for job in jobs], tables.jobs.count(kind, party)
        fits = predicate(query.condition)
        views = (self._known.view(tables, job) for job in tables.jobs.page(kind, party, offset=0, limit=ALL))
        found = in_order([view for view in views if fits(view)], query.sort)
        return found[offset : offset + limit], len(found)


def in_order(views: Iterable[Document], sort: Sort) -> list[Document]:
    """By each key; what is missing comes last in both directions, what is equal stays in its order."""
    ordered = list(views)
    for key in reversed(sort):
        valued = [view for view in ordered if _value(view, key.path) is not None]
        missing = [view for view in ordered if _value(view, key.path) is None]
        ordered = [*sorted(valued, key=_by(key), reverse=key.descending), *missing]
    return ordered


def _by(key: SortKey) -> Callable[[Document], tuple[bool, Any]]:
    """Numbers come before texts."""

    def place(view: Document) -> tuple[bool, Any]:
        value = _value(view, key.path)
        return isinstance(value, str), value

    return place


def _value(view: Any, path: Sequence[str]) -> Any:
    for name in path:
        view = view.get(name) if isinstance(view, dict) else None
    return None if isinstance(view, list | dict) else view
