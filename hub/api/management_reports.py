"""The operations on management reports: have one made, see how far it is, read it in its forms."""

import asyncio
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

import orjson

from hub.api.conditions import has_conditions, on_condition, refuse_unmet, tag_of
from hub.api.downloads import download
from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.api.once import Once
from hub.api.report_definitions import known_definition
from hub.api.report_headers import report_headers
from hub.api.reports_asked import order_asked, order_restating
from hub.errors import Conflict, InvalidInput, NotFound, Violation
from hub.model.delivery import DeliveryState, why_dead
from hub.model.ids import NewId
from hub.model.job import Job, JobKind, JobStatus
from hub.model.mail import Mail
from hub.model.problem import Document
from hub.model.times import Clock, micros_to_text, to_micros
from hub.reporting.audiences.definition import MEDIA_TYPES, Format
from hub.reporting.links import Links
from hub.reporting.order import Order, order_from
from hub.reporting.press import Press
from hub.reporting.telling import report_head
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.api")


class ManagementReportOperations:
    """`base_url` is that of `/qos-hub/v1`; `mails` says whether this hub sends any."""

    def __init__(
        self,
        *,
        store: Store,
        files: JobFiles,
        press: Press,
        links: Links,
        clock: Clock,
        new_id: NewId,
        once: Once,
        base_url: str,
        page_maximum: int,
        mails: bool,
    ) -> None:
        self._store = store
        self._files = files
        self._press = press
        self._links = links
        self._clock = clock
        self._new_id = new_id
        self._once = once
        self._base_url = base_url
        self._page_maximum = page_maximum
        self._mails = mails

    async def create(self, request: Request) -> Response:
        given = {name: value for name, value in request.body.items() if value is not None}
        if not (given.get("definition") or given.get("restates")):
            message = "is missing: by a definition a report is made, or it restates another one"
            raise InvalidInput(violations=[Violation(field="definition", message=message)])

        def make(tables: Tables) -> Document:
            now = to_micros(self._clock())
            order = self._sendable(self._order(tables, given, now))
            customer = self._press.customer(order)
            new = order.job(self._new_id(), created=now, actor=request.caller.name, customer=customer)
            tables.jobs.insert(new)
            return self._view(tables, self._known(tables, new.id))

        def answer(view: Document) -> Response:
            made = json_response(view, status=201, headers=(("Location", view["href"]),))
            return replace(made, etag=tag_of(made.body))

        return await self._once.write(request, on_condition(request, make, self._list_tag), answer)

    def _order(self, tables: Tables, given: Document, now: int) -> Order:
        if "restates" in given:
            restated = self._known(tables, given["restates"]["id"])
            return order_restating(self._press, restated, given, now=now)
        definition = known_definition(tables, self._press, given["definition"]["id"])
        return order_asked(self._press, definition, given, now=now)

    def _sendable(self, order: Order) -> Order:
        """The order. Raises InvalidInput where it is to be sent, and would go to nobody."""
        if not order.sent:
            return order
        name, audience = order.definition.name, order.definition.audience
        if not self._mails:
            message = "must be false: this hub sends no mails ([mail] host)"
        elif not self._press.recipients(order):
            message = f"must be false: neither definition {name} nor audience {audience} has recipients"
        else:
            return order
        raise InvalidInput(violations=[Violation(field="send", value=True, message=message)])

    def _list_tag(self, tables: Tables) -> str:
        return tag_of(orjson.dumps(self._views(tables, offset=0, limit=self._page_maximum)))

    def _views(self, tables: Tables, *, offset: int, limit: int) -> list[Document]:
        return [
            self._view(tables, job) for job in tables.jobs.page(JobKind.REPORT, None, offset=offset, limit=limit)
        ]

    async def reports(self, request: Request) -> Response:
        return await asyncio.to_thread(self._list, request)

    def _list(self, request: Request) -> Response:
        asked = asked_of(request, {}, what="management reports", maximum=self._page_maximum)
        tables = self._store.read
        views = self._views(tables, offset=asked.offset, limit=asked.limit)
        total = tables.jobs.count(JobKind.REPORT, None)
        headers = asked.headers(f"{self._base_url}/managementReport", returned=len(views), total=total)
        return json_response(views, headers=headers)

    async def report(self, request: Request) -> Response:
        return json_response(await asyncio.to_thread(self._found, self._store.read, request.path_params["id"]))

    def _found(self, tables: Tables, report_id: str) -> Document:
        return self._view(tables, self._known(tables, report_id))

    async def delete(self, request: Request) -> Response:
        report_id = request.path_params["id"]
        await self._store.awrite(partial(self._delete, request=request))
        log.info("job.deleted", job=report_id, kind=JobKind.REPORT, actor=request.caller.name, party=None)
        await asyncio.to_thread(self._files.remove, [report_id])
        return Response(status=204)

    def _delete(self, tables: Tables, *, request: Request) -> None:
        job = self._known(tables, request.path_params["id"])
        if has_conditions(request):
            refuse_unmet(request, tag_of(orjson.dumps(self._view(tables, job))))
        tables.jobs.delete(job.asked.id)

    async def content(self, request: Request) -> Response:
        job = await asyncio.to_thread(lambda: self._known(self._store.read, request.path_params["id"]))
        form = request.path_params["format"]
        formats = order_from(job.asked.query or "").formats
        if form not in formats:
            message = f"report {job.asked.id} is made as {', '.join(formats)}"
            raise NotFound(violations=[Violation(field="format", value=form, message=message)])
        if form not in formats[: job.counts.read]:
            message = f"report {job.asked.id} is not there as {form}: it is {job.status}"
            raise Conflict(violations=[Violation(field="status", value=job.status, message=message)])
        path = self._files.artefact(job.asked.id, form)
        media_type, name = MEDIA_TYPES[Format(form)], f"{job.asked.id}.{form}"
        return await download(path, request, media_type=media_type, name=name, headers=report_headers(form))

    async def shared(self, request: Request) -> Response:
        """For whoever has the link. Nothing is looked up for a signature that is not ours."""
        report_id, form = request.path_params["id"], request.path_params["format"]
        given = dict(parse_qsl(request.query_string.decode("latin-1")))
        signed = {"expires": given.get("expires", ""), "signature": given.get("signature", "")}
        if not self._links.opens(report_id, form, now=to_micros(self._clock()), **signed):
            raise no_link()
        job = await asyncio.to_thread(self._store.read.jobs.get, report_id)
        if job is None or form not in order_from(job.asked.query or "").formats[: job.counts.read]:
            raise no_link()
        path, media_type = self._files.artefact(report_id, form), MEDIA_TYPES[Format(form)]
        headers = report_headers(form, by_link=True)
        return await download(path, request, media_type=media_type, name=f"{report_id}.{form}", headers=headers)

    def _known(self, tables: Tables, report_id: str) -> Job:
        """Raises NotFound."""
        return known_report(tables, report_id)

    def _view(self, tables: Tables, job: Job) -> Document:
        return report_view(tables, job, self._files, base_url=self._base_url)


