"""The errors of the hub, and what each one says to a caller.

HubError                    500  something of ours is broken
├── InvalidInput            400  the request is wrong; every violation is listed
│   ├── InvalidSettings          a settings or mapping file is wrong (never leaves by HTTP)
│   ├── InvalidContract          contract and code differ (never leaves by HTTP)
│   └── TooLarge            413  the body is larger than the server reads
├── Unauthorized            401  no credential, or one that is not known
├── Forbidden               403  the caller is known and may not do this
│   ├── OtherSite           403  a page of another site speaks through the caller's browser
│   └── InsufficientScope   403  the caller lacks the scope that the operation needs
├── NotFound                404  no such resource
├── MethodNotAllowed        405  the path exists, the method does not
├── Conflict                409  the resource is in a state that forbids the change
│   ├── IllegalTransition   409  the lifecycle has no such step
│   └── PatchConflict       409  an operation of the patch does not fit the present resource
├── PreconditionFailed      412  the resource is not the one that `If-Match` or `If-None-Match` speaks of
├── BodyTimeout             408  the body of the request did not arrive in time
├── HeadTimeout             408  the request line and headers did not arrive in time
├── HeadTooLarge            431  the request line and headers are larger than the server reads
├── TooManyRequests         429  the caller calls more often than it may
├── AnswerTimeout           503  the answer took too long
├── UnsupportedMediaType    415  the body's media type is not one of the operation's
├── OutOfRange              416  the page begins behind the last entry of the list
├── RangeNotSatisfiable     416  a download asks for a part that the content does not have
├── UnprocessableKey        422  the idempotency key was used for another request
├── Unsupported             501  the standard knows it, this server does not
├── MissingExtra            501  an optional library that this needs is not installed; the message says which
├── IdentityUnavailable     503  the keys of the identity provider cannot be read; the caller may be right
├── StoreUnavailable        503  the database cannot be written now; nothing was changed
├── QueryTooSlow            503  the query has no index and took longer than one may
└── StoreBusy               503  too many long queries are running
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing that is wrong with an input: where, with which value, and why."""

    field: str
    message: str
    value: Any = None

    def sentence(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class HubError(Exception):
    """Root of the tree; `status` is the HTTP status, `code` the word a program can switch on."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internalError"
    reason: ClassVar[str] = "The hub failed to answer"

    def __init__(
        self,
        message: str = "",
        *,
        violations: Iterable[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.violations = tuple(violations)
        self.message = message or "; ".join(violation.sentence() for violation in self.violations)
        self.headers = dict(headers or {})
        super().__init__(self.message)

    def within(self, place: str) -> "HubError":
        """The same error about a part of something larger: each field stands under `place`."""
        violations = [
            replace(one, field=f"{place}.{one.field}" if one.field else place) for one in self.violations
        ]
        return type(self)("" if violations else self.message, violations=violations, headers=self.headers)


class InvalidInput(HubError):
    status = 400
    code = "invalidInput"
    reason = "The request is not valid"


class InvalidSettings(InvalidInput):
    code = "invalidSettings"
    reason = "The settings are not valid"


class InvalidContract(InvalidInput):
    code = "invalidContract"
    reason = "The contract is not served by this code"


class TooLarge(InvalidInput):
    status = 413
    code = "bodyTooLarge"
    reason = "The body is too large"


class Unauthorized(HubError):
    status = 401
    code = "unauthorized"
    reason = "The call needs a valid credential"


class Forbidden(HubError):
    """`challenge` is what stands in `WWW-Authenticate` unless other headers are given: which credential might help."""

    status = 403
    code = "forbidden"
    reason = "The caller may not do this"
    challenge: ClassVar[str] = 'Bearer realm="qos-hub", error="insufficient_scope"'

    def __init__(
        self,
        message: str = "",
        *,
        violations: Iterable[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        challenge = {"WWW-Authenticate": self.challenge} if self.challenge else {}
        super().__init__(message, violations=violations, headers=challenge | dict(headers or {}))


class OtherSite(Forbidden):
    code = "otherSite"
    reason = "The call may come from a page of another site"
    challenge = ""


class InsufficientScope(Forbidden):
    code = "insufficientScope"
    reason = "The caller lacks a scope"


class NotFound(HubError):
    status = 404
    code = "notFound"
    reason = "There is no such resource"


class MethodNotAllowed(HubError):
    status = 405
    code = "methodNotAllowed"
    reason = "The resource does not have this method"


class Conflict(HubError):
    status = 409
    code = "conflict"
    reason = "The state of the resource forbids the change"


class IllegalTransition(Conflict):
    code = "illegalTransition"
    reason = "The lifecycle has no such step"


class PatchConflict(Conflict):
    code = "patchConflict"
    reason = "The patch does not fit the present resource"


class PreconditionFailed(HubError):
    status = 412
    code = "preconditionFailed"
    reason = "The resource is not the one that the condition speaks of"


class BodyTimeout(HubError):
    status = 408
    code = "bodyTimeout"
    reason = "The body did not arrive in time"


class HeadTimeout(HubError):
    status = 408
    code = "headTimeout"
    reason = "The headers did not arrive in time"


class HeadTooLarge(HubError):
    status = 431
    code = "headTooLarge"
    reason = "The headers are too large"


class TooManyRequests(HubError):
    status = 429
    code = "tooManyRequests"
    reason = "The caller calls too often"


class AnswerTimeout(HubError):
    status = 503
    code = "answerTimeout"
    reason = "The answer took too long"


class UnsupportedMediaType(HubError):
    status = 415
    code = "unsupportedMediaType"
    reason = "The media type of the body is not accepted"


class UnprocessableKey(HubError):
    status = 422
    code = "idempotencyKeyReused"
    reason = "The idempotency key was used for another request"


class OutOfRange(HubError):
    status = 416
    code = "outOfRange"
    reason = "The page lies behind the end of the list"


class RangeNotSatisfiable(HubError):
    status = 416
    code = "rangeNotSatisfiable"
    reason = "The content has no such part"


class Unsupported(HubError):
    status = 501
    code = "unsupported"
    reason = "The server does not support this"


class MissingExtra(HubError):
    status = 501
    code = "missingExtra"
    reason = "The server lacks a library that this needs"


class IdentityUnavailable(HubError):
    status = 503
    code = "identityUnavailable"
    reason = "The hub cannot tell now who calls"


class StoreUnavailable(HubError):
    status = 503
    code = "storeUnavailable"
    reason = "The database cannot be written now; nothing was changed"


class QueryTooSlow(HubError):
    status = 503
    code = "queryTooSlow"
    reason = "The query takes longer than the hub gives to one"

    def about(self, paths: Iterable[str], order: Iterable[str] = ()) -> "QueryTooSlow":
        """The same, naming the attributes that no index serves, and those of `order` whose order none gives."""
        help_ = "an index by [store] indexed_paths would serve comparisons by equality"
        compared = [Violation(field=path, message=f"is not indexed; {help_}") for path in paths]
        help_ = "ask for fewer reports, or sort by another attribute"
        sorted_by = [
            Violation(field=path, message=f"has no index that gives its order; {help_}") for path in order
        ]
        return QueryTooSlow(self.message, violations=[*compared, *sorted_by])


class StoreBusy(HubError):
    status = 503
    code = "storeBusy"
    reason = "Too many long queries are running"
