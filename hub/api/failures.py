"""Every failure becomes a TMF `Error`: ours, the frameworks', and the ones that nobody expected."""

from connexion.exceptions import ProblemException
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.messages import error_response
from hub.errors import HubError, MethodNotAllowed, Violation
from hub.telemetry import logger

log = logger("hub.api")


class Failures:
    """A middleware that answers whatever is raised behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # the outermost place: the caller gets an answer, the log the reason
            if scope["type"] != "http":
                raise
            await error_response(failure_of(error, scope))(scope, receive, send)


def failure_of(error: Exception, scope: Scope) -> HubError:
    """What the caller is told of an error; the log is told the reason of one that nobody expected."""
    if isinstance(error, HubError):
        return error
    if isinstance(error, HTTPException | ProblemException):
        return _framework_error(error, scope)
    log.error("request.failed", error=str(error), exc_info=error)
    return HubError("the hub failed to answer; its log says why")


def _framework_error(error: HTTPException | ProblemException, scope: Scope) -> HubError:
    status = error.status_code if isinstance(error, HTTPException) else error.status
    by_status = {kind.status: kind for kind in reversed(_all_errors(HubError))}
    field = "method" if status == MethodNotAllowed.status else "path"
    violation = Violation(field=field, value=scope[field], message=f"{scope[field]}: {error.detail}")
    return by_status.get(status, HubError)(violations=[violation], headers=error.headers)


def _all_errors(kind: type[HubError]) -> list[type[HubError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _all_errors(child))]
