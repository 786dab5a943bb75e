"""The API as one ASGI application: Connexion binds the contracts to the handlers, and refuses to start on a gap."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp, AsyncOperation
from connexion.exceptions import InvalidSpecification
from connexion.middleware.main import API
from connexion.operations import AbstractOperation
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification, Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.access.callers import Callers
from hub.access.key_ring import KeyRing
from hub.api.conditions import answered
from hub.api.cors import Cors
from hub.api.counts import RequestCounts
from hub.api.deadlines import AnswerDeadline
from hub.api.dispatch import Dispatch
from hub.api.guard import Guard
from hub.api.handlers import Handler
from hub.api.messages import REQUEST, STATUS, Request, Response
from hub.api.quotas import Quotas
from hub.api.requirements import requirements_of
from hub.api.security import LocalCallers
from hub.api.traced import Traced
from hub.api.validation import Bodies
from hub.errors import InvalidContract, Violation
from hub.telemetry.trails import Tracing


class _Operation(AsyncOperation):
    """Calls the handler with the checked request; the handler renders its own bytes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope[REQUEST]
        response: Response = await self._fn(request)
        if scope["method"] in ("GET", "HEAD"):
            response = answered(request, response)
        scope[STATUS] = response.status
        await response(scope, receive, send)


class _Api(AsyncApi):
    def make_operation(self, operation: AbstractOperation) -> AsyncOperation:
        return _Operation.from_operation(operation, pythonic_params=self.pythonic_params, jsonifier=self.jsonifier)


class _Operations(AsyncASGIApp):
    api_cls = _Api


class _Proved(OpenAPISpecification):
    """A contract that `check_contract` finds to be OpenAPI. To ask that at every start would double the time of it."""

    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Nothing is left to ask."""


class HubApp(AsyncApp):
    """Connexion's AsyncApp with operations that answer in bytes."""

    def __init__(self, import_name: str, **options: Any) -> None:
        super().__init__(import_name, **options)
        self._middleware_app = _Operations()
        self.middleware.app = self._middleware_app

    def add_face(self, contract: dict[str, Any], base_path: str, handlers: Mapping[str, Handler]) -> None:
        """What Connexion's `add_api` does, for a contract that is proved."""
        options = self.middleware.options.replace(resolver=Resolver(partial(_resolve, handlers)))
        api = API(_Proved({**contract}), base_path=base_path, name=None, **options.__dict__)
        self.middleware.apis.append(api)

    def front(self) -> ASGIApp:
        """The first of the middlewares, put together: what a server calls, without the two shells around it."""
        shell = self.middleware
        shell.app, shell.middleware_stack = shell._build_middleware_stack()
        front: ASGIApp = shell.app
        return front


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`body_timeout` and `answer_timeout` are in seconds; `origins` are the other sites whose pages may call."""

    body_timeout: float = 30.0
    answer_timeout: float = 30.0
    origins: tuple[str, ...] = ()
    quotas: Quotas | None = None


NO_LIMITS = Limits()


def make_app(
    faces: Mapping[str, tuple[dict[str, Any], Mapping[str, Handler]]],
    *,
    pages: ASGIApp,
    callers: Callers | None = None,
    names: tuple[str, ...] = (),
    body_limit: int,
    limits: Limits = NO_LIMITS,
    counts: RequestCounts | None = None,
    tracing: Tracing | None = None,
) -> HubApp:
    """Serve `faces`: {base path: (contract, {operationId: handler})}, each contract one that `check_contract` accepts.

    Where `callers` need no credential, only those are served that call this server by a loopback name or by one of
    `names`.

    Raises InvalidContract when an operation has no handler or a handler no operation, or does not say who may call.
    """
    callers = callers or Callers(KeyRing())
    app = HubApp(
        __name__,
        middlewares=[
            *([partial(Cors, origins=limits.origins)] if limits.origins else []),
            *([partial(Traced, tracing=tracing)] if tracing else []),
            partial(
                Dispatch,
                pages=pages,
                local=LocalCallers(names=names, origins=limits.origins, applies=callers.is_open),
                guard=Guard(callers=callers, quotas=limits.quotas),
                bodies=Bodies(body_limit=body_limit, body_timeout=limits.body_timeout),
                deadline=AnswerDeadline(limits.answer_timeout),
                counts=counts or RequestCounts(),
            ),
        ],
    )
    for base_path, (contract, handlers) in faces.items():
        refuse_gaps(base_path, contract, handlers)
        requirements_of(base_path, contract)
        app.add_face(contract, base_path, handlers)
    return app


def operation_ids(contract: dict[str, Any]) -> set[str]:
    return {
        operation["operationId"]
        for path in contract["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }


def check_contract(base_path: str, contract: dict[str, Any], handlers: Collection[str]) -> None:
    """Raises InvalidContract unless the contract is OpenAPI, says who may call, and the handlers cover it exactly."""
    try:
        Specification.from_dict(contract)
    except InvalidSpecification as error:
        message = f"the contract at {base_path} is not OpenAPI: {error.message}"
        raise InvalidContract(violations=[Violation(field="openapi", message=message)]) from error
    refuse_gaps(base_path, contract, handlers)
    requirements_of(base_path, contract)


def refuse_gaps(base_path: str, contract: dict[str, Any], handlers: Collection[str]) -> None:
    """Raises InvalidContract unless each operation has its handler and each handler its operation."""
    promised, given = operation_ids(contract), set(handlers)
    gaps = [f"operation {name} has no handler" for name in sorted(promised - given)]
    gaps += [f"handler {name} has no operation" for name in sorted(given - promised)]
    if gaps:
        message = f"the contract at {base_path} and the code differ: {'; '.join(gaps)}"
        raise InvalidContract(violations=[Violation(field="openapi", message=message)])


def _resolve(handlers: Mapping[str, Handler], operation_id: str) -> Handler:
    return handlers[operation_id]
