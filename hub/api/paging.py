"""Pages of a list: counts and links in the headers, as TMF630 names them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from hub.errors import OutOfRange, Violation
from hub.query.cursors import cursor_text
from hub.query.ordering import Page
from hub.query.parse import ListQuery

Headers = tuple[tuple[str, str], ...]
Pairs = Sequence[tuple[str, str]]

HEADERS_KEPT = 1024
"""How many pages are kept with their headers: the same ones are asked for again and again."""

LINK_MAXIMUM = 8000
"""Characters of the Link header: it repeats the query in each link, and clients read lines of 8 to 64 KiB."""

NEIGHBOURS = ("prev", "next")

PLACES = frozenset({"offset", "limit", "after", "before"})
"""The parts of a query that say which page is meant; the others belong to every page."""


def check_offset(offset: int, total: int) -> None:
    """Raises OutOfRange when a page begins behind the last entry; one that begins at 0 never does."""
    if 0 < offset >= total:
        message = f"lies behind the last of {total} entries" if total else "the list is empty, and begins at 0"
        raise OutOfRange(
            violations=[Violation(field="offset", value=offset, message=message)],
            headers={"Content-Range": f"items */{total}"},
        )


def page_headers(url: str, pairs: Pairs, *, offset: int, limit: int, returned: int, total: int) -> Headers:
    """X-Total-Count, X-Result-Count, and Link for a page; `pairs` are the parts of the query."""
    return _page_headers(url, tuple(pairs), offset, limit, returned, total)


@lru_cache(maxsize=HEADERS_KEPT)
def _page_headers(
    url: str, pairs: tuple[tuple[str, str], ...], offset: int, limit: int, returned: int, total: int
) -> Headers:
    if limit <= 0:
        return _counts(returned, total)
    places = {"self": offset, "first": 0}
    if offset > 0:
        places["prev"] = max(0, offset - limit)
    if offset + limit < total:
        places["next"] = offset + limit
    places["last"] = max(0, (total - 1) // limit * limit) if total else 0
    targets = {name: f"offset={place}&limit={limit}" for name, place in places.items()}
    return (*_counts(returned, total), *_link(url, pairs, targets))


def cursor_headers(
    url: str, pairs: Pairs, *, query: ListQuery, limit: int, page: Page[Any], total: int
) -> Headers:
    """The same for a page by cursor: `next` continues behind its last row, `prev` before its first one."""
    cursor = query.cursor
    if limit <= 0 or cursor is None:
        return _counts(len(page.rows), total)
    begins_inside = cursor.position is not None
    has_next = begins_inside if cursor.backwards else page.more
    has_previous = page.more if cursor.backwards else begins_inside
    here = cursor_text(cursor.position, query.sort) if cursor.position else ""
    places = {"self": f"{'before' if cursor.backwards else 'after'}={here}", "first": "after="}
    if page.first and has_previous:
        places["prev"] = f"before={cursor_text(page.first, query.sort)}"
    if page.last and has_next:
        places["next"] = f"after={cursor_text(page.last, query.sort)}"
    places["last"] = "before="
    targets = {name: f"{place}&limit={limit}" for name, place in places.items()}
    return (*_counts(len(page.rows), total), *_link(url, pairs, targets))


def place_headers(
    url: str, pairs: Pairs, *, limit: int, returned: int, total: int, first: str | None, last: str | None
) -> Headers:
    """The same for a page between two cursors: `first` where there is something before it, `last` where behind it."""
    if limit <= 0:
        return _counts(returned, total)
    places = {"first": "after=", "last": "before="}
    if first is not None:
        places["prev"] = f"before={first}"
    if last is not None:
        places["next"] = f"after={last}"
    targets = {name: f"{place}&limit={limit}" for name, place in places.items()}
    return (*_counts(returned, total), *_link(url, pairs, targets))


def _counts(returned: int, total: int) -> Headers:
    return (("X-Total-Count", str(total)), ("X-Result-Count", str(returned)))


@lru_cache(maxsize=HEADERS_KEPT)
def _quoted(name: str, value: str) -> str:
    return f"{quote(name)}={quote(value)}&"


def _link(url: str, pairs: Pairs, targets: Mapping[str, str]) -> Headers:
    """As many links as clients can read: all of them, else the neighbours, else none."""
    kept = "".join([_quoted(name, value) for name, value in pairs if name not in PLACES])
    for names in (tuple(targets), NEIGHBOURS):
        links = [f'<{url}?{kept}{targets[name]}>; rel="{name}"' for name in names if name in targets]
        if len(link := ", ".join(links)) <= LINK_MAXIMUM:
            return (("Link", link),) if link else ()
    return ()
