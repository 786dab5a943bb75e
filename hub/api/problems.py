"""The operations on reports and on their history."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import orjson

from hub.api.conditions import Tags, is_known, on_condition
from hub.api.edits import edit_of
from hub.api.listing import Collection, Lists
from hub.api.messages import Request, Response
from hub.api.once import Once
from hub.api.paging import Headers
from hub.api.render import Face
from hub.api.secrecy import refuse_secret
from hub.errors import HubError, InvalidInput, NotFound, QueryTooSlow, Violation
from hub.model.caller import Caller
from hub.model.event import Record
from hub.model.problem import Document, Problem
from hub.problems.clients import ClientRules
from hub.problems.keeper import PLAIN
from hub.problems.ownership import OF_ALL, Owners, Ownership, missing
from hub.problems.views import Hidden, hidden_links, shown, shown_json, shown_record
from hub.query.attributes import Attributes
from hub.query.ordering import Page
from hub.query.parse import ListQuery
from hub.query.syntax import both
from hub.query.vocabulary import ResourceVocabulary
from hub.store.records import is_quick
from hub.store.search import Found, Search
from hub.store.sqlite import Store
from hub.store.tables import Tables

T = TypeVar("T")

NONE_HIDDEN: Hidden = frozenset()


class ProblemOperations:
    """`attributes` are those of a report, `record_attributes` those of an entry of the history.

    `largest` is how many bytes of JSON a report may grow to by being changed.
    Every operation asks `owners` what its caller sees; a report of another party is as one that is not there.
    """

    def __init__(
        self,
        *,
        store: Store,
        rules: ClientRules,
        owners: Owners,
        face: Face,
        attributes: Attributes,
        record_attributes: Attributes,
        lists: Lists,
        largest: int,
        tags: Tags,
        once: Once,
    ) -> None:
        self._store = store
        self._rules = rules
        self._owners = owners
        self._face = face
        self._lists = lists
        self._problems = Collection(
            url=f"{face.base_url}/serviceProblem", attributes=attributes, translate=face.path, address=face.address
        )
        self._edit_of = partial(
            edit_of,
            largest=largest,
            lists=attributes.is_list,
            vocabulary=ResourceVocabulary(
                attributes=attributes,
                translate=face.path,
                address=face.address,
                addresses=f"{self._problems.url}/",
            ),
        )
        self._of_other_types = replace(self._problems, attributes=attributes.opened())
        self._records = Collection(url=f"{face.base_url}/serviceProblemEventRecord", attributes=record_attributes)
        self._tags = tags
        self._once = once

    def _owner(self, caller: Caller) -> Ownership:
        return self._owners.of(caller.party)

    def _fields(self, request: Request, documents: Callable[[], Iterable[Document]]) -> tuple[str, ...]:
        """What to show of reports, of which others than those of a type that is described may have any attribute.

        Raises InvalidInput.
        """
        try:
            return self._lists.fields(request, self._problems)
        except InvalidInput:
            types = {document.get("@type") or PLAIN for document in documents()}
            if not types or types & self._problems.attributes.types:
                raise
        return self._lists.fields(request, self._of_other_types)

    def _stored(self, request: Request) -> list[Document]:
        document = self._store.read.problems.document(request.path_params["id"])
        return [] if document is None else [orjson.loads(document)]

    async def list_problems(self, request: Request) -> Response:
        query = self._lists.query(request, self._problems)
        owner = self._owner(request.caller)
        if owner.party is not None:
            refuse_secret(query.condition, query.sort)
            query = replace(query, condition=both(owner.condition, query.condition))
        if known := self._known_list(request, query):
            return Response(status=304, etag=known)
        page, total, tag = await self._read_problems(query, request.caller)
        render = partial(self._face.problems, fields=query.fields)
        return self._lists.answer(request, self._problems, query, page, total, render, etag=tag)

    def _known_list(self, request: Request, query: ListQuery) -> str:
        """The tag of the list, if the caller has it already; a page that is not the first may lie behind the end."""
        if b"if-none-match" not in request.headers or query.offset:
            return ""
        tag = self._list_tag(self._store.read, request.caller)
        return tag if is_known(request, tag) else ""

    def _list_tag(self, tables: Tables, caller: Caller) -> str:
        return self._tags.of(tables.records.last(), party=caller.party)

    def _on_list(self, request: Request, work: Callable[[Tables], T]) -> Callable[[Tables], T]:
        return on_condition(request, work, partial(self._list_tag, caller=request.caller))

    async def _read_problems(self, query: ListQuery, caller: Caller) -> tuple[Page[Found], int, str]:
        """(page, total, tag)"""
        search = self._search(query, self._store.read)
        try:
            return await self._store.aread(partial(self._found, query, caller, search), quick=search.quick)
        except QueryTooSlow as error:
            raise error.about(search.unindexed(), search.unordered()) from None

    def _search(self, query: ListQuery, tables: Tables) -> Search:
        return tables.problems.search(
            query.condition,
            sort=query.sort,
            offset=query.offset,
            limit=self._lists.limit(query),
            cursor=query.cursor,
        )

    def _found(
        self, query: ListQuery, caller: Caller, search: Search, tables: Tables
    ) -> tuple[Page[Found], int, str]:
        if not search.runs_on(tables.connection):
            search = self._search(query, tables)
        with tables.at_one_moment():
            page, total, tag = search.page(), search.count(), self._list_tag(tables, caller)
            if caller.party is not None:
                owner = self._owner(caller)
                page = replace(page, rows=[(one, shown_json(tables, one, json, owner)) for one, json in page.rows])
        return page, total, tag

    async def create(self, request: Request) -> Response:
        fields = self._fields(request, lambda: [request.body])
        owner = self._owner(request.caller)
        return await self._once.write(
            request,
            self._on_list(request, self._making(request, request.body)),
            lambda problem: self._made(problem, fields, owner),
            repeatable=True,
        )

    def _making(self, request: Request, given: Document) -> Callable[[Tables], Problem]:
        owner = self._owner(request.caller)
        return partial(self._rules.create, given=self._face.given(given), actor=request.caller.name, owner=owner)

    def _made(self, problem: Problem, fields: tuple[str, ...], owner: Ownership) -> Response:
        headers = (("Location", self._face.problem_href(problem.id)),)
        return self._changed(problem, fields, owner, status=201, headers=headers)

    async def create_several(self, request: Request) -> Response:
        """All or none; what is wrong with one of them names its operation."""
        owner = self._owner(request.caller)
        steps = request.body if isinstance(request.body, list) else [request.body]
        fields = self._fields(request, lambda: [step["value"] for step in steps])

        def make(tables: Tables) -> list[Problem]:
            return [
                _numbered(number, self._making(request, step["value"]), tables)
                for number, step in enumerate(steps)
            ]

        def answer(problems: list[Problem]) -> Response:
            made = [self._changed(problem, fields, owner).body for problem in problems]
            return Response(body=b"[%b]" % b",".join(made))

        return await self._once.write(request, self._on_list(request, make), answer)

    def _changed(
        self,
        problem: Problem,
        fields: tuple[str, ...],
        owner: Ownership,
        *,
        status: int = 200,
        headers: Headers = (),
    ) -> Response:
        if owner.party is None:
            tag = self._tag(problem.version, problem.document["lastUpdate"], NONE_HIDDEN, owner)
            return Response(status=status, body=self._face.changed(problem, fields), headers=headers, etag=tag)
        hidden = hidden_links(self._store.read, problem.id, problem.document, owner)
        tag = self._tag(problem.version, problem.document["lastUpdate"], hidden, owner)
        seen = replace(problem, document=shown(problem.document, owner, hidden))
        return Response(status=status, body=self._face.changed(seen, fields), headers=headers, etag=tag)

    def _tag(self, version: int, last_update: str, hidden: Hidden, owner: Ownership) -> str:
        """The tag of a report; one that is deleted and imported again under its id begins with version 1 again.

        What is hidden from a party depends on other reports, too, which this version does not count.
        """
        if owner.party is None:
            return self._tags.of(f"{version}.{last_update}")
        view = f".{sorted(hidden)}" if hidden else ""
        return self._tags.of(f"{version}.{last_update}", party=f"{owner.party}{view}")

    def _tag_of(self, tables: Tables, problem_id: str, found: tuple[bytes, int, str], owner: Ownership) -> str:
        document, version, last_update = found
        hidden = NONE_HIDDEN
        if owner.party is not None:
            hidden = hidden_links(tables, problem_id, orjson.loads(document), owner)
        return self._tag(version, last_update, hidden, owner)

    async def retrieve(self, request: Request) -> Response:
        problem_id, caller = request.path_params["id"], request.caller
        tables = self._store.read
        found = tables.problems.versioned(problem_id)
        if found is None or not (caller.party is None or self._is_seen(caller, found[0])):
            raise missing(problem_id)
        document, version, last_update = found
        fields = self._fields(request, lambda: [orjson.loads(document)]) if request.query_string else ()
        if caller.party is None:
            tag = self._tag(version, last_update, NONE_HIDDEN, OF_ALL)
            return Response(body=self._face.problem(problem_id, document, fields), etag=tag)
        owner = self._owner(caller)
        body = self._face.problem(problem_id, shown_json(tables, problem_id, document, owner), fields)
        return Response(body=body, etag=self._tag_of(tables, problem_id, found, owner))

    def _is_seen(self, caller: Caller, document: bytes) -> bool:
        return caller.party is None or self._owner(caller).sees(orjson.loads(document))

    async def patch(self, request: Request) -> Response:
        fields = self._fields(request, partial(self._stored, request))
        work = partial(
            self._rules.patch,
            problem_id=request.path_params["id"],
            edit=self._face.edit(request, self._edit_of),
            actor=request.caller.name,
            owner=self._owner(request.caller),
        )
        owner = self._owner(request.caller)
        return await self._once.write(
            request, self._on_condition(request, work), lambda problem: self._changed(problem, fields, owner)
        )

    def _on_condition(self, request: Request, work: Callable[[Tables], T]) -> Callable[[Tables], T]:
        """The work, and before it, in the same transaction, what the caller demands of the report."""

        def tag(tables: Tables) -> str:
            problem_id = request.path_params["id"]
            found = tables.problems.versioned(problem_id)
            if found is None or not self._is_seen(request.caller, found[0]):
                raise missing(problem_id)
            return self._tag_of(tables, problem_id, found, self._owner(request.caller))

        return on_condition(request, work, tag)

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
        query = self._lists.query(request, self._records)
        owner = self._owner(request.caller)
        if owner.party is not None:
            refuse_secret(query.condition, query.sort)
        if known := self._known_list(request, query):
            return Response(status=304, etag=known)
        read = partial(self._read_records, query, request.caller)
        page, total, tag = await self._store.aread(read, quick=is_quick(query.condition))
        render = partial(self._rendered_records, fields=query.fields)
        return self._lists.answer(request, self._records, query, page, total, render, etag=tag)

    def _rendered_records(self, records: list[Record], fields: tuple[str, ...]) -> bytes:
        return self._face.json([self._face.record(record, fields) for record in records])

    def _read_records(self, query: ListQuery, caller: Caller, tables: Tables) -> tuple[Page[Record], int, str]:
        """The history of a report that was deleted has no owner any more: operators alone see it."""
        records, owner = tables.records, self._owner(caller)
        with tables.at_one_moment():
            page, total = self._lists.read(records.page, records.count, query, reports=owner.condition)
            page = replace(page, rows=[shown_record(tables, record, owner) for record in page.rows])
            return page, total, self._list_tag(tables, caller)

    async def retrieve_record(self, request: Request) -> Response:
        record_id = request.path_params["id"]
        record = self._store.read.records.get(record_id)
        if record is None or not self._is_of_seen(request.caller, record):
            raise _missing_record(record_id)
        owner, fields = self._owner(request.caller), self._lists.fields(request, self._records)
        seen = shown_record(self._store.read, record, owner)
        # What a party sees of a record changes with the reports that it names: its tag is made of its bytes.
        tag = self._tags.of(record.sequence) if owner.party is None else ""
        return Response(body=self._face.json(self._face.record(seen, fields)), etag=tag)

    def _is_of_seen(self, caller: Caller, record: Record) -> bool:
        if caller.party is None:
            return True
        document = self._store.read.problems.document(record.problem_id)
        return document is not None and self._is_seen(caller, document)


def _numbered(number: int, make: Callable[[Tables], Problem], tables: Tables) -> Problem:
    """One of several; what is wrong with it is said of its place in the body."""
    try:
        return make(tables)
    except HubError as error:
        raise error.within(f"[{number}].value") from error


def _missing_record(key: str) -> NotFound:
    return NotFound(violations=[Violation(field="id", value=key, message=f"no event record {key}")])
