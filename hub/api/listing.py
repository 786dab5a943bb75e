"""How every list is asked and answered: its query, the page, the counts, the links, 206 and 416."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from hub.api.messages import Request, Response
from hub.api.paging import Headers, check_offset, cursor_headers, page_headers
from hub.errors import InvalidInput, Violation
from hub.query.attributes import Attributes
from hub.query.ordering import Page
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from hub.query.vocabulary import ReadAddress, Translate, as_it_is, as_written

T = TypeVar("T")

QUERIES_KEPT = 512
"""How many query strings are kept with what they mean."""

NO_QUERY = ListQuery(condition=None, fields=(), offset=0, limit=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Collection:
    """A list at `url` (no final slash), of resources with these attributes; a face may have others in their place."""

    url: str
    attributes: Attributes
    translate: Translate = as_it_is
    address: ReadAddress = as_written


@dataclass(frozen=True, kw_only=True)
class Lists:
    """`page_maximum` is the longest page; `partial_content` answers 206 to a page that is not the whole list."""

    page_maximum: int
    partial_content: bool = False

    def query(self, request: Request, collection: Collection) -> ListQuery:
        """What the query string asks for. Raises InvalidInput or Unsupported."""
        return read_query(request.query_string, collection) if request.query_string else NO_QUERY

    def fields(self, request: Request, collection: Collection) -> tuple[str, ...]:
        """What to show of a single resource. Raises InvalidInput for what is asked of lists alone."""
        return _read_fields(request.query_string, collection) if request.query_string else ()

    def limit(self, query: ListQuery) -> int:
        return self.page_maximum if query.limit is None else min(query.limit, self.page_maximum)

    def read(
        self, page: Callable[..., Page[T]], count: Callable[..., int], query: ListQuery, **more: Any
    ) -> tuple[Page[T], int]:
        """The page and the total of a table; `more` goes to both of its functions."""
        found = page(
            query.condition,
            sort=query.sort,
            offset=query.offset,
            limit=self.limit(query),
            cursor=query.cursor,
            **more,
        )
        return found, count(query.condition, **more)

    def answer(
        self,
        request: Request,
        collection: Collection,
        query: ListQuery,
        page: Page[T],
        total: int,
        render: Callable[[list[T]], bytes],
        *,
        etag: str = "",
    ) -> Response:
        """The rows as `render` writes them, with the list's tag, if any.

        Raises OutOfRange when the page begins behind the last entry.
        """
        if query.cursor is None and not page.rows:
            check_offset(query.offset, total)
        partial = self.partial_content and len(page.rows) < total
        headers = self._headers(request, collection, query, page, total)
        if partial and page.rows and query.cursor is None:
            last = query.offset + len(page.rows) - 1
            headers = (*headers, ("Content-Range", f"items {query.offset}-{last}/{total}"))
        return Response(status=206 if partial else 200, body=render(page.rows), headers=headers, etag=etag)

    def _headers(
        self, request: Request, collection: Collection, query: ListQuery, page: Page[T], total: int
    ) -> Headers:
        pairs = _read_pairs(request.query_string)
        limit = self.limit(query)
        if query.cursor is not None:
            return cursor_headers(collection.url, pairs, query=query, limit=limit, page=page, total=total)
        returned = len(page.rows)
        return page_headers(
            collection.url, pairs, offset=query.offset, limit=limit, returned=returned, total=total
        )


@lru_cache(maxsize=QUERIES_KEPT)
def _read_pairs(query_string: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(split_query_string(query_string))


@lru_cache(maxsize=QUERIES_KEPT)
def read_query(query_string: bytes, collection: Collection) -> ListQuery:
    """What a query string asks for. Raises InvalidInput or Unsupported.

    Clients ask the same again and again; what they ask wrong is read anew each time.
    """
    return parse_list_query(
        _read_pairs(query_string),
        attributes=collection.attributes,
        translate=collection.translate,
        address=collection.address,
        addresses=f"{collection.url}/",
    )


@lru_cache(maxsize=QUERIES_KEPT)
def _read_fields(query_string: bytes, collection: Collection) -> tuple[str, ...]:
    query = read_query(query_string, collection)
    if query != replace(NO_QUERY, fields=query.fields):
        names = dict.fromkeys(name for name, _ in _read_pairs(query_string) if name != "fields")
        message = "is asked of a list; a single resource takes fields alone"
        raise InvalidInput(violations=[Violation(field=name, message=message) for name in names])
    return query.fields
