"""The way of a request to its handler: its operation is found, its caller let in, its body read, and then it is done.

It stands in the place of Connexion's middlewares for routing, security and validation, and calls the operations that
Connexion has bound.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.at_once import begun, in_a_task
from hub.api.counts import UNEXPECTED, OperationCount, RequestCounts
from hub.api.deadlines import AnswerDeadline
from hub.api.failures import failure_of
from hub.api.guard import NO_HEADERS, Guard
from hub.api.messages import OPERATION, REQUEST, STATUS, Request, error_response, headers_in
from hub.api.quotas import with_headers
from hub.api.requirements import Requirement, requirements_of
from hub.api.routing import METHODS, PathTable
from hub.api.security import LocalCallers
from hub.api.validation import Bodies, Body, body_of
from hub.errors import HubError
from hub.model.caller import Caller


@dataclass(frozen=True, slots=True)
class Route:
    """An operation as Connexion has bound it, who may call it, the body that it takes, and how it has gone."""

    operation: ASGIApp
    requirement: Requirement
    body: Body | None
    count: OperationCount


class Dispatch(SpecMiddleware):
    """`pages` serves the paths that no contract has."""

    def __init__(
        self,
        app: Any,
        *,
        pages: ASGIApp,
        local: LocalCallers,
        guard: Guard,
        bodies: Bodies,
        deadline: AnswerDeadline,
        counts: RequestCounts,
    ) -> None:
        self._app = app
        self._local = local
        self._pages = pages
        self._guard = guard
        self._bodies = bodies
        self._deadline = deadline
        self._counts = counts
        self._routes: PathTable[Route] = PathTable()

    def add_api(self, specification: Specification, *, base_path: str | None = None, **_: Any) -> None:
        """Called behind the operations themselves, which are bound by now."""
        base = base_path or specification.base_path
        contract = specification.raw
        bound = self._app.apis[base][-1].operations
        requirements = requirements_of(base, contract)
        for path, operations in contract["paths"].items():
            for method in METHODS:
                if method in operations:
                    operation_id = operations[method]["operationId"]
                    route = Route(
                        operation=bound[operation_id],
                        requirement=requirements[operation_id],
                        body=body_of(contract, operations[method]),
                        count=self._counts.of(base, operation_id),
                    )
                    self._routes.add(method.upper(), f"{base}{path}", route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            is_open = self._local.check(scope["headers"])
            route, parameters = self._routes.find(scope["method"], scope["path"])
            if route is None:
                await in_a_task()
                await self._pages(scope, receive, send)
            else:
                await self._answer(route, parameters, is_open, scope, receive, send)
        except Exception as error:  # the outermost place: the caller gets an answer, the log the reason
            failure = failure_of(error, scope)
            scope[STATUS] = failure.status
            await error_response(failure)(scope, receive, send)

    async def _answer(
        self, route: Route, parameters: dict[str, str], is_open: bool, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """An answer is sent in one piece after all that can fail, so that there is never half of one to take back."""
        began, status, headers = perf_counter(), UNEXPECTED, NO_HEADERS
        scope[OPERATION] = route.count.name
        try:
            guard, requirement = self._guard, route.requirement
            admitted = guard.admit_local(requirement) if is_open else guard.admit_known(requirement, scope)
            caller, headers = admitted or await guard.admit(requirement, scope)
            if headers:
                send = with_headers(send, headers)
            if route.body is None:
                scope[REQUEST] = _request(scope, parameters, caller)
            else:
                scope[REQUEST] = await self._bodies.request(route.body, scope, receive, parameters, caller)
            rest = begun(route.operation(scope, receive, send))
            if rest is not None:
                await self._deadline.keep(rest, scope)
            status = scope[STATUS]
        except HubError as error:
            error.headers.update(headers)
            status = error.status
            raise
        finally:
            route.count.add(status, perf_counter() - began)


def _request(scope: Scope, parameters: dict[str, str], caller: Caller) -> Request:
    """A request to an operation that takes no body."""
    return Request(
        scope["path"],
        parameters,
        scope["query_string"],
        headers=headers_in(scope),
        caller=caller,
        method=scope["method"],
    )
