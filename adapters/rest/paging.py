"""How one page of an API leads to the next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jmespath

from adapters.http import Answer, HttpClient
from adapters.rest.links import address_of
from adapters.rest.secrets import names_in
from adapters.rows import Row
from hub.ports import Unavailable

Params = Mapping[str, str]
SAID = 200
"""Letters of a header that are told."""
EMPTY_PAGES = 1000
"""Pages without a ticket, one after the other, behind which no more are asked for."""


@dataclass(frozen=True, kw_only=True)
class Paging:
    """As `adapters.rest.options.PagingOptions` describes it; `size` is how many rows are asked for."""

    kind: str
    size: int
    parameter: str | None = None
    size_parameter: str | None = None
    first: int = 1
    member: str | None = None
    short_last: bool = False

    def params(self, *, size: int, offset: int) -> dict[str, str]:
        """What asks for so many rows behind so many others, where pages or rows are counted."""
        asked = {self.size_parameter: str(size)} if self.size_parameter else {}
        if self.kind == "page":
            return asked | {str(self.parameter): str(self.first + offset // size)}
        if self.kind == "offset":
            return asked | {str(self.parameter): str(offset)}
        return asked

    def is_last(self, rows: Sequence[Row]) -> bool:
        return not rows or (self.short_last and len(rows) < self.size)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """All pages of a list, one after the other. `rows_of` are those of an answer, `key_of` names one of them.

    `always` are parameters that an address of a next page gets where it has left them out.
    """

    http: HttpClient
    path: str
    paging: Paging
    rows_of: Callable[[Answer], Sequence[Row]]
    key_of: Callable[[Row], str]
    always: Params = field(default_factory=dict)

    def pages(self, params: Params) -> Iterator[Sequence[Row]]:
        """Raises Unavailable when the pages go round in a circle, or lead on and on without a ticket: then the system
        has not understood the paging."""
        before: list[str] = []
        offset = empty = 0
        asked: set[str] = set()
        where: tuple[str, Params] | None = (self.path, {**params, **self._counted(0)})
        while where is not None:
            # A cursor may be the same word on all pages.
            if self.paging.kind == "link" and where[0] in asked:
                said = self.http.redacted(where[0])
                raise Unavailable(f"{self.path}: the pages go round in a circle: {said} comes again")
            asked.add(where[0])
            answer = self.http.get(where[0], dict(where[1]))
            rows = self.rows_of(answer)
            keys = [self.key_of(row) for row in rows]
            if keys and keys == before:
                raise Unavailable(
                    f"{self.path}: the paging was ignored: two pages have the same tickets, from {keys[0]} on"
                )
            yield rows
            empty = 0 if rows else empty + 1
            before, offset = keys, offset + (self.paging.size if self.paging.kind == "page" else len(rows))
            where = self._following(answer, rows, where[0], params, offset)
            if where is not None and empty >= EMPTY_PAGES:
                raise Unavailable(
                    f"{self.path}: the paging does not end: {empty} pages in a row have no ticket, and name a next one"
                )

    def _counted(self, offset: int) -> dict[str, str]:
        return self.paging.params(size=self.paging.size, offset=offset)

    def _following(
        self, answer: Answer, rows: Sequence[Row], asked: str, params: Params, offset: int
    ) -> tuple[str, Params] | None:
        match self.paging.kind:
            case "page" | "offset":
                return None if self.paging.is_last(rows) else (self.path, {**params, **self._counted(offset)})
            case "link":
                return self._by_link(answer.headers.get("Link", ""), asked)
            case "cursor":
                return self._by_cursor(jmespath.search(str(self.paging.member), answer.content), asked, params)
            case _:
                return None

    def _at(self, url: str, asked: str) -> tuple[str, Params]:
        path = self.http.inside(url, asked)
        there = names_in(path)
        return path, {name: value for name, value in self.always.items() if name not in there}

    def _by_link(self, header: str, asked: str) -> tuple[str, Params] | None:
        """Raises Unavailable for a header that cannot be read: taken for none, it would end the list too early."""
        try:
            url = address_of("next", header)
        except ValueError as error:
            said = self.http.redacted(repr(header))[:SAID]
            raise Unavailable(f"{self.path}: the header Link cannot be read: {error}: {said}") from error
        return None if url is None else self._at(url, asked)

    def _by_cursor(self, cursor: Any, asked: str, params: Params) -> tuple[str, Params] | None:
        if cursor is None or cursor == "" or cursor is False:
            return None
        if self.paging.parameter is None or str(cursor).startswith(("http://", "https://")):
            return self._at(str(cursor), asked)
        return self.path, {**params, **self._counted(0), self.paging.parameter: str(cursor)}
