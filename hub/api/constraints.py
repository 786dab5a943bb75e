"""The operations that show constraints, take what people say of them, and sum up a week."""

import asyncio
from functools import partial

import orjson

from hub.api.conditions import on_condition, tag_of
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.constraints.documents import key_in, phase_in
from hub.constraints.episodes import Phase
from hub.constraints.reviewing import Reviewing, known_constraint
from hub.constraints.weekly import name_of_week, weekly_review
from hub.errors import InvalidInput, Violation
from hub.model.constraint import CATEGORIES, Type, Verdict, values_of
from hub.model.problem import Document, Problem
from hub.model.times import Clock
from hub.problems.links import CHILDREN, ids_in
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.api")

WORDS = {"type": tuple(Type), "phase": tuple(Phase)}
KNOWN = ("verdict", "note")
NOT_SHOWN = frozenset({"phase", "keyKind", "key", "verdict", "verdictBy", "verdictTime", "verdictNote"})
"""Characteristics that have a place of their own in the view."""


class ConstraintOperations:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        reviewing: Reviewing,
        once: Once,
        base_url: str,
        face_url: str,
        page_maximum: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._reviewing = reviewing
        self._once = once
        self._base_url = base_url
        self._face_url = face_url
        self._page_maximum = page_maximum

    async def constraints(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, WORDS, what="constraints", maximum=self._page_maximum)
        table = self._store.read.constraints
        found = table.page(asked.filters, offset=asked.offset, limit=asked.limit)
        headers = asked.headers(
            f"{self._base_url}/constraint", returned=len(found), total=table.count(asked.filters)
        )
        return json_response([self._view(one, document) for one, document in found], headers=headers)

    async def constraint(self, request: Request) -> Response:
        return json_response(await asyncio.to_thread(self._one, request.path_params["id"]))

    def _one(self, constraint_id: str) -> Document:
        return self._view(constraint_id, known_constraint(self._store.read, constraint_id).problem.document)

    async def review(self, request: Request) -> Response:
        verdict, note = _said(request)
        constraint_id = request.path_params["id"]
        work = partial(
            self._reviewing.review,
            constraint_id=constraint_id,
            verdict=verdict,
            note=note,
            caller=request.caller,
        )
        response = await self._once.write(
            request, on_condition(request, work, partial(self._tag, constraint_id)), self._reviewed
        )
        log.info("constraint.reviewed", constraint=constraint_id, verdict=verdict, actor=request.caller.name)
        return response

    def _tag(self, constraint_id: str, tables: Tables) -> str:
        return tag_of(
            orjson.dumps(self._view(constraint_id, known_constraint(tables, constraint_id).problem.document))
        )

    def _reviewed(self, report: Problem) -> Response:
        return json_response(self._view(report.id, report.document))

    async def week(self, request: Request) -> Response:
        return await asyncio.to_thread(self._week, request)

    def _week(self, request: Request) -> Response:
        asked = asked_of(request, {"week": None}, what="the review", maximum=1)
        now = self._clock()
        week = asked.filters.get("week") or name_of_week(now)
        return json_response(weekly_review(self._store.read, week, now=now))

    def _view(self, constraint_id: str, document: Document) -> Document:
        return constraint_view(constraint_id, document, base_url=self._base_url, face_url=self._face_url)


def constraint_view(constraint_id: str, document: Document, *, base_url: str, face_url: str) -> Document:
    values, key = values_of(document), key_in(document)
    return {
        "@type": "Constraint",
        "id": constraint_id,
        "href": f"{base_url}/constraint/{constraint_id}",
        "type": CATEGORIES[document["category"]],
        "phase": phase_in(document),
        "status": document["status"],
        "name": document.get("name") or "",
        "why": document.get("description") or "",
        "key": {"kind": key.kind, "value": key.value},
        "evidence": {name: value for name, value in values.items() if name not in NOT_SHOWN},
        "review": {
            "verdict": values["verdict"],
            "by": values.get("verdictBy"),
            "time": values.get("verdictTime"),
            "note": values.get("verdictNote"),
        }
        if "verdict" in values
        else None,
        "serviceProblem": {"id": constraint_id, "href": f"{face_url}/serviceProblem/{constraint_id}"},
        "member": [{"id": one, "href": f"{face_url}/serviceProblem/{one}"} for one in ids_in(document, CHILDREN)],
    }


def _said(request: Request) -> tuple[Verdict, str | None]:
    body = request.body
    unknown = [
        Violation(field=name, message=f"is not known here; there is: {', '.join(KNOWN)}")
        for name in body
        if name not in KNOWN
    ]
    if unknown:
        raise InvalidInput(violations=unknown)
    return Verdict(body["verdict"]), body.get("note")
