"""The query of a list of the operator's: filters that narrow it together, and a page of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from hub.api.messages import Request
from hub.api.paging import Headers, check_offset, page_headers
from hub.errors import InvalidInput, Violation

Words = Mapping[str, Sequence[str] | None]
"""{filter: the words that it may have}; None for any text."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`pairs` are the parts of the query as they came, for the links to other pages."""

    pairs: Sequence[tuple[str, str]]
    filters: Mapping[str, str]
    offset: int
    limit: int

    def headers(self, url: str, *, returned: int, total: int) -> Headers:
        """The counts of the page that was asked for, and the links to the others of the list at `url`.

        Raises OutOfRange when the page begins behind the last entry.
        """
        check_offset(self.offset, total)
        return page_headers(url, self.pairs, offset=self.offset, limit=self.limit, returned=returned, total=total)


def asked_of(request: Request, words: Words, *, what: str, maximum: int, more: Sequence[str] = ()) -> Asked:
    """`more` are parameters that the caller reads itself. Raises InvalidInput with everything that is wrong."""
    pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    known_names = (*words, "offset", "limit", *more)
    violations = [
        Violation(
            field=name, value=value, message=f"is no parameter of {what}; these are: {', '.join(known_names)}"
        )
        for name, value in pairs
        if name not in known_names
    ]
    violations += [
        Violation(field=name, value=given[name], message=f"must be one of {', '.join(known)}")
        for name, known in words.items()
        if known is not None and name in given and given[name] not in known
    ]
    violations += [
        Violation(field=name, value=given[name], message="must be a whole number of 0 or more")
        for name in ("offset", "limit")
        if name in given and not (given[name].isascii() and given[name].isdecimal() and len(given[name]) < 16)
    ]
    if violations:
        raise InvalidInput(violations=violations)
    filters = {name: given[name] for name in words if name in given}
    limit = min(int(given.get("limit", maximum)), maximum)
    return Asked(pairs=pairs, filters=filters, offset=int(given.get("offset", 0)), limit=limit)