def no_link() -> NotFound:
    """The same whatever is wrong, so that nobody learns which reports there are."""
    return NotFound(
        "this link opens no report: it has expired, its report is not kept any more, or it is not whole"
    )


def known_report(tables: Tables, report_id: str) -> Job:
    """Raises NotFound."""
    job = tables.jobs.get(report_id)
    if job is None or job.asked.kind is not JobKind.REPORT:
        message = f"no management report {report_id}"
        raise NotFound(violations=[Violation(field="id", value=report_id, message=message)])
    return job


def report_view(tables: Tables, job: Job, files: JobFiles, *, base_url: str) -> Document:
    order = order_from(job.asked.query or "")
    head = report_head(job, order, base_url=base_url)
    view = {
        **head,
        "formats": [str(form) for form in order.formats],
        "status": job.status,
        "progress": {"written": job.counts.read, "expected": len(order.formats)},
        "startDate": None if job.started is None else micros_to_text(job.started),
        "completionDate": None if job.completed is None else micros_to_text(job.completed),
        "artefact": [_artefact(job, form, files, head["href"]) for form in order.formats[: job.counts.read]],
        "mail": [mail_view(one) for one in tables.mails.of_report(job.asked.id)] or None,
        "errorLog": [{"message": job.error}] if job.error and job.status is JobStatus.FAILED else [],
    }
    return {name: value for name, value in view.items() if value is not None}


def _artefact(job: Job, form: Format, files: JobFiles, href: str) -> Document:
    path = files.artefact(job.asked.id, form)
    size = path.stat().st_size if path.exists() else 0
    return {"format": form, "contentType": MEDIA_TYPES[form], "url": f"{href}/content/{form}", "size": size}


def mail_view(mail: Mail) -> Document:
    delivered, dead = mail.state is DeliveryState.DELIVERED, mail.state is DeliveryState.DEAD
    view = {
        "id": mail.id,
        "recipient": mail.recipient,
        "state": mail.state,
        "attempts": mail.attempts,
        "dueTime": None if mail.settled_at else micros_to_text(mail.due_at),
        "deliveredTime": micros_to_text(mail.settled_at) if delivered and mail.settled_at else None,
        "lastOutcome": mail.outcome,
        "lastStatus": mail.status,
        "lastReply": mail.reply,
        "stateReason": why_dead(mail.attempts, str(mail.outcome), mail.status) if dead else None,
    }
    return {name: value for name, value in view.items() if value is not None}
