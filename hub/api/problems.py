"""The operations on reports and on their history."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import TypeVar

import orjson

from hub.api.conditions import Tags, has_conditions, is_known, refuse_unmet
from hub.api.edits import edit_of
from hub.api.filters import PROBLEM_KINDS, RECORD_KINDS, refuse_impossible
from hub.api.messages import Request, Response
from hub.api.paging import Headers, page_headers
from hub.api.render import Face
from hub.errors import NotFound, Violation
from hub.model.caller import Caller
from hub.model.event import Record
from hub.model.problem import Problem
from hub.problems.ownership import Owners, Ownership, missing
from hub.problems.rules import ProblemRules
from hub.query.ownership import both
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from hub.query.syntax import Comparison, Condition, Operator
from hub.store.problems import COLUMNS
from hub.store.sqlite import Store
from hub.store.tables import Tables

T = TypeVar("T")

QUERIES_KEPT = 512
"""How many query strings are kept with what they mean."""

FAR = 1000
"""The offset up to which a page is read on the event loop; a page behind it takes a thread."""

RECORD_ATTRIBUTES = frozenset(
    {"id", "@type", "eventTime", "recordTime", "eventType", "notification", "serviceProblem"}
)
NO_QUERY = ListQuery(condition=None, fields=(), offset=0, limit=None)


class ProblemOperations:
    """`attributes` are the first-level attributes of a report; `page_maximum` is the longest page.

    `largest` is how many bytes of JSON a report may grow to by being changed.
    Every operation asks `owners` what its caller sees; a report of another party is as one that is not there.
    """

    def __init__(
        self,
        *,
        store: Store,
        rules: ProblemRules,
        owners: Owners,
        face: Face,
        attributes: frozenset[str],
        page_maximum: int,
        largest: int,
        tags: Tags,
    ) -> None:
        self._store = store
        self._rules = rules
        self._owners = owners
        self._face = face
        self._attributes = attributes
        self._page_maximum = page_maximum
        self._largest = largest
        self._tags = tags

    def _query(self, request: Request, attributes: frozenset[str]) -> ListQuery:
        if not request.query_string:
            return NO_QUERY
        kind = "serviceProblemEventRecord" if attributes is RECORD_ATTRIBUTES else "serviceProblem"
        return _read_query(request.query_string, attributes, f"{self._face.base_url}/{kind}/")

    def _owner(self, caller: Caller) -> Ownership:
        return self._owners.of(caller.party)

    def _limit(self, query: ListQuery) -> int:
        return self._page_maximum if query.limit is None else min(query.limit, self._page_maximum)

    def _headers(
        self, request: Request, path: str, query: ListQuery, returned: int, total: int
    ) -> tuple[tuple[str, str], ...]:
        pairs = _read_pairs(request.query_string)
        url = f"{self._face.base_url}/{path}"
        limit = self._limit(query)
        return page_headers(url, pairs, offset=query.offset, limit=limit, returned=returned, total=total)

    async def list_problems(self, request: Request) -> Response:
        query = self._query(request, self._attributes)
        refuse_impossible(query.condition, PROBLEM_KINDS)
        if request.caller.party is not None:
            query = replace(query, condition=both(self._owner(request.caller).condition, query.condition))
        read = partial(self._read_problems, query)
        tag = self._list_tag(request.caller)
        if is_known(request, tag):
            return Response(status=304, etag=tag)
        rows, total = read() if _is_near(query) else await asyncio.to_thread(read)
        headers = self._headers(request, "serviceProblem", query, len(rows), total)
        return Response(body=self._face.problems(rows, query.fields), headers=headers, etag=tag)

    def _list_tag(self, caller: Caller) -> str:
        """Read before the list, so that a list that is newer than its tag is only asked for once more."""
        return self._tags.of(self._store.read.records.last(), party=caller.party)

    def _read_problems(self, query: ListQuery) -> tuple[list[tuple[str, bytes]], int]:
        problems = self._store.read.problems
        rows = problems.page(query.condition, offset=query.offset, limit=self._limit(query)).rows
        return rows, problems.count(query.condition)

    async def create(self, request: Request) -> Response:
        fields = self._query(request, self._attributes).fields
        problem = await self._store.awrite(
            partial(
                self._rules.create,
                given=request.body,
                actor=request.caller.name,
                owner=self._owner(request.caller),
            )
        )
        headers = (("Location", self._face.problem_href(problem.id)),)
        return self._changed(problem, fields, status=201, headers=headers)

    def _changed(
        self, problem: Problem, fields: tuple[str, ...], *, status: int = 200, headers: Headers = ()
    ) -> Response:
        body, tag = self._face.changed(problem, fields), self._tags.of(problem.version)
        return Response(status=status, body=body, headers=headers, etag=tag)

    async def retrieve(self, request: Request) -> Response:
        problem_id = request.path_params["id"]
        found = self._store.read.problems.versioned(problem_id)
        if found is None or not self._is_seen(request.caller, found[0]):
            raise missing(problem_id)
        fields = self._query(request, self._attributes).fields
        document, version = found
        return Response(body=self._face.problem(problem_id, document, fields), etag=self._tags.of(version))

    def _is_seen(self, caller: Caller, document: bytes) -> bool:
        return caller.party is None or self._owner(caller).sees(orjson.loads(document))

    async def patch(self, request: Request) -> Response:
        fields = self._query(request, self._attributes).fields
        work = partial(
            self._rules.patch,
            problem_id=request.path_params["id"],
            edit=edit_of(request, largest=self._largest),
            actor=request.caller.name,
            owner=self._owner(request.caller),
        )
        problem = await self._store.awrite(self._on_condition(request, work))
        return self._changed(problem, fields)

    def _on_condition(self, request: Request, work: Callable[[Tables], T]) -> Callable[[Tables], T]:
        """The work, and before it, in the same transaction, what the caller demands of the report."""
        if not has_conditions(request):
            return work

        def checked(tables: Tables) -> T:
            problem_id = request.path_params["id"]
            found = tables.problems.versioned(problem_id)
            if found is None or not self._is_seen(request.caller, found[0]):
                raise missing(problem_id)
            refuse_unmet(request, self._tags.of(found[1]))
            return work(tables)

        return checked

    async def delete(self, request: Request) -> Response:
        problem_id = request.path_params["id"]
        work = partial(
            self._rules.delete,
            problem_id=problem_id,
            actor=request.caller.name,
            owner=self._owner(request.caller),
        )
        await self._store.awrite(self._on_condition(request, work))
        return Response(status=204)

    async def list_records(self, request: Request) -> Response:
        query = self._query(request, RECORD_ATTRIBUTES)
        refuse_impossible(query.condition, RECORD_KINDS, only=True)
        owner = self._owner(request.caller)
        tag = self._list_tag(request.caller)
        if is_known(request, tag):
            return Response(status=304, etag=tag)
        records, total = await asyncio.to_thread(self._read_records, query, owner)
        headers = self._headers(request, "serviceProblemEventRecord", query, len(records), total)
        body = orjson.dumps([self._face.record(record, query.fields) for record in records])
        return Response(body=body, headers=headers, etag=tag)

    def _read_records(self, query: ListQuery, owner: Ownership) -> tuple[list[Record], int]:
        """The history of a report that was deleted has no owner any more: operators alone see it."""
        records, seen = self._store.read.records, owner.condition
        limit = self._limit(query)
        page = records.page(query.condition, offset=query.offset, limit=limit, reports=seen).rows
        return page, records.count(query.condition, reports=seen)

    async def retrieve_record(self, request: Request) -> Response:
        record_id = request.path_params["id"]
        record = self._store.read.records.get(record_id)
        if record is None or not self._is_of_seen(request.caller, record):
            raise _missing_record(record_id)
        body = orjson.dumps(self._face.record(record, self._query(request, RECORD_ATTRIBUTES).fields))
        return Response(body=body, etag=self._tags.of(record.sequence))

    def _is_of_seen(self, caller: Caller, record: Record) -> bool:
        if caller.party is None:
            return True
        document = self._store.read.problems.document(record.problem_id)
        return document is not None and self._is_seen(caller, document)


@lru_cache(maxsize=QUERIES_KEPT)
def _read_pairs(query_string: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(split_query_string(query_string))


@lru_cache(maxsize=QUERIES_KEPT)
def _read_query(query_string: bytes, attributes: frozenset[str], collection: str) -> ListQuery:
    """Clients ask the same again and again; what they ask wrong is read anew each time."""
    pairs = [_id_for_href(name, value, collection) for name, value in _read_pairs(query_string)]
    return parse_list_query(pairs, attributes=attributes)


def _id_for_href(name: str, value: str, collection: str) -> tuple[str, str]:
    """An href is made of the id when it leaves, so that is what is asked for; another href fits nothing."""
    return ("id", value.removeprefix(collection)) if name == "href" else (name, value)


def _missing_record(key: str) -> NotFound:
    return NotFound(violations=[Violation(field="id", value=key, message=f"no event record {key}")])


def _is_near(query: ListQuery) -> bool:
    """Whether the page is quick to read: near the beginning, and found by an index if it is filtered."""
    return query.offset <= FAR and _is_indexed(query.condition)


def _is_indexed(condition: Condition | None) -> bool:
    if condition is None:
        return True
    return isinstance(condition, Comparison) and condition.operator is Operator.EQ and condition.path in COLUMNS
