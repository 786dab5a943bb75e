"""The API as one ASGI application: Connexion binds the contracts to the handlers, and refuses to start on a gap."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp, AsyncOperation
from connexion.exceptions import ResolverError
from connexion.operations import AbstractOperation
from connexion.resolver import Resolver
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.failures import Failures
from hub.api.hub import HubOperations
from hub.api.messages import Request, Response
from hub.api.operations import Operations
from hub.api.problems import ProblemOperations
from hub.api.routing import TableRouting
from hub.api.security import ApiKeys
from hub.api.validation import REQUEST, CompiledValidation

Handler = Callable[[Request], Awaitable[Response]]


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
) -> HubApp:
    """Serve `faces`: {base path: (contract, {operationId: handler})}.

    Raises ResolverError when an operation has no handler or a handler no operation.
    """
    guards = [partial(ApiKeys, keys=api_keys)] if api_keys else []
    app = HubApp(
        __name__,
        middlewares=[
            Failures,
            *guards,
            partial(TableRouting, pages=pages),
            partial(CompiledValidation, body_limit=body_limit),
        ],
    )
    for base_path, (contract, handlers) in faces.items():
        refuse_gaps(base_path, contract, handlers)
        app.add_api(contract, base_path=base_path, resolver=Resolver(partial(_resolve, handlers)))
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
