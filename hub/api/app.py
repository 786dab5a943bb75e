"""The API as one ASGI application: Connexion binds the contracts to the handlers, and refuses to start on a gap."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp, AsyncOperation
from connexion.exceptions import ProblemException, ResolverError
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.hub import HubOperations
from hub.api.messages import Request, Response, error_response
from hub.api.operations import Operations
from hub.api.problems import ProblemOperations
from hub.api.routing import TableRouting
from hub.api.security import ApiKeys
from hub.api.validation import REQUEST, CompiledValidation
from hub.errors import HubError

Handler = Callable[[Request], Awaitable[Response]]
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]

log = logging.getLogger("hub.api")


def problem_handlers(problems: ProblemOperations, hub: HubOperations) -> dict[str, Handler]:
    """{operationId: handler} of the v5 face."""
    return {
        "listServiceProblem": problems.list_problems,
        "createServiceProblem": problems.create,
        "retrieveServiceProblem": problems.retrieve,
        "patchServiceProblem": problems.patch,
        "deleteServiceProblem": problems.delete,
        "listServiceProblemEventRecord": problems.list_records,
        "retrieveServiceProblemEventRecord": problems.retrieve_record,
        "createHub": hub.register,
        "hubDelete": hub.unregister,
    }


def operations_handlers(operations: Operations) -> dict[str, Handler]:
    """{operationId: handler} of `/qos-hub/v1`."""
    return {
        "getHealth": operations.health,
        "listSubscription": operations.subscriptions,
        "listDelivery": operations.deliveries,
        "retrieveDelivery": operations.delivery,
        "resendDelivery": operations.resend,
        "listSource": operations.sources,
    }


class _Operation(AsyncOperation):
    """Calls the handler with the checked request; the handler renders its own bytes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await self._fn(scope[REQUEST])
        await response(scope, receive, send)


class _Api(AsyncApi):
    def make_operation(self, operation: AbstractOperation) -> AsyncOperation:
        return _Operation.from_operation(operation, pythonic_params=self.pythonic_params, jsonifier=self.jsonifier)


class _Operations(AsyncASGIApp):
    api_cls = _Api


class HubApp(AsyncApp):
    """Connexion's AsyncApp with operations that answer in bytes."""

    def __init__(self, import_name: str, **options: Any) -> None:
        super().__init__(import_name, **options)
        self._middleware_app = _Operations()
        self.middleware.app = self._middleware_app


def make_app(
    faces: Mapping[str, tuple[dict[str, Any], Mapping[str, Handler]]],
    *,
    pages: ASGIApp,
    api_keys: tuple[str, ...] = (),
    body_limit: int,
    lifespan: Lifespan | None = None,
) -> HubApp:
    """Serve `faces`: {base path: (contract, {operationId: handler})}.

    Raises ResolverError when an operation has no handler or a handler no operation.
    """
    app = HubApp(
        __name__,
        lifespan=lifespan,
        middlewares=[
            ExceptionMiddleware,
            partial(ApiKeys, keys=api_keys),
            partial(TableRouting, pages=pages),
            partial(CompiledValidation, body_limit=body_limit),
            LifespanMiddleware,
        ],
    )
    for base_path, (contract, handlers) in faces.items():
        refuse_gaps(base_path, contract, handlers)
        app.add_api(contract, base_path=base_path, resolver=Resolver(partial(_resolve, handlers)))
    for kind in (HubError, ProblemException, HTTPException, Exception):
        app.add_error_handler(kind, _answer)
    return app


def operation_ids(contract: dict[str, Any]) -> set[str]:
    return {
        operation["operationId"]
        for path in contract["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }


def refuse_gaps(base_path: str, contract: dict[str, Any], handlers: Mapping[str, Handler]) -> None:
    """Raises ResolverError unless each operation has its handler and each handler its operation."""
    promised = operation_ids(contract)
    gaps = [f"operation {name} has no handler" for name in sorted(promised - handlers.keys())]
    gaps += [f"handler {name} has no operation" for name in sorted(handlers.keys() - promised)]
    if gaps:
        raise ResolverError(f"the contract at {base_path} and the code differ: {'; '.join(gaps)}")


def _resolve(handlers: Mapping[str, Handler], operation_id: str) -> Handler:
    return handlers[operation_id]


async def _answer(_: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Every failure, the framework's own included, as a TMF `Error`."""
    response = error_response(_ours(error))
    return ConnexionResponse(
        status_code=response.status,
        body=response.body,
        headers=dict(response.headers),
        content_type=response.media_type,
    )


def _ours(error: Exception) -> HubError:
    if isinstance(error, HubError):
        return error
    if isinstance(error, HTTPException | ProblemException):
        return _framework_error(error)
    log.error("a request failed", exc_info=error)
    return HubError("the hub failed to answer; its log says why")


def _framework_error(error: HTTPException | ProblemException) -> HubError:
    status = error.status_code if isinstance(error, HTTPException) else error.status
    by_status = {kind.status: kind for kind in reversed(_all_errors(HubError))}
    return by_status.get(status, HubError)(str(error.detail))


def _all_errors(kind: type[HubError]) -> list[type[HubError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _all_errors(child))]
