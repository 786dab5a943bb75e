"""Entity tags, and the conditions that a caller sets on them (RFC 9110, section 13)."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import TypeVar

from hub.api.messages import Request, Response
from hub.errors import PreconditionFailed, Violation
from hub.store.tables import Tables

T = TypeVar("T")

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')

BLANK, BETWEEN = b" \t", b" \t,"

NOT_STORED = ("Cache-Control", "no-store")
"""The header of an answer that has no tag, because it says how things are at this moment."""


class Tags:
    """Makes the tags of answers whose state has a name or a number.

    `shape` is all else that forms the answers, such as the settings and the face. A tag is the same only where the
    bytes of the answer are the same, at one URL and for one party.
    """

    def __init__(self, *shape: object) -> None:
        self._shape = _digest(repr(shape).encode())

    def of(self, state: str | int, *, party: str | None = None) -> str:
        """The tag for a state, for callers who see all, or for those of a party where they see something else."""
        if party is None:
            return f'"{state}-{self._shape}"'
        return f'"{state}-{self._shape}-{_digest(party.encode())}"'


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()


def tag_of(body: bytes) -> str:
    """The tag of an answer by its bytes."""
    return f'"{_digest(body)}"'


def names(header: bytes | None, tag: str | None, *, weakly: bool) -> bool:
    """Whether a list of tags names this one; `*` names whatever is there. A weak tag is never the same strongly.

    What is no list of tags names nothing: a careless `If-Match` fails, a careless `If-None-Match` is answered in full.
    """
    if header is None:
        return False
    if header.strip() == b"*":
        return True
    return tag is not None and tag.encode("latin-1") in set(_tags_in(header, weakly=weakly))


def _tags_in(header: bytes, *, weakly: bool) -> list[bytes]:
    """The tags of a list; none where anything in it is no tag."""
    tags: list[bytes] = []
    rest = header.strip(BETWEEN)
    while rest:
        found = _TAG.match(rest)
        if found is None:
            return []
        if weakly or not found[1]:
            tags.append(found[2])
        rest = rest[found.end() :].lstrip(BLANK)
        if rest and not rest.startswith(b","):
            return []
        rest = rest.lstrip(BETWEEN)
    return tags


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller has the answer with this tag already."""
    return names(request.headers.get(b"if-none-match"), tag, weakly=True)


def answered(request: Request, response: Response) -> Response:
    """What leaves for a GET: with its tag, made of its bytes where it has none; 304 when the caller has it.

    Raises PreconditionFailed when the caller demands another one by `If-Match`; what streams has asked by itself.
    """
    if response.streams:
        return response
    if response.status not in (200, 206) or NOT_STORED in response.headers:
        if response.status < 400 and b"if-match" in request.headers:
            refuse_unmatched(request, response.etag or None)
        return response
    tag = response.etag or tag_of(response.body + _rest_of_list(response))
    if b"if-match" in request.headers:
        refuse_unmatched(request, tag)
    if b"if-none-match" in request.headers and is_known(request, tag):
        return Response(status=304, etag=tag)
    return response if response.etag else replace(response, etag=tag)


def _rest_of_list(response: Response) -> bytes:
    """The total of a list of which the answer is a part: what comes behind the page changes the list, too."""
    counts = dict(response.headers)
    total = counts.get("X-Total-Count", "")
    return b"" if total == counts.get("X-Result-Count", "") else total.encode()


def has_conditions(request: Request) -> bool:
    return b"if-match" in request.headers or b"if-none-match" in request.headers


def refuse_unmet(request: Request, tag: str | None) -> None:
    """Holds the conditions of a change against the present tag; None is a resource that has no tag.

    Call it in the transaction of the change. Raises PreconditionFailed.
    """
    refuse_unmatched(request, tag)
    none_match = request.headers.get(b"if-none-match")
    if names(none_match, tag, weakly=True):
        raise _unmet("If-None-Match", none_match or b"", tag)


def refuse_unmatched(request: Request, tag: str | None) -> None:
    """Holds `If-Match` alone, as a reading does. Raises PreconditionFailed."""
    match = request.headers.get(b"if-match")
    if match is not None and not names(match, tag, weakly=False):
        raise _unmet("If-Match", match, tag)


def on_condition(
    request: Request, work: Callable[[Tables], T], tag: Callable[[Tables], str | None]
) -> Callable[[Tables], T]:
    """The work, and before it, in its transaction, what the caller demands of the resource that `tag` tells of."""
    if not has_conditions(request):
        return work

    def checked(tables: Tables) -> T:
        refuse_unmet(request, tag(tables))
        return work(tables)

    return checked


def _unmet(name: str, value: bytes, tag: str | None) -> PreconditionFailed:
    message = f"the present version is {tag}" if tag else "the resource is there, and has no version"
    return PreconditionFailed(violations=[Violation(field=name, value=value.decode("latin-1"), message=message)])
