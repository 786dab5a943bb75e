"""The operations on what management reports are made of: metrics, definitions, and a look at what an audience gets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

import orjson

from hub.api.conditions import has_conditions, is_known, on_condition, refuse_unmet, tag_of
from hub.api.downloads import Streamed
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.report_headers import report_headers
from hub.api.reports_asked import format_in, order_asked, scope_in
from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.model.problem import Document
from hub.model.times import Clock, micros_to_text, to_micros
from hub.reporting.audiences.definition import MEDIA_TYPES, ReportDefinition, definition_from, definition_of
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.definitions import Definition
from hub.reporting.press import Press, no_definition
from hub.reporting.render.formats import rendered
from hub.reporting.scheduling import planned
from hub.store.sqlite import Store
from hub.store.tables import Tables

PREVIEWED = frozenset({"period", "zone", "as", "scope", "format"})


class ReportDefinitionOperations:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(
        self, *, store: Store, press: Press, clock: Clock, once: Once, base_url: str, page_maximum: int
    ) -> None:
        self._store = store
        self._press = press
        self._clock = clock
        self._once = once
        self._base_url = base_url
        self._page_maximum = page_maximum

    async def metrics(self, request: Request) -> Response:
        views = [metric_view(one, self._base_url) for one in DEFINITIONS.values()]
        return self._page(request, "metricDefinition", views)

    async def metric(self, request: Request) -> Response:
        name = request.path_params["id"]
        if name not in DEFINITIONS:
            message = f"no metric {name}"
            raise NotFound(violations=[Violation(field="id", value=name, message=message)])
        return json_response(metric_view(DEFINITIONS[name], self._base_url))

    async def definitions(self, request: Request) -> Response:
        views = await asyncio.to_thread(self._views, self._store.read)
        return self._page(request, "reportDefinition", views)

    def _page(self, request: Request, what: str, views: list[Document]) -> Response:
        asked = asked_of(request, {}, what=what, maximum=self._page_maximum)
        page = views[asked.offset : asked.offset + asked.limit]
        headers = asked.headers(f"{self._base_url}/{what}", returned=len(page), total=len(views))
        return json_response(page, headers=headers)

    def _views(self, tables: Tables) -> list[Document]:
        kept = [definition_of(one) for one in tables.report_definitions.all()]
        names = self._press.definitions
        both = [*names.values(), *(one for one in kept if one.name not in names)]
        return [self._view(tables, one) for one in both]

    def _view(self, tables: Tables, one: ReportDefinition) -> Document:
        now = to_micros(self._clock())
        return definition_view(tables, one, self._press, base_url=self._base_url, now=now)

    async def definition(self, request: Request) -> Response:
        return json_response(await asyncio.to_thread(self._known, self._store.read, request.path_params["id"]))

    def _known(self, tables: Tables, name: str) -> Document:
        return self._view(tables, known_definition(tables, self._press, name))

    async def create(self, request: Request) -> Response:
        given = {name: value for name, value in request.body.items() if value is not None and name != "@type"}
        new = definition_from(given, self._press.audiences)

        def make(tables: Tables) -> Document:
            is_new = new.name not in self._press.definitions and tables.report_definitions.insert(
                new.document(), actor=request.caller.name, now=to_micros(self._clock())
            )
            if not is_new:
                message = f"there is a report definition {new.name} already"
                raise Conflict(violations=[Violation(field="name", value=new.name, message=message)])
            return self._view(tables, new)

        def answer(view: Document) -> Response:
            made = json_response(view, status=201, headers=(("Location", view["href"]),))
            return replace(made, etag=tag_of(made.body))

        return await self._once.write(request, on_condition(request, make, self._list_tag), answer)

    def _list_tag(self, tables: Tables) -> str:
        return tag_of(orjson.dumps(self._views(tables)[: self._page_maximum]))

    async def delete(self, request: Request) -> Response:
        await self._store.awrite(partial(self._delete, request=request))
        return Response(status=204)

    def _delete(self, tables: Tables, *, request: Request) -> None:
        found = known_definition(tables, self._press, request.path_params["id"])
        if has_conditions(request):
            refuse_unmet(request, tag_of(orjson.dumps(self._view(tables, found))))
        if found.name in self._press.definitions:
            message = f"report definition {found.name} stands in the configuration; it is removed there"
            raise Conflict(violations=[Violation(field="id", value=found.name, message=message)])
        tables.report_definitions.delete(found.name)
        tables.report_schedules.delete(found.name)

    async def preview(self, request: Request) -> Response:
        """Made at once, and not kept."""
        pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
        wrong = [
            Violation(
                field=name, value=value, message=f"is no parameter; these are: {', '.join(sorted(PREVIEWED))}"
            )
            for name, value in pairs
            if name not in PREVIEWED
        ]
        if wrong:
            raise InvalidInput(violations=wrong)
        given = dict(pairs)
        form = format_in(given.get("format", "html"))
        found = await asyncio.to_thread(known_definition, self._store.read, self._press, request.path_params["id"])
        shown = self._press.as_seen_by(found, given.get("as"))
        scope = scope_in([value for name, value in pairs if name == "scope"])
        asked = {"period": given.get("period"), "zone": given.get("zone"), "scope": scope, "formats": [form]}
        now = to_micros(self._clock())
        order = order_asked(self._press, shown, asked, now=now)
        content = await asyncio.to_thread(lambda: rendered(self._press.made(self._store.read, order), form))
        tag = tag_of(content)
        if is_known(request, tag):
            return Response(status=304, etag=tag, headers=report_headers(form))
        length = ("Content-Length", str(len(content)))
        headers = (("Content-Type", MEDIA_TYPES[form]), length, *report_headers(form))
        return Streamed(headers=headers, etag=tag, pieces=_whole(content))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def known_definition(tables: Tables, press: Press, name: str) -> ReportDefinition:
    """Of the configuration, or made by the API. Raises NotFound."""
    if name in press.definitions:
        return press.definitions[name]
    kept = tables.report_definitions.get(name)
    if kept is None:
        raise no_definition(name)
    return definition_of(kept)


def definition_view(tables: Tables, one: ReportDefinition, press: Press, *, base_url: str, now: int) -> Document:
    """With the next run of its schedule and the last one, where it has a schedule; `refused` where none can be made."""
    why_not = press.why_not(one)
    return {
        "@type": "ReportDefinition",
        "id": one.name,
        "href": f"{base_url}/reportDefinition/{one.name}",
        "origin": "configuration" if one.name in press.definitions else "api",
        **one.document(),
        **({"refused": why_not} if why_not else {}),
        **_runs(tables, one, press, base_url, now),
    }


def _runs(tables: Tables, one: ReportDefinition, press: Press, base_url: str, now: int) -> Document:
    plan = planned(one, press) if one.audience in press.audiences else None
    if plan is None:
        return {}
    standing = tables.report_schedules.get(one.name)
    coming = plan.next_turn(standing, now)
    runs: Document = {"nextRun": {"period": plan.period_of(coming), "due": micros_to_text(coming.due)}}
    if standing is not None and standing.report is not None:
        made = {"id": standing.report, "href": f"{base_url}/managementReport/{standing.report}"}
        runs["lastRun"] = {"period": standing.period, "report": made}
    return runs


def metric_view(one: Definition, base_url: str) -> Document:
    return {
        "@type": "MetricDefinition",
        "id": one.id,
        "href": f"{base_url}/metricDefinition/{one.id}",
        "name": one.name,
        "description": one.meaning,
        "formula": one.formula,
        "source": one.source,
        "cohort": one.cohort,
        "unit": one.unit,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "policy": one.policy,
    }
